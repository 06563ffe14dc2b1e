// A table of live rows: tables.py says what is in it, table_cells.js how a cell looks.
//
// Each row has an id.  New data change the table in place, so scroll, focus, hover and a selection
// of text stay.  While the rows are in use no row moves: the table holds what it shows, says how
// much is new, and catches up when it is left.
import { element, fill } from "./table_cells.js";

const POINTER_RESTS_MS = 20_000; // a pointer that was left on the rows does not hold them for longer
const NARROW = "(max-width: 640px)"; // as in app.css: there the cards are below each other
const REPORT_HOLD_MS = 5_000; // then Python keeps the rows that are held, whatever it draws
const CONFIRMED_WITHIN_MS = 2_000; // or an act is sent again, each time after twice as long
const MAX_SENDS = 4;
const SCROLLBAR_PX = 20; // at most: columns that grow give this much, so that it scrolls nothing sideways

const rem = (px) => `${px / 14}rem`; // px of the theme's font size: presented, a table is wider
const tables = new WeakMap();
let count = 0;
let acts = 0; // of all tables, also of those that were removed

// Called with each change; data are JSON in UTF-8.
export default function ({ data, parentElement, setTriggerValue }) {
  if (!tables.has(parentElement)) tables.set(parentElement, new Table(parentElement));
  const table = tables.get(parentElement);
  table.setActs = (unconfirmed) => setTriggerValue("act", unconfirmed);
  table.update(JSON.parse(new TextDecoder().decode(data)));
}

class Table {
  constructor(parent) {
    this.id = `table-${++count}`;
    this.rows = new Map(); // the elements of the rows that are shown, by id
    this.acted = new Set(); // the ids of those whose button was pressed since
    this.unconfirmed = []; // what was done, until Python has seen it
    this.box = element("div", "table-box");
    this.scroller = element("div", "table-scroll");
    this.table = element("table");
    this.table.role = "grid";
    this.columns = element("colgroup");
    this.head = element("tr");
    this.body = element("tbody");
    this.more = element("div", "table-more");
    this.note = element("button", "table-held");
    this.note.tabIndex = -1;
    this.note.type = "button";
    this.tip = element("div", "table-tip");
    this.tip.popover = "manual";
    const head = element("thead");
    head.append(this.head);
    this.table.append(this.columns, head, this.body);
    this.scroller.append(this.table, this.more);
    this.box.append(this.scroller, this.note, this.tip);
    parent.append(this.box);
    this.listen();
  }

  listen() {
    this.table.addEventListener("click", (event) => this.onClick(event));
    this.table.addEventListener("keydown", (event) => this.onKey(event));
    this.table.addEventListener("focusin", (event) => this.onFocus(event.target));
    this.table.addEventListener("focusout", () => {
      this.hideTip();
      setTimeout(() => this.release()); // the focus has moved by then
    });
    this.table.addEventListener("pointerover", (event) => this.onOver(event.target));
    this.table.addEventListener("pointerout", () => this.hideTip());
    this.body.addEventListener("pointermove", (event) => this.onHover(event));
    this.body.addEventListener("pointerleave", () => this.endHover());
    this.scroller.addEventListener("scroll", () => {
      this.hideTip();
      this.release();
    });
    this.note.addEventListener("click", () => this.catchUp());
  }

  // data: {label, columns, rows: [[id, cell, …], …], selected, selectable, isFrozen, version, confirmed,
  // detail, reveals, scope, more, held, rowPx}; rows with other ids have another version, another list
  // another scope.  `confirmed` is the number of the last act that Python has seen.
  update(data) {
    const before = this.data;
    this.data = data;
    this.confirm(data.confirmed);
    this.box.style.setProperty("--row", `${data.rowPx}px`);
    this.box.classList.toggle("table-selectable", data.selectable);
    this.table.ariaLabel = data.label;
    this.more.textContent = data.more;
    this.drawHead(before);
    if (before && data.scope !== before.scope) {
      if (!this.hasActed) this.scroller.scrollTop = 0;
      this.hasActed = false;
      this.drawRows();
    } else {
      this.refresh();
    }
    const isChosen = data.selected !== before?.selected;
    if (isChosen && (data.reveals || (before && data.isFrozen))) this.showSelected();
  }

  // Streamlit forgets an act if another one of the same table, or a run of the whole page, follows
  // before its run begins.  Numbered, it can be sent again, and is done once.
  send(action, subject = "", column = 0) {
    this.unconfirmed.push([++acts, action, this.shown?.version ?? 0, subject, column]);
    this.sendUnconfirmed(1);
  }

  sendUnconfirmed(times) {
    clearTimeout(this.sendTimer);
    this.setActs(this.unconfirmed);
    const again = () => this.box.isConnected && this.sendUnconfirmed(times + 1);
    if (times < MAX_SENDS) this.sendTimer = setTimeout(again, CONFIRMED_WITHIN_MS * 2 ** (times - 1));
  }

  confirm(number) {
    this.unconfirmed = this.unconfirmed.filter(([each]) => each > number);
    if (!this.unconfirmed.length) clearTimeout(this.sendTimer);
  }

