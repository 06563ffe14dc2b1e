// What moves: dots on their paths, the light they leave, rings, and words that appear for a while.
import * as budget from "./budget.js";
import { place } from "./layout.js";
import { isToAll, kindOf, REFUSED } from "./model.js";
import { easeInOut, easeOut, makePath } from "./paths.js";

const HOP_MS = 820; // from publisher to channel, and from channel to subscriber
const HOP_TO_ALL_MS = 1150;
const REFUSAL_MS = 1500;
const COOL_MS = 900; // in which a place that was touched cools down
const LIGHT_MS = 620; // in which the light of a path fades
const CAPTION_EVERY_MS = 2400; // one message carries its type along
const CAPTION_MS = 1900;
const MOVE_MS = 220; // for places that others make room for
const DEBRIS_MS = 900;
const MAX_TRAILS = 220; // beside those to everybody
const MAX_RINGS = 120;
const STAGGER_MS = 26; // between the dots of one message
const LATE_MS = 1000; // a dot that is later than this is not shown
export const OTHERS = "others"; // the place of all subscribers without one of their own
export const DOOR = "door";

export class Scene {
  constructor(map) {
    this.map = map;
    this.clock = 0; // ms of the picture's own time: it stands still in a pause
    this.spare = [];
    this.nextId = 1;
    this.paths = new Map();
    this.clear();
  }

  // Remove everything that moves or glows.
  clear() {
    for (const name of ["dots", "trails", "rings", "notes", "debris", "recent"]) this[name] = [];
    this.heat = new Map(); // by place: when it was touched last, and by which kind
    this.caption = null;
    this.captionAt = -CAPTION_EVERY_MS;
  }

  get model() {
    return this.map.model;
  }

  get layout() {
    return this.map.layout;
  }

  get isBusy() {
    const { dots, trails, rings, notes, debris, caption, moving } = this;
    if (dots.length || trails.length || rings.length || notes.length || debris.length) return true;
    if (caption || moving) return true;
    for (const { at } of this.heat.values()) if (this.clock - at < COOL_MS * 5) return true;
    return false;
  }

  // ---- places

  // Place everything again; what has moved glides to its new place.
  arrange({ width, height, publishers, lanes, people }) {
    const before = this.layout;
    const layout = place({ width, height, publishers, lanes, people });
    this.map.layout = layout;
    this.moving = null;
    const isSameSize = before && before.width === width && before.height === height;
    if (isSameSize && !this.map.isStill) this.startMoving(before, layout);
    this.resetPaths();
  }

  startMoving(before, layout) {
    const list = [];
    for (const part of ["publishers", "lanes", "people"]) {
      for (const [key, spot] of layout[part]) {
        const old = before[part].get(key);
        if (!old || (old.x === spot.x && old.y === spot.y)) continue;
        list.push({ spot, from: { x: old.x, y: old.y }, to: { x: spot.x, y: spot.y } });
        Object.assign(spot, { x: old.x, y: old.y });
      }
    }
    if (list.length) this.moving = { list, at: performance.now() };
  }

  move(now) {
    const part = Math.min(1, (now - this.moving.at) / MOVE_MS);
    const share = easeOut(part);
    for (const { spot, from, to } of this.moving.list) {
      spot.x = from.x + (to.x - from.x) * share;
      spot.y = from.y + (to.y - from.y) * share;
    }
    if (part === 1) this.moving = null;
    this.resetPaths();
  }

  // What is on its way continues on the new paths.
  resetPaths() {
    this.paths.clear();
    for (const dot of this.dots) dot.path = this.path(dot.from, dot.to) ?? dot.path;
    for (const trail of this.trails) trail.path = this.path(trail.from, trail.to);
    this.trails = this.trails.filter(({ path }) => path);
    this.map.isStale = true;
  }

  placeOf(key) {
    const { layout } = this;
    if (key === OTHERS) return layout.others;
    if (typeof key === "number") return layout.people.get(key) ?? layout.others;
    if (key.startsWith(DOOR)) return this.doorPlace(key);
    return layout.publishers.get(key) ?? layout.lanes.get(key);
  }

  path(from, to) {
    const key = `${from}>${to}`;
    if (this.paths.has(key)) return this.paths.get(key);
    const path = this.makePath(from, to);
    if (path) this.paths.set(key, path);
    return path;
  }

  makePath(from, to) {
    const { layout } = this;
    const [a, b] = [this.placeOf(from), this.placeOf(to)];
    if (!a || !b) return null;
    const { u } = layout;
    const isFirst = layout.publishers.has(from);
    if (layout.isNarrow) return makePath({ x: a.x, y: a.y + (isFirst ? 14 * u : 0) }, b, 0, "y");
    const isToLane = isFirst && layout.lanes.has(to);
    return makePath({ x: a.x + (isFirst ? 15 * u : 0), y: a.y }, b, isToLane ? layout.rail : 10 * u);
  }

