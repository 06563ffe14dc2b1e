// The cells of a table: fill(td, kind, cell) shows what tables.py made of a row.
//
//   text, right   "text", or [tone, text], or with marks [tone, plain, marked, plain, …]
//   name          the same; where it is cut, its end stays
//   chip          [tone, text]                       "" of any kind: an empty cell
//   progress      [tone, percent, text, is the text visible]
//   sparkline     [text read aloud, [heights]]
//   icon          [name of a Material icon, text read aloud]
//   link          [url, text]
//   button        [text read aloud, icon, text]

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const END = 8; // characters of a name that are never cut

// Parts of a text, every second one marked, from one position to another.
function slice(parts, from, to) {
  let start = 0;
  return parts.map((part) => {
    const cut = part.slice(Math.max(0, from - start), Math.max(0, to - start));
    start += part.length;
    return cut;
  });
}

function nodes(parts) {
  return parts.map((part, at) => (at % 2 && part ? element("mark", "", part) : part));
}

const SHOW = {
  text(td, cell) {
    const [tone, ...parts] = Array.isArray(cell) ? cell : ["", cell];
    td.className = `table-text ${tone && `table-tinted ${tone}`}`;
    if (parts.length < 2) td.textContent = parts[0];
    else td.replaceChildren(...nodes(parts));
  },

  name(td, cell) {
    const [tone, ...parts] = Array.isArray(cell) ? cell : ["", cell];
    td.className = `table-name ${tone && `table-tinted ${tone}`}`;
    const { length } = parts.join("");
    const [whole, start, end] = ["table-cut", "", ""].map((name) => element("span", name));
    start.append(...nodes(slice(parts, 0, length - END)));
    end.append(...nodes(slice(parts, Math.max(0, length - END), length)));
    whole.append(start, end);
    td.replaceChildren(whole);
  },

  right(td, cell) {
    SHOW.text(td, cell);
    td.classList.add("table-right");
  },

  chip(td, [tone, text]) {
    td.replaceChildren(element("span", `chip ${tone}`, text));
  },

  progress(td, [tone, percent, text, isTextVisible]) {
    const level = element("div", "table-level");
    const bar = element("span", `table-bar ${tone || "accent"}`);
    bar.append(element("i"));
    bar.firstChild.style.width = `${percent}%`;
    level.append(bar, element("span", isTextVisible ? "table-level-text" : "table-unseen", text));
    td.replaceChildren(level);
  },

  sparkline(td, [text, heights]) {
    const top = Math.max(...heights, 1);
    const line = heights.map((height, at) => `${at},${(top - height).toFixed(1)}`).join(" ");
    td.innerHTML = `<svg role="img" preserveAspectRatio="none" viewBox="0 -1 ${heights.length - 1} ${top + 2}">
      <polygon points="0,${top} ${line} ${heights.length - 1},${top}"/><polyline points="${line}"/></svg>`;
    td.firstChild.setAttribute("aria-label", text);
  },

  icon(td, [icon, text]) {
    const shown = element("span", "table-icon", icon);
    shown.role = "img";
    shown.ariaLabel = shown.title = text;
    td.replaceChildren(shown);
  },

  link(td, [url, text]) {
    if (!url) return void (td.textContent = text);
    let link = td.querySelector("a");
    if (!link) td.replaceChildren((link = element("a")));
    link.href = url;
    link.target = "_self";
    link.textContent = text;
    link.tabIndex = -1;
  },

  // In place: a button that was pressed down must be there when it is let go.
  button(td, [name, icon, text]) {
    let button = td.querySelector("button");
    if (!button) td.replaceChildren((button = element("button")));
    button.tabIndex = -1;
    button.ariaLabel = button.title = name;
    button.className = icon ? "table-icon" : "";
    button.textContent = icon || text;
  },
};

export function fill(td, kind, cell) {
  const key = JSON.stringify(cell);
  if (td.dataset.cell === key) return;
  td.dataset.cell = key;
  td.className = `table-${kind}`;
  if (cell === "") td.replaceChildren();
  else SHOW[kind](td, cell);
}
