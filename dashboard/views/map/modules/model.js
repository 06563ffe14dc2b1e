// What the map knows: folds the frames of the socket into people, channels and rates.
//
// Pure: every call passes the time.  Exact numbers come from `kinds` and `busy` of a frame; its
// sample (`rows`) only decides which way the dots go.  dashboard/web/map_frames.py describes a frame.
import { addTo, newTally, rate } from "./rates.js";

export const KINDS = ["user", "order", "tenant", "public", "everyone", "monitor"];
export const REFUSED = "refused"; // in the legend beside the kinds
const AWAY_MS = 20_000; // for which the place of a person who left is kept
const MAX_BUSY_LANES = 2;
const BUSY_PER_S = 2; // an order's or a user's channel gets a lane of its own above it …
const BUSY_SHARE = 0.2; // … and above this share of all messages
const QUIET_PER_S = 0.5;
const SETTLE_MS = 5000; // until a rate is known well enough

// The protocol names no publisher except in chat: a message's type shows which part of the shop it is from.
export const PUBLISHERS = [
  { key: "carts", icon: "shopping_cart", types: ["cart_update"] },
  { key: "orders", icon: "receipt_long", types: ["order_update", "new_order"] },
  { key: "notifications", icon: "notifications", types: ["notification"] },
  { key: "customers", icon: "person", types: ["chat_message"] },
  { key: "support", icon: "support_agent", types: ["chat_message"] },
  { key: "visits", icon: "storefront", types: ["customer_activity"] },
  { key: "stock", icon: "inventory_2", types: ["inventory_alert"] },
  { key: "announcements", icon: "campaign", types: [] },
  { key: "server", icon: "dns", types: ["traffic", "stats"] },
  { key: "other", icon: "more_horiz", types: [] },
];
const BY_TYPE = new Map(PUBLISHERS.flatMap(({ key, types }) => types.map((type) => [type, key])));

export const isToAll = (kind) => kind === "public" || kind === "everyone";
const isShared = (kind) => kind === "user" || kind === "order"; // most have no lane of their own
export const kindOf = (name) => (name === "*" ? "everyone" : name.slice(0, name.indexOf(":")));

const { compare } = new Intl.Collator("en", { numeric: true });
const byName = (a, b) => compare(a.name, b.name);
const byUser = (a, b) => compare(a.user, b.user);

export class TrafficModel {
  constructor() {
    this.people = new Map(); // by number: {id, user, name, role, isHere, waiting, channels, nodes}
    this.channels = new Map(); // by number: {id, name, kind, tally, subscribers}
    this.numbers = new Map(); // of channels, by name
    this.types = [];
    this.kinds = new Map(KINDS.map((kind) => [kind, newCounts()]));
    this.refusals = { tally: newTally(), total: 0 };
    this.edges = new Map(); // "publisher>lane": {from, to, kind, tally}
    this.hidden = new Set(["monitor"]); // kinds without lanes
    this.capacity = Infinity; // subscribers with a place of their own
    this.busyLanes = []; // names of busy channels of shared lanes
    this.ownLanes = new Set(); // names of customers' channels with a lane of their own
    this.version = 0; // grows when something has to be placed again
    this.seen = this.leftOut = 0;
    this.perRow = 1; // messages for each row of the sample
    this.tallies = { sampled: newTally(), exact: newTally(), leftOut: newTally() };
    this.subscribersByLane = new Map(); // worked out once in a frame
    this.hasOther = false;
    this.isLive = true;
    this.addChannel(0, "*");
  }

  // Apply a frame; returns what is to be shown of it.
  take(frame, now) {
    this.now = now;
    this.since ??= now - (frame.ms ?? 250);
    this.isLive = frame.live !== 0;
    const shown = { messages: [], refused: [], gone: [], back: [] };
    for (const [id, name] of Object.entries(frame.names ?? {})) this.addChannel(Number(id), name);
    this.types.push(...(frame.types ?? []));
    this.updatePeople(frame, shown);
    for (const id of frame.forget ?? []) this.forgetChannel(id);
    this.subscribersByLane.clear();
    this.count(frame);
    this.takeRefusals(frame, shown);
    this.takeRows(frame, shown);
    this.updateBusyLanes();
    return shown;
  }

  addChannel(id, name) {
    const kind = kindOf(name);
    if (!this.kinds.has(kind)) this.kinds.set(kind, newCounts());
    this.channels.set(id, { id, name, kind, tally: newTally(), subscribers: new Set() });
    this.numbers.set(name, id);
    if (!isShared(kind)) this.version++;
  }