  // Where a refused request turns back: before the lane it asked for, else before all of them.
  doorKey({ from, to }) {
    const lane = to && this.layout.isNarrow ? kindOf(to) : to;
    return `${DOOR}>${from}>${lane && this.layout.lanes.has(lane) ? lane : ""}`;
  }

  doorPlace(key) {
    const [, from, to] = key.split(">");
    const { layout } = this;
    const start = layout.publishers.get(from);
    if (!start) return null;
    const { u } = layout;
    const lane = layout.lanes.get(to);
    if (layout.isNarrow) {
      return { x: lane ? lane.x : start.x, y: layout.channelY - (lane ? 62 : 92) * u };
    }
    return {
      x: layout.channelX - layout.rail - 34 * u,
      y: lane ? lane.y : start.y + 34 * u,
    };
  }

  laneKey(message) {
    return this.layout.isNarrow ? message.channel.kind : message.to;
  }

  touch(key, kind) {
    if (kind === "monitor" && this.warmth(key) > 0.1) return;
    this.heat.set(key, { at: this.clock, kind });
  }

  // How recently a place was touched, from 1 down to 0.
  warmth(key, coolMs = COOL_MS) {
    const heat = this.heat.get(key);
    if (!heat) return 0;
    return Math.exp((heat.at - this.clock) / coolMs) * (heat.kind === "monitor" ? 0.4 : 1);
  }

  // ---- messages

  // Let a message go; `late` is how many ms after it was due, or dots of one frame would fly in rows.
  launch(message, late) {
    const { kind } = message.channel;
    const toAll = isToAll(kind);
    const isTooMuch = late > LATE_MS || this.dots.length > 1.25 * budget.MAX_IN_FLIGHT;
    if (isTooMuch && !toAll) return;
    const lane = this.laneKey(message);
    if (this.map.isStill) {
      this.showStill(message, lane);
      return;
    }
    const path = this.path(message.from, lane);
    if (!path) return;
    this.touch(message.from, kind);
    const dot = this.addDot(path, message.from, lane, message, toAll ? HOP_TO_ALL_MS * 0.9 : HOP_MS);
    dot.hop = 1;
    dot.progress = Math.min(0.5, late / dot.duration);
    dot.size = toAll ? 1.7 : kind === "monitor" ? 0.62 : 1;
    dot.fades = !message.reached;
    this.maybeCaption(message, dot);
    this.addTrail(dot, toAll);
  }

  maybeCaption(message, dot) {
    if (this.caption || message.channel.kind === "monitor") return;
    const wait = isToAll(message.channel.kind) ? 0 : CAPTION_EVERY_MS;
    if (this.clock - this.captionAt <= wait || !this.map.focus.matches(message)) return;
    if (!message.reached && Math.random() > 0.3) return; // most reach nobody: show some of each
    this.caption = { message, dot, text: message.type, at: this.clock };
    this.captionAt = this.clock;
  }

  // With little traffic each message lights its path; with much, only those to everybody.
  addTrail(dot, toAll) {
    const exact = this.model.rate(this.model.tallies.exact, performance.now());
    const calm = Math.min(0.8, Math.max(0, 1.15 - exact / 34));
    const strength = toAll ? 1 : dot.kind === "monitor" ? 0 : calm;
    if (strength <= 0.05 || (this.trails.length >= MAX_TRAILS && !toAll)) return;
    const { path, from, to, kind, message, id, fades } = dot;
    const state = { progress: 0, doneAt: 0, strength, toAll, fades };
    this.trails.push({ path, from, to, kind, message, dot, id, ...state });
  }

  addDot(path, from, to, message, duration, delay = 0) {
    const dot = this.spare.pop() ?? {};
    const start = { hop: 0, size: 1, fades: false, end: 1, turned: false, fanOut: null, weight: 1 };
    Object.assign(dot, start, { path, from, to, message, duration, progress: -delay / duration });
    dot.kind = message.channel?.kind ?? REFUSED;
    dot.id = this.nextId++;
    this.dots.push(dot);
    return dot;
  }

  arrive(dot) {
    if (dot.hop === 1) {
      this.touch(dot.to, dot.kind);
      this.split(dot);
    } else if (dot.hop === 2) {
      this.touch(this.layout.people.has(dot.to) ? dot.to : OTHERS, dot.kind);
      if (!dot.fanOut) return;
      dot.fanOut.landed += dot.weight;
      this.touch(dot.message.from, dot.kind); // all of its way stays lit until all have it
      this.touch(dot.from, dot.kind);
      const [from, until] = this.layout.isNarrow ? [15, 21] : [3.5, 13];
      this.addRing(dot.to, dot.kind, { from, until, life: 700, width: 1.6 });
    }
  }

