// The pointer and the keyboard's cursor over the picture, and the tip that explains what is there.
import { chip, element, fragment } from "./elements.js";
import { easeInOut, pointAt } from "./paths.js";

const REST_MS = 6000; // a pointer left on the picture does not slow it for longer
const COLUMNS = ["publishers", "lanes", "people"];

export class Pointer {
  constructor(map) {
    this.map = map;
    this.hit = null; // {target} of a place or {message, dot, id}
    this.isResting = false;
    this.cursor = null; // {column, index}: where the arrow keys are
    const { live } = map.controls;
    live.addEventListener("pointermove", (event) => this.onMove(event));
    live.addEventListener("pointerleave", () => this.leave());
    live.addEventListener("click", (event) => this.onClick(event));
    live.addEventListener("keydown", (event) => this.onKey(event));
    live.addEventListener("blur", () => {
      if (this.cursor) this.leave();
    });
  }

  get tip() {
    return this.map.controls.tip;
  }

  get slowsDown() {
    return Boolean(this.hit) && !this.isResting;
  }

  stop() {
    clearTimeout(this.timer);
  }

  // The dot that is pointed at, while it flies.
  dot() {
    const dot = this.hit?.dot;
    return dot && dot.id === this.hit.id && !this.isResting ? dot : null;
  }

  // After the split, follow the same message to its first subscriber.
  follow() {
    const { hit } = this;
    if (!hit?.dot || hit.dot.id === hit.id) return;
    const next = this.map.scene.dots.find(({ message }) => message === hit.message);
    if (next) Object.assign(hit, { dot: next, id: next.id });
    else this.isResting = true;
  }

  onMove(event) {
    const { x, y } = this.position(event);
    const isOnSameDot = this.hit?.message && !this.tip.hidden && this.at;
    if (isOnSameDot && Math.hypot(x - this.at.x, y - this.at.y) < 5) return;
    this.cursor = null;
    this.show(this.find(x, y), x, y);
  }

