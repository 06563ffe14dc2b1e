// The traffic map: every message, from its publisher through its channel to its subscribers.
//
// A component of Streamlit (the default export).  Frames come from the workbench by a socket; what
// they contain is described in dashboard/web/map_frames.py.  The picture has two layers: the base
// layer has what changes with the seconds, the live layer what moves.
import * as budget from "./budget.js";
import { BaseLayer } from "./base_layer.js";
import { Controls } from "./controls.js";
import { Focus } from "./focus.js";
import { isNarrow, subscriberCapacity, unit } from "./layout.js";
import { LiveLayer } from "./live_layer.js";
import { isToAll, REFUSED, TrafficModel } from "./model.js";
import { Pen } from "./pen.js";
import { Pointer } from "./pointer.js";
import { Replay } from "./replay.js";
import { Scene, timing } from "./scene.js";
import { FrameSocket } from "./socket.js";
import { Theme } from "./theme.js";

const SLOW_SPEED = 0.25;
const EASE_MS = 120; // in which the speed changes
const DELAY_MS = 150; // frames do not come at even times: dots start this much later
const RESYNC_MS = 700;
const MAX_REFUSALS_PER_FRAME = 12;
const MAX_RATIO = 3; // pixels of a canvas for each pixel of CSS

const maps = new WeakMap(); // by the component's element

// Called again for each change of the data or the theme, without cleanup.
export default function ({ data, parentElement, setTriggerValue }) {
  let map = maps.get(parentElement);
  if (!map) {
    const host = parentElement.querySelector(".traffic-map");
    map = new TrafficMap(host, (name, value) => setTriggerValue(name, value));
    maps.set(parentElement, map);
  }
  map.send = (name, value) => setTriggerValue(name, value);
  map.update(data);
  return () => {
    // Streamlit also calls this for a run that another one has replaced before the code was loaded.
    if (parentElement.isConnected) return;
    map.stop();
    maps.delete(parentElement);
  };
}

export class TrafficMap {
  constructor(host, send) {
    this.host = host;
    this.send = send;
    this.texts = {};
    this.speed = 1;
    this.pace = 1; // the speed at this moment
    this.isPaused = this.hidesRefused = this.showsTable = false;
    this.typeFilter = "";
    this.due = []; // what is going to start, in the order of time
    this.lanes = new Map();
    this.publishers = [];
    this.replay = new Replay();
    this.scale = new budget.DotScale();
    this.thinner = new budget.Thinner();
    this.theme = new Theme();
    this.model = new TrafficModel();
    this.focus = new Focus(this.model);
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
    this.controls = new Controls(this, host);
    this.scene = new Scene(this);
    const { base, live } = this.controls;
    this.baseLayer = new BaseLayer(this, new Pen(base.getContext("2d"), this.theme));
    this.liveLayer = new LiveLayer(this, new Pen(live.getContext("2d"), this.theme));
    this.pointer = new Pointer(this);
    this.stats = { frames: 0, scriptMs: 0, worstMs: 0, since: performance.now() };
    this.drawnCount = 0;
    this.messageAt = performance.now();
    this.playhead = 0;
    this.socket = new FrameSocket({
      onFrame: (frame, isFirst) => this.take(frame, isFirst),
      onLost: () => this.onLost(),
    });
    this.listen();
  }

  get isStill() {
    return this.motion.matches;
  }

  listen() {
    this.onMotion = () => {
      this.scene.clear();
      this.host.dataset.still = this.isStill;
      this.resize();
    };
    this.motion.addEventListener("change", this.onMotion);
    this.host.dataset.still = this.isStill;
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(this.controls.stage);
    this.onVisibility = () => {
      if (!document.hidden) this.due.length = 0; // a tab that was hidden does not catch up
      this.wake();
    };
    document.addEventListener("visibilitychange", this.onVisibility);
    this.onKey = (event) => this.followKey(event);
    document.addEventListener("keydown", this.onKey);
    // The page's own button: the picture does not wait for the run that it starts.
    this.onPress = (event) => {
      if (event.target.closest?.(".st-key-pause button")) this.togglePause();
    };
    document.addEventListener("click", this.onPress);
    this.clockTimer = setInterval(() => this.everySecond(), 1000);
    const redraw = () => {
      this.isStale = true;
      this.wake();
    };
    this.theme.loadIcons().then(redraw, redraw);
  }

