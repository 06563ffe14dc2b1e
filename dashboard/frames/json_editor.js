// Colours the JSON in an editor, marks its first error, reports what is typed, and disables the
// button while the text cannot be published.
//
// The editor stays Streamlit's: a layer behind it shows the same text in colour.
const SCHEMA = ".st-key-schema";
const LOOK_EVERY_MS = 100; // the editor's text also changes without a key: from a template
const REPORT_AFTER_MS = 250;
const COPIED = ["font", "letterSpacing", "lineHeight", "padding", "tabSize"];
const TOKENS =
  /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
const editors = new WeakMap(); // by the component's element

// Another schema is drawn in the same pane, which would keep its scroll position.
function scrollToTop(selector) {
  const pane = document.querySelector(selector);
  if (pane) pane.scrollTop = 0;
}

function setBlocked(editor, isBlocked) {
  const selector = `.st-key-${editor.data.button} button`;
  for (const button of document.querySelectorAll(selector)) button.disabled = isBlocked;
}

function part(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(TOKENS)) {
    const [whole, string, colon, number] = found;
    parts.push(text.slice(end, found.index));
    if (string) parts.push(part(colon ? "property" : "string", string), colon ?? "");
    else parts.push(part(number ? "number" : "boolean", whole));
    end = found.index + whole.length;
  }
  return [...parts, text.slice(end)];
}

function draw(layer, text, errorAt) {
  if (errorAt === null || errorAt === undefined) {
    layer.replaceChildren(...coloured(text), "\n");
    return;
  }
  const wrong = text.slice(errorAt, errorAt + 1).replace("\n", "");
  const mark = part("wrong", wrong || " "); // the end of a line has nothing else to be marked
  const rest = text.slice(errorAt + wrong.length);
  layer.replaceChildren(...coloured(text.slice(0, errorAt)), mark, ...coloured(rest), "\n");
}

// A new line begins where the one before it does.
function keepIndent(event) {
  if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey)
    return;
  const before = event.target.value.slice(0, event.target.selectionStart);
  const indent = before.slice(before.lastIndexOf("\n") + 1).match(/^[ \t]*/)[0];
  if (!indent) return;
  event.preventDefault();
  document.execCommand("insertText", false, `\n${indent}`); // unlike setRangeText, can be undone
}

function report(editor) {
  editor.setStateValue("typed", { text: editor.area.value, version: editor.data.version });
}

function look(editor) {
  const area = document.querySelector(`.st-key-${editor.data.text} textarea`);
  if (!area) return;
  if (editor.area !== area) {
    editor.layer?.remove();
    editor.area = area;
    editor.layer = document.createElement("div");
    editor.layer.className = "json-layer";
    editor.layer.ariaHidden = "true";
    area.before(editor.layer);
    const style = getComputedStyle(area);
    for (const name of COPIED) editor.layer.style[name] = style[name];
    area.addEventListener("input", () => look(editor));
    area.addEventListener("scroll", () => look(editor));
    area.addEventListener("keydown", keepIndent);
  }
  const { layer, data } = editor;
  area.classList.add("coloured");
  setBlocked(editor, Boolean(data.blocked) && data.checked === area.value);
  const errorAt = data.checked === area.value ? data.error : null;
  if (editor.text !== area.value || editor.errorAt !== errorAt || !layer.firstChild) {
    draw(layer, area.value, errorAt);
    editor.errorAt = errorAt;
  }
  if (editor.text !== area.value || editor.version !== data.version) {
    editor.text = area.value;
    editor.version = data.version;
    clearTimeout(editor.timer);
    editor.timer = setTimeout(() => report(editor), REPORT_AFTER_MS);
  }
  layer.style.width = `${area.clientWidth}px`;
  layer.style.height = `${area.clientHeight}px`;
  layer.scrollTop = area.scrollTop;
}

export default function ({ data, parentElement, setStateValue }) {
  let editor = editors.get(parentElement);
  if (!editor) {
    editor = {};
    editors.set(parentElement, editor);
    editor.interval = setInterval(() => look(editor), LOOK_EVERY_MS);
  }
  if (editor.data && editor.data.schema !== data.schema) scrollToTop(SCHEMA);
  editor.data = data;
  editor.setStateValue = setStateValue;
  look(editor);
  return () => {
    // Streamlit also calls this for a run that another one has replaced before the code was loaded.
    if (parentElement.isConnected) return;
    clearInterval(editor.interval);
    clearTimeout(editor.timer);
    setBlocked(editor, false);
    editor.layer?.remove();
    editor.area?.classList.remove("coloured");
  };
}