  position(event) {
    const box = this.map.controls.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  onClick(event) {
    const { x, y } = this.position(event);
    if (!this.hit?.message) this.show(this.find(x, y), x, y);
    this.choose();
  }

  choose() {
    const { hit, map } = this;
    if (hit?.message) map.open({ seq: hit.message.seq, channel: hit.message.channel.name });
    else map.choose(hit?.target ?? null);
  }

  show(hit, x, y) {
    const { map } = this;
    const before = JSON.stringify(map.focus.pointed);
    this.hit = hit;
    this.at = { x, y };
    this.isResting = false;
    map.focus.pointed = hit?.target ?? null;
    if (JSON.stringify(map.focus.pointed) !== before) map.isStale = true;
    map.controls.live.style.cursor = hit ? "pointer" : "";
    this.tip.hidden = !hit;
    clearTimeout(this.timer);
    if (hit) {
      this.tip.replaceChildren(this.explain(hit));
      this.moveTip(x, y);
      this.timer = setTimeout(() => this.rest(), REST_MS);
    }
    map.wake();
  }

  rest() {
    this.isResting = true;
    if (!this.cursor) this.tip.hidden = true;
    this.map.wake();
  }

  leave() {
    this.cursor = null;
    this.show(null, 0, 0);
  }

  moveTip(x, y) {
    const { width, height } = this.map.layout;
    const { offsetWidth: w, offsetHeight: h } = this.tip;
    const left = x + 14 + w > width ? x - w - 14 : x + 14;
    const top = y + 16 + h > height ? y - h - 12 : y + 16;
    const [px, py] = [Math.max(4, left), Math.min(height - h - 4, Math.max(4, top))];
    this.tip.style.transform = `translate(${Math.round(px)}px,${Math.round(py)}px)`;
  }

  // ---- what is there

  find(x, y) {
    if (!this.map.layout) return null;
    const target = this.findLane(x, y) ?? this.findPerson(x, y) ?? this.findPublisher(x, y);
    return target ? { target } : this.findDot(x, y);
  }

  findLane(x, y) {
    const { u, pitch, lanes } = this.map.layout;
    for (const lane of this.map.lanes.values()) {
      const spot = lanes.get(lane.key);
      const reach = lane.size === "fine" ? Math.max(5 * u, pitch * 0.55) : 20 * u;
      if (spot && Math.hypot(spot.x - x, spot.y - y) < reach) return { lane: lane.key };
    }
    return null;
  }

  findPerson(x, y) {
    const { u, isNarrow, people, rowHeight } = this.map.layout;
    for (const [id, spot] of people) {
      const isHere = isNarrow
        ? Math.hypot(spot.x - x, spot.y - y) < 16 * u
        : x > spot.x - 10 * u && Math.abs(spot.y - y) < rowHeight / 2;
      if (isHere) return { person: id };
    }
    return null;
  }

  findPublisher(x, y) {
    const { u, isNarrow, publishers } = this.map.layout;
    for (const [key, spot] of publishers) {
      const isHere =
        Math.hypot(spot.x - x, spot.y - y) < 16 * u ||
        (!isNarrow && x < spot.x && Math.abs(spot.y - y) < 18 * u);
      if (isHere) return { publisher: key };
    }
    return null;
  }

  findDot(x, y) {
    const { scene, layout } = this.map;
    const spot = [0, 0, 1, 0];
    let [nearest, least] = [null, 12 * layout.u];
    for (const dot of scene.dots) {
      if (dot.progress < 0 || !dot.message?.channel) continue;
      pointAt(dot.path, easeInOut(Math.min(1, dot.progress)), spot);
      const distance = Math.hypot(spot[0] - x, spot[1] - y);
      if (distance < least) [nearest, least] = [dot, distance];
    }
    return nearest && { message: nearest.message, dot: nearest, id: nearest.id };
  }

  // ---- the tip

  explain(hit) {
    if (hit.message) return this.explainMessage(hit.message);
    const { lane, person, publisher } = hit.target;
    if (lane) return this.explainLane(lane);
    return person ? this.explainPerson(person) : this.explainPublisher(publisher);
  }

  explainMessage(message) {
    const { map } = this;
    const { name, kind } = message.channel;
    const details = [map.receivedBy(message), map.time(message.at)];
    const sender = map.model.people.get(message.sender);
    if (sender) details.unshift(map.text("from", { name: sender.name }));
    if (map.scale.value > 1) details.push(map.count("standsFor", map.scale.value));
    return fragment(
      chip(map.channelName(name), kind),
      " ",
      element("b", "", message.type),
      element("div", "", details.join(" · ")),
    );
  }

  explainLane(key) {
    const { map } = this;
    const lane = map.lanes.get(key);
    if (!lane) return fragment();
    const subscribers = map.laneSubscribers(lane);
    const people = [...subscribers].slice(0, 4).map((id) => map.model.people.get(id)?.name ?? "");
    const more = subscribers.size > 4 ? ` +${map.number(subscribers.size - 4)}` : "";
    const words = `${map.perSecond(lane.rate)} · ${map.count("subscribersOf", subscribers.size)}`;
    return fragment(
      chip(map.laneName(key), lane.kind),
      ` ${map.laneAside(key)}`,
      element("div", "", words),
      people.length ? element("div", "", people.join(", ") + more) : "",
    );
  }

  explainPerson(id) {
    const { map } = this;
    const person = map.model.people.get(id);
    if (!person) return fragment();
    const details = [];
    if (person.isHere) details.push(map.count("subscriptions", person.channels.size));
    else details.push(map.text("notConnected"), map.eventText(person.reason));
    if (!person.isHere && person.code) details.push(String(person.code));
    if (person.waiting) details.push(map.text("waiting", { percent: person.waiting }));
    return fragment(
      element("b", "", person.name),
      " ",
      element("span", "", [person.user, person.role, ...person.nodes].filter(Boolean).join(" · ")),
      element("div", "", details.join(" · ")),
    );
  }

  explainPublisher(key) {
    const { map } = this;
    const publisher = map.publishers.find((one) => one.key === key);
    if (!publisher) return fragment();
    const rate = map.model.publisherRate(key, performance.now());
    const types = publisher.types.join(", ") || map.text(`${key}-types`);
    return fragment(
      element("b", "", map.text(key)),
      " ",
      element("span", "", types),
      element("div", "", map.perSecond(rate)),
      element("div", "", map.text("publisherHint")),
    );
  }

  // ---- keys

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    if (event.key in moves) this.moveCursor(...moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.choose();
    else if (event.key === "Escape") this.escape();
    else return;
    event.preventDefault();
  }

  escape() {
    if (this.cursor) this.leave();
    else this.map.choose(null);
  }

  moveCursor(columns, rows) {
    const { layout, controls } = this.map;
    const from = this.cursor ?? { column: 1 - columns, index: -rows };
    const column = Math.min(2, Math.max(0, from.column + columns));
    const keys = [...layout[COLUMNS[column]].keys()];
    if (!keys.length) return;
    const index = Math.min(keys.length - 1, Math.max(0, from.index + rows));
    this.cursor = { column, index };
    const target = { [["publisher", "lane", "person"][column]]: keys[index] };
    const spot = layout[COLUMNS[column]].get(keys[index]);
    this.show({ target }, spot.x, spot.y);
    controls.announce(this.tip.innerText);
  }
}