  stop() {
    this.isStopped = true;
    this.socket.stop();
    this.pointer.stop();
    cancelAnimationFrame(this.request);
    clearInterval(this.clockTimer);
    this.resizes.disconnect();
    this.motion.removeEventListener("change", this.onMotion);
    document.removeEventListener("visibilitychange", this.onVisibility);
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("click", this.onPress);
    this.host.replaceChildren();
  }

  // ---- settings: data is {url, texts, lang, paused, view: {focus, type, hidden, table}}

  update(data) {
    const isNewLanguage = data.lang !== this.lang;
    if (isNewLanguage) {
      this.lang = data.lang;
      this.texts = data.texts;
      this.plurals = new Intl.PluralRules(data.lang);
    }
    this.theme.read(this.host);
    this.updateView(data.view);
    this.setPaused(data.paused);
    if (isNewLanguage) this.controls.relabel();
    this.socket.connect(data.url);
    this.changed();
  }

  // The URL's settings come back after each change that was made here: only others are applied.
  updateView(view) {
    const text = JSON.stringify(view);
    const sent = this.sentViews?.indexOf(text) ?? -1;
    if (sent >= 0) this.sentViews.splice(0, sent + 1);
    else if (text !== this.viewText) this.applyView(view);
    this.viewText = text;
  }

  applyView({ focus, type, hidden, table }) {
    this.focus.setName(focus);
    this.typeFilter = type;
    this.hidesRefused = hidden.includes(REFUSED);
    this.model.hidden = new Set(hidden.filter((kind) => kind !== REFUSED));
    this.showsTable = table;
    this.arrange();
  }

  sendView() {
    const hidden = [...this.model.hidden, ...(this.hidesRefused ? [REFUSED] : [])].sort();
    const view = {
      focus: this.focus.name,
      type: this.typeFilter,
      hidden,
      table: this.showsTable,
    };
    (this.sentViews ??= []).push(JSON.stringify(view));
    this.send("view", view);
    this.changed();
  }

  changed() {
    this.isStale = true;
    this.controls.showChosen();
    this.controls.refresh(performance.now());
    this.wake();
  }

  isHidden(kind) {
    return kind === REFUSED ? this.hidesRefused : this.model.hidden.has(kind);
  }

  toggleKind(kind) {
    const { hidden } = this.model;
    if (kind === REFUSED) this.hidesRefused = !this.hidesRefused;
    else if (!hidden.delete(kind)) hidden.add(kind);
    this.scene.dots = this.scene.dots.filter((dot) => !this.isHidden(dot.kind));
    this.arrange();
    this.sendView();
  }

  filterByType(type) {
    this.typeFilter = type;
    this.sendView();
  }

  focusOn(name) {
    this.focus.setName(name);
    this.sendView();
  }

  // Look at a target alone; the same again, or nothing, shows everything.
  choose(target) {
    const name = this.focus.nameOf(target);
    this.focusOn(name === this.focus.name ? "" : name);
  }

  toggleTable() {
    this.showsTable = !this.showsTable;
    this.sendView();
  }

  toggleSlow() {
    this.speed = this.speed === 1 ? SLOW_SPEED : 1;
    this.controls.refresh(performance.now());
    this.wake();
  }

  open(what) {
    this.send("open", what);
  }