  drawHead(before) {
    if (before && JSON.stringify(before.columns) === JSON.stringify(this.data.columns)) return;
    const { columns } = this.data;
    const isSame = before?.columns.map((c) => c.title).join() === columns.map((c) => c.title).join();
    if (!isSame) {
      this.shown = undefined;
      this.body.replaceChildren();
      this.head.replaceChildren(...columns.map((_, at) => this.makeHead(at)));
      this.columns.replaceChildren(...columns.map(() => element("col")));
      const width = columns.reduce((sum, column) => sum + column.width, 0);
      this.table.style.minWidth = rem(width - (columns.some((column) => column.grows) ? SCROLLBAR_PX : 0));
    }
    columns.forEach((column, at) => {
      const th = this.head.children[at];
      this.columns.children[at].style.width = column.grows ? "auto" : rem(column.width);
      if (column.sort) th.ariaSort = column.order;
    });
  }

  makeHead(at) {
    const { title, kind, tooltip, sort } = this.data.columns[at];
    const th = element("th", `table-${kind}`);
    th.scope = "col";
    const label = element(sort ? "button" : "span", "table-head", title);
    label.tabIndex = -1;
    th.append(label);
    if (tooltip) {
      const help = element("span", "table-unseen", tooltip);
      help.id = `${this.id}-${at}`;
      help.hidden = true;
      label.setAttribute("aria-describedby", help.id);
      label.classList.add("table-helped");
      th.append(help);
    }
    return th;
  }

  // Holding

  isHeld() {
    const focused = document.activeElement;
    const chosen = getSelection();
    return (
      this.isHovered ||
      this.scroller.scrollTop > 0 ||
      (this.body.contains(focused) && focused.matches(":focus-visible")) ||
      (!chosen.isCollapsed && this.body.contains(chosen.anchorNode))
    );
  }

  refresh() {
    if (!this.shown || this.shown.version === this.data.version || !this.isHeld()) return this.drawRows();
    const fresh = this.data.rows.filter(([id]) => !this.rows.has(id)).length;
    for (const row of this.data.rows) if (this.rows.has(row[0])) this.fillRow(this.rows.get(row[0]), row);
    const ids = new Set(this.data.rows.map(([id]) => id));
    for (const [id, tr] of this.rows) tr.classList.toggle("table-gone", this.acted.has(id) && !ids.has(id));
    const isAllNew = fresh > 0 && fresh === this.data.rows.length;
    this.note.textContent = this.data.held.replace("{count}", isAllNew ? `${fresh}+` : fresh);
    this.note.hidden = fresh === 0;
    this.isHolding = true;
    this.drawSelection();
    if (!this.holdTimer) this.holdTimer = setTimeout(() => this.reportHold(), REPORT_HOLD_MS);
  }

  reportHold() {
    this.holdTimer = undefined;
    if (this.box.isConnected && this.isHolding && this.reported !== this.shown.version) {
      this.reported = this.shown.version;
      this.send("hold");
    }
  }

  release() {
    if (this.box.isConnected && this.isHolding) this.refresh();
  }