  split(dot) {
    const { message, kind, to: lane } = dot;
    const toAll = isToAll(kind);
    if (this.caption?.dot === dot) {
      if (toAll) this.caption = null; // the count beside the lane says more
      else this.explainAt(lane, message);
    }
    if (!message.reached || !this.placeOf(lane)) return;
    const { people, others } = this.layout;
    const subscribers = [...this.model.subscribersOf(message.channel)];
    const placed = subscribers.filter((id) => people.has(id) || others);
    if (toAll) this.splitToAll(dot, placed);
    else this.splitToSome(dot, placed);
  }

  explainAt(lane, message) {
    const text = `${message.type} · ${this.map.receivedBy(message)}`;
    Object.assign(this.caption, { dot: null, place: lane, at: this.clock, text });
  }

  splitToSome(dot, subscribers) {
    const { to, label } = budget.fanOut(this.fromTopToBottom(subscribers), dot.message.reached);
    if (label > 1) this.addNote({ text: `×${label}`, place: dot.to, kind: dot.kind, life: 1200 });
    to.forEach((id, i) => this.flyOn(dot, id, HOP_MS, i * STAGGER_MS));
  }

  // Each row has its dot; the row of all others has one for them together.
  splitToAll(dot, subscribers) {
    const { message, to: lane, kind } = dot;
    const { people } = this.layout;
    const rows = this.fromTopToBottom(subscribers.filter((id) => people.has(id)));
    const rest = subscribers.find((id) => !people.has(id));
    const most = Math.min(message.reached, rows.length);
    const { to } = budget.fanOut(rows, most, budget.FAN_OUT_TO_ALL);
    const unplaced = message.reached - to.length;
    if (rest !== undefined && unplaced > 0) to.push(rest);
    const fanOut = { landed: 0, total: message.reached, lane, kind, first: to[0], last: to.at(-1) };
    const life = HOP_TO_ALL_MS + to.length * 16 + 2600;
    this.addNote({ fanOut, kind, life });
    this.addRing(lane, kind, { from: 8, until: 34, life: 900, width: 2.2 });
    this.addRing(lane, kind, { from: 8, until: 46, life: 1200, width: 1.2, delay: 130 });
    const stagger = Math.min(16, 420 / to.length);
    to.forEach((id, i) => {
      const weight = id === rest ? unplaced : 1;
      this.flyOn(dot, id, HOP_TO_ALL_MS, i * stagger, fanOut, weight);
    });
  }

  fromTopToBottom(ids) {
    return ids.sort((a, b) => {
      const [p, q] = [this.placeOf(a), this.placeOf(b)];
      return p.y - q.y || p.x - q.x;
    });
  }

  flyOn(dot, id, duration, delay, fanOut = null, weight = 1) {
    const path = this.path(dot.to, id);
    if (!path) return;
    const next = this.addDot(path, dot.to, id, dot.message, duration, delay);
    Object.assign(next, { hop: 2, fanOut, weight, size: fanOut ? 1.25 : dot.size });
    const person = this.model.people.get(id);
    if (person?.waiting > 4) next.end = 1 - Math.min(0.4, this.queueLength(person) / path.length);
    this.addTrail(next, Boolean(fanOut));
  }

  // Pixels of the row of dots that wait for a slow client.
  queueLength({ waiting }) {
    return (8 + 6.4 * Math.ceil(waiting / 10)) * this.layout.u;
  }

  // ---- refusals, people who leave and return

  refuse(refusal) {
    if (this.map.isStill) {
      this.touch(refusal.from, REFUSED);
      this.touchRefused(refusal);
      this.remember(refusal);
      return;
    }
    const key = this.doorKey(refusal);
    const path = this.path(refusal.from, key);
    if (!path) return;
    const dot = this.addDot(path, refusal.from, key, { refusal }, REFUSAL_MS);
    Object.assign(dot, { hop: 3, size: 1.25 });
    this.touch(refusal.from, REFUSED);
  }

  turnBack(dot) {
    const { refusal } = dot.message;
    dot.turned = true;
    this.touch(dot.to, REFUSED);
    this.touchRefused(refusal);
    const same = this.notes.find((n) => n.door === dot.to && n.refusal.code === refusal.code);
    if (same) {
      same.count += 1;
      same.refusal = refusal;
      same.at = Math.max(same.at, this.clock - 200);
      return;
    }
    const isBeside = ({ door }) => door && (this.layout.isNarrow || door === dot.to);
    const lines = new Set(this.notes.filter(isBeside).map(({ line }) => line));
    let line = 0;
    while (lines.has(line)) line++;
    this.addNote({ door: dot.to, refusal, count: 1, line, kind: REFUSED, life: 3200 });
  }