  followKey(event) {
    const isTyping = event.composedPath()[0].matches?.("input, textarea, select");
    if (isTyping) return;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "p") this.togglePause(); // Streamlit has it, too: it presses the page's button
    else if (event.defaultPrevented) return;
    else if (event.key === "s") this.toggleSlow();
    else if (event.key === "t") this.toggleTable();
    else if (event.key === "r" && this.isPaused) this.startReplay();
    else if (event.key === "Escape" && this.focus.name) this.choose(null);
  }

  // ---- pause and replay

  setPaused(isPaused) {
    if (isPaused === this.isPaused) return;
    this.isPaused = isPaused;
    if (isPaused) {
      this.replay.clear();
    } else if (this.wantsReplay && this.replay.frames.length) {
      this.replay.isRunning = true;
      this.playhead = 0;
    } else {
      this.replay.clear();
      this.due.length = 0;
    }
    this.wantsReplay = false;
  }

  togglePause() {
    this.setPaused(!this.isPaused);
    this.changed();
  }

  startReplay() {
    if (!this.isPaused || !this.replay.missedCount) return;
    this.wantsReplay = true;
    this.send("resume", true);
  }

  skipReplay() {
    this.replay.clear();
    this.due.length = 0;
    this.changed();
  }

  // ---- frames of the socket

  onLost() {
    this.isLost = true;
    this.changed();
  }

  // The numbers of a new connection are others: what moves and glows belongs to the one before.
  restart() {
    const { name } = this.focus;
    const { hidden } = this.model;
    this.model = new TrafficModel();
    this.model.hidden = hidden;
    this.focus = new Focus(this.model);
    this.focus.setName(name);
    this.scene.clear();
    this.replay.clear();
    this.due.length = 0;
    this.controls.tip.hidden = true;
    this.pointer.hit = null;
  }

  take(frame, isFirst) {
    if (isFirst) this.restart();
    const now = performance.now();
    const wasLive = this.model.isLive && !this.isLost;
    this.isLost = false;
    const shown = this.model.take(frame, now);
    if (shown.messages.some(({ channel }) => channel.kind !== "monitor")) this.messageAt = now;
    if (this.model.version !== this.placedVersion) this.arrange();
    if (this.focus.name && !this.focus.target) {
      this.focus.resolve();
      if (this.focus.target) this.changed();
    }
    for (const id of shown.gone) this.scene.leave(this.model.people.get(id));
    for (const id of shown.back) this.scene.comeBack(this.model.people.get(id));
    if (shown.gone.length || shown.back.length || isFirst) this.isStale = true;
    if (wasLive !== this.model.isLive || !this.controls.notice.hidden) this.changed();
    if (document.hidden) return;
    const entry = { ms: frame.ms, messages: shown.messages, refused: shown.refused };
    if (this.isPaused || this.replay.isRunning) this.replay.add(entry);
    else this.schedule(entry, now);
    this.wake();
  }

  isShown(message) {
    const { kind } = message.channel;
    return !this.model.hidden.has(kind) && (!this.typeFilter || message.type === this.typeFilter);
  }

  // Decide which messages of a frame get a dot, and when each starts.
  schedule({ ms, messages, refused, speed = 1 }, now) {
    const shown = messages.filter((message) => this.isShown(message));
    const counted = shown.filter(({ channel }) => channel.kind !== "monitor");
    let wanted = 0;
    for (const { reached } of counted) {
      const flightMs = timing.HOP_MS * (1 + Math.min(reached, budget.FAN_OUT));
      wanted += (flightMs * speed) / (ms * Math.max(0.2, this.pace));
    }
    const k = this.scale.update(wanted, ms);
    const isOff = this.playhead < now - RESYNC_MS / 2 || this.playhead > now + RESYNC_MS;
    if (isOff) this.playhead = now + DELAY_MS;
    const times = budget.spread(counted.map((message) => message.ms), ms);
    const add = (at, entry) => this.due.push({ at: this.playhead + at / speed, ...entry });
    counted.forEach((message, i) => {
      const { kind } = message.channel;
      const isRare = isToAll(kind) || this.model.kindRate(kind, now) < 2;
      if (isRare || this.thinner.takes(kind, k)) add(times[i], { message });
    });
    for (const message of shown) if (message.channel.kind === "monitor") add(message.ms, { message });
    if (!this.hidesRefused) {
      for (const refusal of refused.slice(0, MAX_REFUSALS_PER_FRAME)) add(refusal.ms, { refusal });
    }
    this.due.sort((a, b) => a.at - b.at);
    this.playhead += ms / speed;
  }

  // ---- places

  resize() {
    const { stage, base, live } = this.controls;
    const { width, height } = stage.getBoundingClientRect();
    if (!width || !height) return;
    this.width = Math.round(width);
    this.height = Math.round(height);
    this.ratio = Math.min(MAX_RATIO, devicePixelRatio || 1);
    for (const canvas of [base, live]) {
      canvas.width = Math.round(this.width * this.ratio);
      canvas.height = Math.round(this.height * this.ratio);
    }
    this.theme.rescale(unit(this.width, this.height), this.ratio);
    this.arrange();
  }

  arrange() {
    if (!this.width) return;
    const { model, width, height } = this;
    model.assignLanes(subscriberCapacity(width, height));
    let lanes = model.lanes();
    if (isNarrow(width)) {
      const kinds = [...new Set(lanes.map(({ kind }) => kind))];
      lanes = kinds.map((kind) => ({ key: kind, kind, size: "big" }));
    }
    const before = this.lanes;
    this.lanes = new Map(
      lanes.map((lane) => [lane.key, { ...lane, radius: before.get(lane.key)?.radius }]),
    );
    this.publishers = model.publishers();
    const people = [...model.customers(), ...model.staff()];
    this.scene.arrange({ width, height, publishers: this.publishers, lanes, people });
    this.placedVersion = model.version;
    this.isStale = true;
    this.wake();
  }

  laneSubscribers({ key, kind }) {
    return this.layout?.isNarrow ? this.model.kindSubscribers(kind) : this.model.laneSubscribers(key);
  }

  // ---- animation

  wake() {
    if (this.request || this.isStopped || !this.width || !this.theme.colors) return;
    this.frameAt = performance.now();
    this.request = requestAnimationFrame((at) => this.animate(at));
  }

  get isBusy() {
    if (this.isStopped || document.hidden) return false;
    if (this.isPaused && !this.isStale && !this.scene.moving) return false;
    const isPlaying = this.due.length || this.replay.isRunning;
    return Boolean(this.isStale || isPlaying || this.scene.isBusy || this.isEasing);
  }

  animate(at) {
    this.request = 0;
    const started = performance.now();
    const ms = Math.min(100, Math.max(0, at - this.frameAt));
    this.frameAt = at;
    try {
      this.draw(started, ms);
    } catch (error) {
      // One message that cannot be drawn must not end the map.
      this.failures = (this.failures ?? 0) + 1;
      if (this.failures < 4) console.warn("map: a frame was not drawn:", error);
    }
    const took = performance.now() - started;
    this.stats.frames++;
    this.stats.scriptMs += took;
    this.stats.worstMs = Math.max(this.stats.worstMs, took);
    this.drawnCount++;
    // What was called above may have woken the loop: two would double with every frame.
    if (!this.request && this.isBusy) {
      this.request = requestAnimationFrame((next) => this.animate(next));
    }
  }

  draw(now, ms) {
    const wanted = this.pointer.slowsDown ? Math.min(SLOW_SPEED, this.speed) : this.speed;
    this.pace += (wanted - this.pace) * Math.min(1, ms / EASE_MS);
    if (this.isPaused) this.pace = 0;
    if (this.scene.moving) this.scene.move(now);
    if (this.replay.isRunning) this.continueReplay(now);
    if (!this.isPaused) this.startDue(now);
    this.scene.step(ms * this.pace);
    this.pointer.follow();
    if (this.isStale) {
      this.isStale = false;
      this.baseLayer.draw(now);
    }
    this.liveLayer.draw();
  }

  startDue(now) {
    let count = 0;
    while (count < this.due.length && this.due[count].at <= now) {
      const { at, message, refusal } = this.due[count++];
      if (refusal) this.scene.refuse(refusal);
      else if (this.isShown(message)) this.scene.launch(message, (now - at) * this.pace);
    }
    if (count) this.due.splice(0, count);
  }

  continueReplay(now) {
    while (this.replay.isRunning && this.playhead < now + DELAY_MS) {
      const frame = this.replay.next();
      if (frame) this.schedule(frame, now);
      else this.changed();
    }
  }

  clear(context) {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
  }

  everySecond() {
    if (document.hidden) return;
    const now = performance.now();
    if (this.ratio && this.ratio !== Math.min(MAX_RATIO, devicePixelRatio || 1)) this.resize();
    this.model.prune(now);
    this.scene.prune();
    this.controls.refresh(now);
    this.reportStats(now);
    this.isStale = true;
    this.wake();
  }

  // For tests and measurements: numbers of the last second, on the canvas.
  reportStats(now) {
    const { stats } = this;
    const perFrame = stats.frames ? stats.scriptMs / stats.frames : 0;
    Object.assign(this.controls.live.dataset, {
      fps: ((stats.frames * 1000) / (now - stats.since)).toFixed(1),
      scriptMs: perFrame.toFixed(2),
      worstMs: stats.worstMs.toFixed(1),
      inFlight: this.scene.dots.length,
      scale: this.scale.value,
      drawn: this.drawnCount,
      failures: this.failures ?? 0,
      totals: JSON.stringify(
        Object.fromEntries([...this.model.kinds].map(([kind, { total }]) => [kind, total])),
      ),
      refused: this.model.refusals.total,
    });
    this.stats = { frames: 0, scriptMs: 0, worstMs: 0, since: now };
  }

  // ---- words

  text(name, values = {}) {
    const template = this.texts[name] ?? name;
    return template.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
  }

  // How a connection ended; a newer server may know other ways.
  eventText(event) {
    return this.texts[`event-${event || "closed"}`] ?? event;
  }

  // A text with a number, in its plural form: texts have the forms for 1, 2 and 5.
  count(name, number) {
    const forms = this.texts[name] ?? [name];
    const form = { one: 0, many: 2 }[this.plurals?.select(number)] ?? 1;
    const shown = this.number(number);
    return (forms[form] ?? forms.at(-1)).replace("{count}", shown);
  }

  number(value) {
    return value.toLocaleString(this.lang);
  }

  rateNumber(rate) {
    if (rate < 0.005) return "0";
    if (rate < 0.05) return `<${this.number(0.1)}`;
    if (rate >= 100) return this.number(Math.round(rate));
    return rate.toLocaleString(this.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  perSecond(rate) {
    return this.text("perSecond", { rate: this.rateNumber(rate ?? 0) });
  }

  time(at) {
    return new Date(at).toLocaleTimeString(this.lang, { hour12: false });
  }

  channelName(name) {
    return name === "*" ? "everyone" : name;
  }

  laneName(key) {
    if (/:[…+]$/.test(key)) return key.slice(0, key.indexOf(":"));
    return this.channelName(key);
  }

  laneAside(key) {
    if (key.endsWith(":…")) return this.text("noSubscribers");
    if (key === "user:+") return this.text("ofOthers");
    return key === "order:+" ? this.text("followed") : "";
  }

  receivedBy(message) {
    const { reached, channel } = message;
    if (!reached) return this.text("noSubscribers");
    const subscribers = this.model.subscribersOf(channel);
    if (reached === 1 && subscribers.size === 1) {
      const [id] = subscribers;
      return this.text("receivedByName", { name: this.model.people.get(id)?.name ?? "1" });
    }
    return this.count("receivedBy", reached);
  }

  connectedText() {
    const here = this.model.connectedCount();
    const known = this.model.people.size;
    if (here === known) return this.text("connected", { count: this.number(here) });
    return this.text("connectedOf", { count: this.number(here), total: this.number(known) });
  }

  // Names are cut to the room beside the place, which they share with what is said of the person.
  shownName(person) {
    const { u, width, subscriberX } = this.layout;
    const others = [this.personAside(person), person.note?.text].filter(Boolean);
    const key = `${person.name}|${others}|${width}|${this.theme.key}`;
    if (person.shownKey !== key) {
      const { pen } = this.liveLayer;
      const taken = others.reduce((sum, words) => sum + pen.width(words, 11) + 7 * u, 0);
      person.shownKey = key;
      person.shownName = pen.fitted(person.name, width - subscriberX - 18 * u - taken, 12.5, 400);
      this.isStale = true;
    }
    return person.shownName;
  }

  personAside({ isStaff, role, nodes }) {
    return [isStaff ? role : "", ...nodes].filter(Boolean).join(" · ");
  }

  summary(now) {
    const rates = [...this.model.kinds].map(
      ([kind, { tally }]) => `${kind} ${this.rateNumber(this.model.rate(tally, now))}`,
    );
    return this.text("summary", { rates: rates.join(", "), connected: this.connectedText() });
  }
}
