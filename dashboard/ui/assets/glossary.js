// The glossary: a button, and a dialog with all terms that can be searched.
const drawn = new WeakMap(); // by the element of the component: the language it is drawn in

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function draw(host, data) {
  const search = element("input", { type: "search", placeholder: data.search });
  search.setAttribute("aria-label", data.search);
  const nothing = element("p", { textContent: data.nothing, role: "status", hidden: true });
  const close = element("button", { type: "button", className: "close", textContent: "×" });
  close.setAttribute("aria-label", data.close);
  const entries = [];
  const groups = data.groups.map(({ title, terms }) => {
    const list = element("dl");
    const group = element("section", {}, element("h3", { textContent: title }), list);
    for (const { id, name, text } of terms) {
      const term = element("dt", { textContent: name });
      if (id !== name) term.append(" ", element("span", { lang: "en", textContent: id }));
      const row = element("div", {}, term, element("dd", { textContent: text }));
      entries.push({ id, row, group, words: `${id} ${name} ${text}`.toLowerCase() });
      list.append(row);
    }
    return group;
  });
  const list = element("div", { className: "terms", tabIndex: 0 }, ...groups, nothing);
  list.setAttribute("aria-label", data.title);
  list.setAttribute("role", "group");
  const head = element("header", {}, element("h2", { textContent: data.title }), search, close);
  const dialog = element("dialog", { className: "glossary" }, head, list);
  dialog.setAttribute("aria-label", data.title);

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of entries) {
      entry.row.hidden = !words.every((word) => entry.words.includes(word));
    }
    for (const group of groups) {
      group.hidden = !entries.some((entry) => entry.group === group && !entry.row.hidden);
    }
    nothing.hidden = groups.some((group) => !group.hidden);
  };
  search.oninput = filter;
  close.onclick = () => dialog.close();
  dialog.onclick = (event) => event.target === dialog && dialog.close(); // beside it
  dialog.onkeydown = (event) => {
    event.stopPropagation(); // no shortcut of the page
    if (event.key === "Escape") dialog.close();
  };

  const button = element("button", { type: "button", className: "glossary-button" });
  button.append(data.title, " ", element("kbd", { textContent: "?" }));
  button.setAttribute("aria-haspopup", "dialog");
  const open = (id) => {
    if (dialog.open || !host.isConnected || !button.checkVisibility()) return;
    search.value = "";
    filter();
    dialog.showModal();
    for (const entry of entries) {
      entry.row.classList.toggle("wanted", entry.id === id);
      if (entry.id === id) entry.row.scrollIntoView({ block: "center" });
    }
    search.focus();
  };
  button.onclick = () => open();
  host.replaceChildren(button, dialog);
  return open;
}

export default function ({ data, parentElement: host }) {
  if (drawn.get(host) !== data.language) {
    drawn.set(host, data.language);
    const open = draw(host, data);
    document.openGlossary = open;
  }
  if (!document.hasGlossaryKeys) {
    document.hasGlossaryKeys = true; // one listener each, as this runs again
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-term]");
      if (link) document.openGlossary(link.dataset.term);
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest("input, textarea, [contenteditable=true]");
      if (event.key !== "?" || isTyping || document.querySelector("dialog[open]")) return;
      event.preventDefault(); // or the search field would receive it
      document.openGlossary();
    });
  }
}