  onHover(event) {
    if (event.pointerType === "touch") return;
    this.isHovered = true;
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.endHover(), POINTER_RESTS_MS);
  }

  endHover() {
    clearTimeout(this.restTimer);
    this.isHovered = false;
    this.release();
  }

  catchUp() {
    this.isHovered = false;
    this.scroller.scrollTop = 0;
    this.drawRows();
  }

  // Rows

  // An element keeps its place and is given another row: elements that moved at each tick would be
  // layout shifts.  Focus and cursor follow their row.
  drawRows() {
    const { data, body } = this;
    const cursorRow = body.contains(this.cursor) ? this.cursor.closest("tr") : undefined;
    const cursorId = cursorRow?.dataset.rowId;
    const isFocused = body.contains(document.activeElement);
    while (body.children.length > data.rows.length) body.lastChild.remove();
    while (body.children.length < data.rows.length) body.append(this.makeRow());
    this.rows = new Map(data.rows.map(([id], at) => [id, body.children[at]]));
    data.rows.forEach((row, at) => this.fillRow(body.children[at], row));
    this.shown = data;
    this.acted.clear();
    clearTimeout(this.holdTimer);
    this.holdTimer = undefined;
    this.note.hidden = true;
    this.isHolding = false;
    const target = this.rows.get(cursorId ?? data.selected);
    if (!this.cursor?.isConnected) this.moveCursor(target ?? body.lastChild, isFocused);
    else if (cursorRow && target && target !== cursorRow) this.moveCursor(target, isFocused);
    this.drawSelection();
  }

  makeRow() {
    const tr = element("tr");
    tr.tabIndex = -1;
    tr.append(...this.data.columns.map(() => element("td")));
    return tr;
  }

  fillRow(tr, [id, ...cells]) {
    tr.dataset.rowId = id;
    tr.classList.remove("table-gone");
    cells.forEach((cell, at) => fill(tr.children[at], this.data.columns[at].kind, cell));
  }

  drawSelection() {
    const { selected, selectable } = this.data;
    for (const [id, tr] of this.rows) tr.ariaSelected = selectable ? String(id === selected) : null;
  }

  // In a list that is frozen anyway, a row that was selected by a key comes into view; in one that
  // reveals its selection, also the row of a link.
  showSelected() {
    const { selected } = this.data;
    if (!this.rows.has(selected) && this.data.rows.some(([id]) => id === selected)) this.drawRows();
    const tr = this.rows.get(selected);
    if (!tr) return;
    if (!this.table.contains(document.activeElement)) this.moveCursor(tr);
    this.reveal(tr);
  }

  reveal(tr) {
    const { scroller } = this;
    const top = tr.offsetTop - this.head.offsetHeight;
    const bottom = tr.offsetTop + tr.offsetHeight - scroller.clientHeight;
    if (scroller.scrollTop > top) scroller.scrollTop = top;
    else if (scroller.scrollTop < bottom) scroller.scrollTop = bottom;
  }

  // The pointer

  onClick(event) {
    const label = event.target.closest("button.table-head");
    if (label) return this.sort(label);
    const tr = event.target.closest("tr[data-row-id]");
    if (!tr) return;
    const link = event.target.closest("a");
    if (link) return this.follow(link, event);
    const button = event.target.closest("button");
    if (button) return this.press(tr, button);
    if (getSelection().isCollapsed || !this.body.contains(getSelection().anchorNode)) this.select(tr);
  }

  sort(label) {
    const column = this.data.columns[[...this.head.children].indexOf(label.parentElement)];
    this.send("sort", column.sort);
  }

  select(tr) {
    if (!this.data.selectable) return;
    this.hasActed = true;
    this.moveCursor(tr);
    this.send("select", tr.dataset.rowId);
    if (this.data.detail && matchMedia(NARROW).matches)
      document.querySelector(`.st-key-${this.data.detail}`)?.scrollIntoView({ behavior: "smooth" });
  }

  press(tr, button) {
    if (tr.classList.contains("table-gone")) return;
    this.acted.add(tr.dataset.rowId);
    this.hasActed = true;
    this.send("click", tr.dataset.rowId, [...tr.children].indexOf(button.parentElement));
  }

  // To another page as Streamlit goes back and forward: without loading the application again.
  follow(link, event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.origin !== location.origin) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    dispatchEvent(new PopStateEvent("popstate"));
  }

  onOver(target) {
    const cell = target.closest("th, td");
    if (cell?.tagName === "TH") this.showTip(cell);
    else if (cell?.matches(".table-text, .table-name, .table-chip, .table-link")) {
      const shown = cell.querySelector(".table-cut > :first-child") ?? cell;
      cell.title = shown.scrollWidth > shown.clientWidth ? cell.textContent.trim() : "";
    }
  }

  showTip(th) {
    const help = th.querySelector(".table-unseen");
    if (!help) return;
    const { left, bottom } = th.getBoundingClientRect();
    this.tip.textContent = help.textContent;
    this.tip.showPopover();
    this.tip.style.top = `${bottom + 4}px`;
    this.tip.style.left = `${Math.max(4, Math.min(left, innerWidth - this.tip.offsetWidth - 4))}px`;
  }

  hideTip() {
    if (this.tip.isConnected) this.tip.hidePopover();
  }

  // The keyboard: one stop for Tab; the arrows move a cursor over rows, their buttons and the head.

  moveCursor(target, isFocused = false) {
    if (!target) return;
    if (this.cursor) this.cursor.tabIndex = -1;
    this.cursor = target;
    target.tabIndex = 0;
    if (isFocused) target.focus({ preventScroll: true });
  }

  onFocus(target) {
    this.moveCursor(target);
    const th = target.closest("th");
    if (th && target.matches(":focus-visible")) this.showTip(th);
  }

  onKey(event) {
    const tr = event.target.closest("tr");
    const isRow = event.target === tr;
    const stops = [...tr.querySelectorAll(tr === this.head ? ".table-head" : "td button, td a")];
    const at = stops.indexOf(event.target);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / tr.offsetHeight) - 2);
    const all = [...this.body.children];
    const by = (count) => all[Math.min(Math.max(all.indexOf(tr) + count, 0), all.length - 1)];
    const targets = {
      ArrowDown: () => by(1),
      ArrowUp: () => (tr === this.head ? undefined : (tr.previousSibling ?? this.head.querySelector(".table-head"))),
      ArrowRight: () => stops[at + 1],
      ArrowLeft: () => (at > 0 ? stops[at - 1] : tr === this.head ? undefined : tr),
      Home: () => all[0],
      End: () => all.at(-1),
      PageDown: () => by(page),
      PageUp: () => by(-page),
    };
    const isPress = event.key === "Enter" || event.key === " ";
    if (isPress && isRow) this.select(tr);
    else if (event.key in targets) this.go(targets[event.key]());
    else return;
    event.preventDefault();
  }

  go(target) {
    if (!target) return;
    this.moveCursor(target, true);
    if (this.body.contains(target)) this.reveal(target.closest("tr"));
  }
}