  forgetChannel(id) {
    const channel = this.channels.get(id);
    if (!channel) return;
    this.channels.delete(id);
    this.numbers.delete(channel.name);
    for (const person of this.people.values()) person.channels.delete(id);
    if (!isShared(channel.kind)) this.version++;
  }

  channelNamed(name) {
    return this.channels.get(this.numbers.get(name));
  }

  // ---- people

  updatePeople(frame, shown) {
    for (const [id, code, reason] of frame.gone ?? []) this.leave(id, code, reason, shown);
    for (const row of frame.people ?? []) this.join(row, shown);
    for (const id of frame.back ?? []) {
      const person = this.people.get(id);
      if (!person) continue;
      if (!person.isHere) this.join(rowOf(person), shown);
      if (!shown.back.includes(id)) shown.back.push(id);
    }
    const waiting = new Map(frame.waiting ?? []);
    for (const [id, person] of this.people) {
      person.waiting = person.isHere ? (waiting.get(id) ?? 0) : 0;
      if (person.isHere || this.now - person.leftAt <= AWAY_MS) continue;
      this.people.delete(id);
      this.version++;
    }
    this.assignLanes();
  }

  join([id, user, name, role, channels, nodes = []], shown) {
    const before = this.people.get(id);
    if (!before?.isHere || before.name !== name) this.version++;
    if (before && !before.isHere) shown.back.push(id);
    for (const number of before?.channels ?? []) this.channels.get(number)?.subscribers.delete(id);
    for (const number of channels) this.channels.get(number)?.subscribers.add(id);
    const isStaff = role !== "customer";
    const person = { id, user, name, role, isStaff, nodes, channels: new Set(channels) };
    this.people.set(id, Object.assign(person, { isHere: true, waiting: 0, code: 0, leftAt: 0 }));
  }

  // A person who leaves keeps the place for a while: a phone that reconnects must not move everybody.
  leave(id, code, reason, shown) {
    const person = this.people.get(id);
    if (!person?.isHere) return;
    Object.assign(person, { isHere: false, code, reason, leftAt: this.now });
    for (const number of person.channels) this.channels.get(number)?.subscribers.delete(id);
    shown.gone.push(id);
  }

  // Customers whose channel has a lane: as many as have a place among the subscribers, by number.
  assignLanes(capacity = this.capacity) {
    this.capacity = capacity;
    const customers = this.customers();
    const room = Math.max(0, capacity - this.staff().length);
    const shown = customers.length > room ? customers.slice(0, Math.max(0, room - 1)) : customers;
    this.ownLanes = new Set(shown.map(({ user }) => `user:${user}`));
    this.hasMoreCustomers = customers.length > shown.length;
  }

  customers() {
    return [...this.people.values()].filter(({ isStaff }) => !isStaff).sort(byUser);
  }

  staff() {
    return [...this.people.values()].filter(({ isStaff }) => isStaff).sort(byUser);
  }

  personOf(user) {
    for (const person of this.people.values()) if (person.user === user) return person;
    return undefined;
  }

  connectedCount() {
    let count = 0;
    for (const person of this.people.values()) count += person.isHere;
    return count;
  }

  // ---- counts

  count(frame) {
    let exact = 0;
    for (const [name, [messages, deliveries]] of Object.entries(frame.kinds ?? {})) {
      const kind = name === "*" ? "everyone" : name;
      if (!this.kinds.has(kind)) this.kinds.set(kind, newCounts());
      const counts = this.kinds.get(kind);
      addTo(counts.tally, this.now, messages);
      counts.total += messages;
      counts.deliveries += deliveries;
      if (kind !== "monitor") exact += messages;
    }
    const busy = new Map(frame.busy ?? []);
    for (const [id, messages] of busy) this.countChannel(id, messages);
    const sampled = new Map(); // of channels that are not among the busiest
    for (const [id] of frame.rows ?? []) {
      if (!busy.has(id)) sampled.set(id, (sampled.get(id) ?? 0) + this.perRow);
    }
    for (const [id, messages] of sampled) this.countChannel(id, messages);
    this.seen += exact;
    this.leftOut += frame.left_out ?? 0;
    addTo(this.tallies.exact, this.now, exact);
    addTo(this.tallies.sampled, this.now, frame.rows?.length ?? 0);
    addTo(this.tallies.leftOut, this.now, frame.left_out ?? 0);
    const [sampledRate, exactRate] = [this.tallies.sampled, this.tallies.exact].map((tally) =>
      this.rate(tally),
    );
    this.perRow = sampledRate > 1 && exactRate > 1.03 * sampledRate ? exactRate / sampledRate : 1;
  }