  touchRefused({ person }) {
    if (this.layout.people.has(person)) this.touch(person, REFUSED);
  }

  leave(person) {
    const spot = this.layout?.people.get(person.id);
    if (!spot) return;
    const isEvicted = person.reason === "evicted";
    const from = this.layout.isNarrow ? 14 : 4;
    const ring = isEvicted
      ? { from, until: from + 22, life: 900, width: 2 }
      : { from, until: from + 8, life: 600, width: 1.2 };
    this.addRing(person.id, isEvicted ? REFUSED : "monitor", ring);
    if (isEvicted && !this.map.isStill) this.addDebris(spot);
    for (const dot of this.dots) if (dot.to === person.id) dot.fades = true;
    const text = this.map.eventText(person.reason);
    person.note = { text, tone: isEvicted ? REFUSED : "monitor", at: this.clock };
  }

  comeBack(person) {
    const from = this.layout?.isNarrow ? 14 : 4;
    this.addRing(person.id, "ok", { from, until: from + 11, life: 800, width: 1.6 });
    person.note = { text: this.map.text("back"), tone: "ok", at: this.clock };
  }

  addDebris(spot) {
    for (let i = 0; i < 11; i++) {
      this.debris.push({
        x: spot.x - (10 + i * 6.4) * this.layout.u,
        y: spot.y,
        vx: (Math.random() - 0.6) * 40,
        vy: -30 - Math.random() * 50,
        at: this.clock,
      });
    }
  }

  addRing(place, kind, { delay = 0, ...ring }) {
    if (this.rings.length >= MAX_RINGS || this.map.isStill) return;
    this.rings.push({ place, kind, ...ring, at: this.clock + delay });
  }

  addNote(note) {
    this.notes.push({ ...note, at: this.clock });
  }

  // ---- without motion

  showStill(message, lane) {
    const { kind } = message.channel;
    this.touch(message.from, kind);
    this.touch(lane, kind);
    const subscribers = [...this.model.subscribersOf(message.channel)];
    for (const id of budget.fanOut(subscribers, message.reached, budget.FAN_OUT_TO_ALL).to) {
      this.touch(id, kind);
    }
    if (kind !== "monitor") this.remember(message);
  }

  remember(message) {
    this.recent.unshift(message);
    this.recent.length = Math.min(this.recent.length, 6);
  }

  // ---- time

  step(ms) {
    this.clock += ms;
    for (let i = this.dots.length - 1; i >= 0; i--) {
      const dot = this.dots[i];
      dot.progress += ms / dot.duration;
      if (dot.hop === 3 && !dot.turned && dot.progress > 0.5) this.turnBack(dot);
      if (dot.progress < dot.end) continue;
      this.dots[i] = this.dots.at(-1);
      this.dots.pop();
      this.arrive(dot);
      Object.assign(dot, { id: 0, fanOut: null, message: null });
      this.spare.push(dot);
    }
    const now = this.clock;
    for (const trail of this.trails) if (!trail.doneAt) this.advanceTrail(trail);
    keep(this.trails, ({ doneAt, toAll }) => !doneAt || now - doneAt < LIGHT_MS * (toAll ? 4 : 3));
    keep(this.rings, ({ at, life }) => now - at < life);
    keep(this.notes, ({ at, life }) => now - at < life);
    keep(this.debris, ({ at }) => now - at < DEBRIS_MS);
    this.checkCaption();
  }

  advanceTrail(trail) {
    if (trail.dot.id === trail.id) {
      trail.progress = easeInOut(Math.max(0, Math.min(1, trail.dot.progress)));
    } else {
      Object.assign(trail, { progress: 1, doneAt: this.clock, dot: null });
    }
  }

  checkCaption() {
    const { caption } = this;
    if (!caption) return;
    const isOver = caption.dot
      ? caption.dot.message !== caption.message
      : this.clock - caption.at > CAPTION_MS;
    if (isOver) this.caption = null;
  }

  // How bright a trail is: it fades once its dot has arrived.
  trailStrength({ doneAt, toAll, strength, fades }) {
    const fade = doneAt ? Math.exp((doneAt - this.clock) / (LIGHT_MS * (toAll ? 1.5 : 1))) : 1;
    return strength * fade * (fades && doneAt ? fade : 1);
  }

  // Forget what is cold, so that memory does not grow with people who left.
  prune() {
    for (const [key, { at }] of this.heat) if (this.clock - at > 60_000) this.heat.delete(key);
    if (this.spare.length > 2 * budget.MAX_IN_FLIGHT) this.spare.length = budget.MAX_IN_FLIGHT;
  }
}

export const timing = { HOP_MS, HOP_TO_ALL_MS, CAPTION_MS, DEBRIS_MS };

function keep(list, test) {
  let count = 0;
  for (const item of list) if (test(item)) list[count++] = item;
  list.length = count;
}