  countChannel(id, messages) {
    const channel = this.channels.get(id);
    if (channel) addTo(channel.tally, this.now, messages);
  }

  rate(tally, at = this.now) {
    return rate(tally, at, this.since);
  }

  kindRate(kind, at) {
    return this.rate(this.kinds.get(kind).tally, at);
  }

  // ---- messages

  takeRows(frame, shown) {
    (frame.rows ?? []).forEach(([channelId, type, reached, ms, sender = 0], i) => {
      const channel = this.channels.get(channelId);
      if (!channel) return;
      const details = { type: this.types[type] ?? "?", reached, ms, sender };
      const at = frame.t - frame.ms + ms;
      shown.messages.push(this.message(channel, { ...details, at, seq: frame.seq + i }));
    });
    this.takeReports(frame, shown);
    shown.messages.sort((a, b) => a.ms - b.ms);
  }

  // The monitor's own reports are not in its sample: they are drawn from their exact number.
  takeReports(frame, shown) {
    const [count = 0] = frame.kinds?.monitor ?? [];
    const channel = count && [...this.channels.values()].find(({ kind }) => kind === "monitor");
    for (let i = 0; channel && i < count; i++) {
      const ms = (frame.ms * (i + 1)) / (count + 1);
      const reached = channel.subscribers.size || 1;
      const type = i % 5 === 4 ? "stats" : "traffic";
      const details = { type, reached, ms, at: frame.t, seq: 0, sender: 0 };
      shown.messages.push(this.message(channel, details));
    }
  }

  message(channel, details) {
    const from = this.publisherOf(channel.kind, details.type, details.sender);
    const to = this.laneOf(channel, details.reached);
    const key = `${from}>${to}`;
    let edge = this.edges.get(key);
    if (!edge) {
      edge = { key, from, to, kind: channel.kind, tally: newTally() };
      this.edges.set(key, edge);
    }
    addTo(edge.tally, this.now, channel.kind === "monitor" ? 1 : this.perRow);
    const message = { channel, from, to, ...details };
    if (channel.kind !== "monitor") this.last = message;
    return message;
  }

  publisherOf(kind, type, sender) {
    if (isToAll(kind)) return "announcements";
    if (type === "chat_message") {
      const person = this.people.get(sender);
      return person?.isStaff ? "support" : "customers";
    }
    const key = BY_TYPE.get(type) ?? "other";
    if (key === "other" && !this.hasOther) {
      this.hasOther = true;
      this.version++;
    }
    return key;
  }

  takeRefusals(frame, shown) {
    const listed = frame.refused ?? [];
    const total = listed.length + (frame.refused_more ?? 0);
    addTo(this.refusals.tally, this.now, total);
    this.refusals.total += total;
    for (const [code, channel, user, ms] of listed) {
      const person = this.personOf(user);
      shown.refused.push({
        code,
        channel,
        ms,
        user,
        name: person?.name ?? user,
        person: person?.id,
        from: person?.isStaff ? "support" : "customers",
        to: channel ? this.laneOfName(channel) : null,
      });
    }
  }

  // ---- lanes: the places of channels

  publishers() {
    return PUBLISHERS.filter(
      ({ key }) =>
        (key !== "other" || this.hasOther) && (key !== "server" || !this.hidden.has("monitor")),
    );
  }

  // Customers who are here have a lane for their channel; the others of a kind share one or two.
  laneOf({ name, kind, subscribers }, reached) {
    if (this.busyLanes.includes(name)) return name;
    if (kind === "user") {
      if (this.ownLanes.has(name)) return name;
      return this.hasMoreCustomers && subscribers.size ? "user:+" : "user:…";
    }
    if (kind === "order") return reached || subscribers.size ? "order:+" : "order:…";
    return name;
  }

  // The lane that a channel would have, null if the map has none for it.
  laneOfName(name) {
    const kind = kindOf(name);
    if (isShared(kind)) {
      return this.laneOf(this.channelNamed(name) ?? { name, kind, subscribers: new Set() }, 0);
    }
    return this.numbers.has(name) ? name : null;
  }

  lanes() {
    const lanes = [];
    const add = (key, kind, size, person) => lanes.push({ key, kind, size, person });
    if (!this.hidden.has("user")) {
      for (const { user, id } of this.customers()) {
        if (this.ownLanes.has(`user:${user}`)) add(`user:${user}`, "user", "fine", id);
      }
      if (this.hasMoreCustomers) add("user:+", "user", "big");
      add("user:…", "user", "rest");
    }
    for (const name of this.busyLanes) {
      if (!this.hidden.has(kindOf(name))) add(name, kindOf(name), "big");
    }
    if (!this.hidden.has("order")) {
      add("order:+", "order", "big");
      add("order:…", "order", "rest");
    }
    for (const kind of this.kinds.keys()) {
      if (isShared(kind) || this.hidden.has(kind)) continue;
      const channels = [...this.channels.values()].filter((channel) => channel.kind === kind);
      for (const { name } of channels.sort(byName)) add(name, kind, "big");
    }
    return lanes;
  }

  // A busy channel of a shared lane gets one of its own: which channel is flooding the server?
  updateBusyLanes() {
    if (this.now - this.since < SETTLE_MS) return;
    const all = this.rate(this.tallies.exact);
    for (const { name, kind, tally } of this.channels.values()) {
      if (!isShared(kind) || this.ownLanes.has(name)) continue;
      const perSecond = this.rate(tally);
      const at = this.busyLanes.indexOf(name);
      const isBusy = perSecond > BUSY_PER_S && perSecond > all * BUSY_SHARE;
      if (at < 0 && isBusy && this.busyLanes.length < MAX_BUSY_LANES) {
        this.busyLanes.push(name);
        this.version++;
      } else if (at >= 0 && perSecond < QUIET_PER_S) {
        this.busyLanes.splice(at, 1);
        this.version++;
      }
    }
  }

  // The numbers of the people who receive what is published on a lane's channels.
  laneSubscribers(key) {
    let found = this.subscribersByLane.get(key);
    if (!found) {
      found = this.findLaneSubscribers(key);
      this.subscribersByLane.set(key, found);
    }
    return found;
  }

  findLaneSubscribers(key) {
    if (key === "*") {
      return new Set([...this.people.values()].filter(({ isHere }) => isHere).map(({ id }) => id));
    }
    if (key.endsWith(":+")) {
      const all = new Set();
      for (const channel of this.channels.values()) {
        if (channel.kind !== key.slice(0, -2) || this.ownLanes.has(channel.name)) continue;
        for (const id of channel.subscribers) all.add(id);
      }
      return all;
    }
    return this.channelNamed(key)?.subscribers ?? new Set();
  }

  kindSubscribers(kind) {
    const all = new Set();
    for (const channel of this.channels.values()) {
      if (channel.kind === kind) for (const id of this.subscribersOf(channel)) all.add(id);
    }
    return all;
  }

  subscribersOf(channel) {
    return channel.kind === "everyone" ? this.laneSubscribers("*") : channel.subscribers;
  }

  // How many channels of a kind without a lane of their own have subscribers, and how many have not.
  sharedChannels(kind) {
    const counts = { followed: 0, unfollowed: 0 };
    for (const channel of this.channels.values()) {
      if (channel.kind !== kind) continue;
      const lane = this.laneOf(channel, 0);
      if (lane === `${kind}:+`) counts.followed++;
      else if (lane === `${kind}:…`) counts.unfollowed++;
    }
    return counts;
  }

  // How many channels the lanes stand for; everyone is none.
  shownChannelCount() {
    let count = 0;
    for (const { id, kind } of this.channels.values()) count += id !== 0 && !this.hidden.has(kind);
    return count;
  }

  // Messages per second of a lane: exact if the server counts it, else its part of the kind's count.
  laneRate(key, kind, at) {
    if (!isShared(kind)) {
      let count = 0;
      for (const channel of this.channels.values()) count += channel.kind === kind;
      if (count === 1) return this.kindRate(kind, at);
    }
    const channel = this.channelNamed(key);
    if (channel) return this.rate(channel.tally, at);
    let [own, all] = [0, 0];
    for (const edge of this.edges.values()) {
      if (edge.kind !== kind) continue;
      const perSecond = this.rate(edge.tally, at);
      all += perSecond;
      if (edge.to === key) own += perSecond;
    }
    return all ? (this.kindRate(kind, at) * own) / all : 0;
  }

  publisherRate(key, at) {
    let sum = 0;
    for (const edge of this.edges.values()) if (edge.from === key) sum += this.rate(edge.tally, at);
    return sum;
  }

  // Forget edges that are no longer used, so that memory does not grow with customers that left.
  prune(at) {
    for (const [key, edge] of this.edges) {
      if (this.rate(edge.tally, at) < 0.002) this.edges.delete(key);
    }
  }
}

function newCounts() {
  return { tally: newTally(), total: 0, deliveries: 0 };
}

function rowOf({ id, user, name, role, channels, nodes }) {
  return [id, user, name, role, [...channels], nodes];
}
