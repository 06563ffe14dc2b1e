// The HTML around the picture: legend, filters, speed, what is chosen, empty states and the table.
import { KINDS, REFUSED } from "./model.js";
import { button, chip, element, fragment } from "./elements.js";
import { sampleCircle } from "./rates.js";

const QUIET_AFTER_MS = 12_000;
const MAX_TABLE_NAMES = 5;

export class Controls {
  constructor(map, host) {
    this.map = map;
    this.host = host;
    this.base = element("canvas", "base");
    this.live = element("canvas", "live");
    this.live.tabIndex = 0;
    this.live.role = "img";
    this.tip = element("div", "tip");
    this.tip.hidden = true;
    this.scale = element("div", "scale");
    this.chosen = element("div", "chosen");
    this.notice = element("div", "notice");
    this.playback = element("div", "playback");
    this.recent = element("div", "recent");
    this.announcer = element("div", "unseen");
    this.announcer.role = "status";
    this.chosen.hidden = this.notice.hidden = this.playback.hidden = true;
    const dock = element("div", "dock", this.playback, this.chosen);
    this.stage = element("div", "stage", this.base, this.live, this.scale, dock);
    this.stage.append(this.notice, this.tip);
    this.tablePanel = element("div", "table-panel");
    this.tablePanel.hidden = true;
    this.tablePanel.tabIndex = 0;
    this.buildBar();
    const picture = element("div", "picture", this.stage, this.tablePanel);
    host.replaceChildren(this.bar, picture, this.recent, this.announcer);
  }

  buildBar() {
    const { map } = this;
    this.legend = new Map();
    const kinds = element("div", "legend");
    kinds.role = "group";
    for (const kind of [...KINDS, REFUSED]) {
      const mark = element("i", kind === REFUSED ? "diamond" : "");
      const label = element("span", "kind-name");
      const rate = element("span", "rate");
      const entry = button("kind", "", () => map.toggleKind(kind));
      entry.style.setProperty("--tone", `var(--${kind})`);
      entry.append(mark, label, rate);
      kinds.append(entry);
      this.legend.set(kind, { entry, label, rate });
    }
    this.typeSelect = element("select");
    this.typeSelect.addEventListener("change", () => map.filterByType(this.typeSelect.value));
    this.focusSelect = element("select");
    this.focusSelect.addEventListener("change", () => map.focusOn(this.focusSelect.value));
    this.slowToggle = button("toggle", "", () => map.toggleSlow());
    this.tableToggle = button("toggle", "", () => map.toggleTable());
    const controls = element("div", "controls", this.typeSelect, this.focusSelect);
    controls.append(this.slowToggle, this.tableToggle);
    this.kinds = kinds;
    this.bar = element("div", "bar", kinds, controls);
  }

  // Write all words, in the tab's language.
  relabel() {
    const { map } = this;
    const text = (name, values) => map.text(name, values);
    this.kinds.ariaLabel = text("legendLabel");
    for (const [kind, { entry, label }] of this.legend) {
      label.textContent = kind === REFUSED ? text(REFUSED) : kind;
      entry.title = text(`${kind}-legend`);
    }
    this.typeSelect.ariaLabel = text("type");
    this.focusSelect.ariaLabel = text("focus");
    this.slowToggle.textContent = text("slow");
    this.slowToggle.title = text("slowHint");
    this.tableToggle.textContent = text("table");
    this.tableToggle.title = text("tableHint");
    this.tablePanel.ariaLabel = text("tableCaption");
    this.recent.ariaLabel = text("recent");
    this.options = "";
    this.tableBody = null;
    delete this.playback.dataset.state;
  }

  announce(words) {
    this.announcer.textContent = words;
  }

  // ---- once per second

  refresh(now) {
    const { map } = this;
    for (const [kind, { entry, rate }] of this.legend) {
      const tally =
        kind === REFUSED ? map.model.refusals.tally : (map.model.kinds.get(kind)?.tally ?? null);
      const isHidden = map.isHidden(kind);
      const words = tally ? map.perSecond(map.model.rate(tally, now)) : "";
      rate.textContent = isHidden ? map.text("hidden") : words;
      entry.setAttribute("aria-pressed", String(!isHidden));
    }
    this.slowToggle.setAttribute("aria-pressed", String(map.speed < 1));
    this.tableToggle.setAttribute("aria-pressed", String(map.showsTable));
    this.refreshSelects();
    this.refreshScale(now);
    this.refreshPlayback();
    this.refreshNotice(now);
    this.refreshTable(now);
    if (map.isStill) this.refreshRecent();
    this.live.ariaLabel = map.summary(now);
  }

  refreshSelects() {
    const { map } = this;
    const { model } = map;
    const people = [...model.customers(), ...model.staff()];
    const channels = [...map.lanes.values()].filter(({ size }) => size === "big");
    const options = JSON.stringify([
      people.map(({ id, name }) => [id, name]),
      channels.map(({ key }) => key),
      model.types,
      map.typeFilter,
      map.focus.name,
    ]);
    if (options === this.options) return;
    this.options = options;
    const everyone = option("", map.text("allSubscribers"));
    const ofPeople = element("optgroup");
    ofPeople.label = map.text("subscribers");
    for (const { user, name } of people) ofPeople.append(option(`user:${user}`, `${name} · ${user}`));
    const ofChannels = element("optgroup");
    ofChannels.label = map.text("channels");
    for (const { key } of channels) {
      ofChannels.append(option(key, `${map.laneName(key)} ${map.laneAside(key)}`.trim()));
    }
    const ofPublishers = element("optgroup");
    ofPublishers.label = map.text("publishers");
    for (const { key } of map.publishers) ofPublishers.append(option(`from:${key}`, map.text(key)));
    this.focusSelect.replaceChildren(everyone, ofPeople, ofChannels, ofPublishers);
    const { name } = map.focus;
    if (name && ![...this.focusSelect.options].some(({ value }) => value === name)) {
      this.focusSelect.append(option(name, name));
    }
    this.focusSelect.value = name;
    const types = [...new Set([...model.types, map.typeFilter].filter(Boolean))].sort();
    this.typeSelect.replaceChildren(
      option("", map.text("allTypes")),
      ...types.map((type) => option(type, type)),
    );
    this.typeSelect.value = map.typeFilter;
  }

  refreshScale(now) {
    const { map } = this;
    const perDot = map.scale.value * map.model.perRow;
    const rounded = perDot < 10 ? Number(perDot.toFixed(1)) : Math.round(perDot);
    const dot = element("i", "dot");
    const words = map.model.perRow > 1 ? "dotStandsForAbout" : "dotStandsFor";
    const parts = [dot, map.count(words, rounded)];
    const leftOut = map.model.rate(map.model.tallies.leftOut, now);
    if (leftOut >= 1) {
      parts.push(` · ${map.text("leftOut", { count: map.number(Math.round(leftOut)) })}`);
    }
    const { rate, diameter } = sampleCircle(map.baseLayer.full);
    const ring = element("i", "ring");
    ring.style.setProperty("--size", `${diameter * (map.layout?.u ?? 1)}px`);
    parts.push(ring, `= ${map.text("perSecond", { rate: map.number(rate) })}`);
    const received = element("b", "", map.text("name"));
    const more = element("span", "more", element("i", "ring dashed"), map.text("deadEnd"));
    more.append(received, map.text("justReceived"));
    this.scale.replaceChildren(...parts, more);
  }

  // What a paused map has missed, or how far a replay is behind.
  refreshPlayback() {
    const { map } = this;
    const { playback } = this;
    const state = map.isPaused ? "paused" : map.replay.isRunning ? "replaying" : "";
    playback.hidden = !state;
    if (!state) return;
    const words =
      state === "paused"
        ? map.count("missed", map.replay.missedCount)
        : map.text("behind", { seconds: Math.ceil(map.replay.behindMs / 1000) });
    if (playback.dataset.state !== state) {
      playback.dataset.state = state;
      const action =
        state === "paused"
          ? button("", map.text("replay"), () => map.startReplay())
          : button("", map.text("skip"), () => map.skipReplay());
      playback.replaceChildren(element("b", "", map.text(state)), element("span"), action);
    }
    playback.querySelector("span").textContent = words;
    playback.querySelector("button").disabled = state === "paused" && !map.replay.missedCount;
  }

  // Why nothing moves.
  refreshNotice(now) {
    const { map, notice } = this;
    const { last, seen } = map.model;
    const isQuiet = now - map.messageAt > QUIET_AFTER_MS || !seen;
    notice.hidden = !(map.isLost || !map.model.isLive || isQuiet) || map.isPaused;
    if (notice.hidden) return;
    const [title, details] = this.noticeWords(now, last);
    notice.replaceChildren(element("b", "", title), element("div", "", details));
    if (!map.layout) return;
    const { isNarrow, width, u } = map.layout;
    const { publisherX, channelX, rail, publisherY, channelY } = map.layout;
    const left = isNarrow ? width / 2 : (publisherX + 16 * u + channelX - rail) / 2;
    notice.style.left = `${left}px`;
    notice.style.top = isNarrow ? `${(publisherY + channelY) / 2 - 10}px` : "50%";
  }

  noticeWords(now, last) {
    const { map } = this;
    if (map.isLost) return [map.text("lost"), map.text("stale")];
    if (!map.model.isLive) return [map.text("disconnected"), map.text("stale")];
    if (!last) return [map.text("empty"), map.text("emptyHint")];
    const seconds = map.number(Math.round((now - map.messageAt) / 1000));
    const channel = map.channelName(last.channel.name);
    return [map.text("quiet"), map.text("quietHint", { type: last.type, channel, seconds })];
  }

  refreshRecent() {
    const { map } = this;
    const lines = map.scene.recent.map((message) => {
      if (message.code) {
        const words = [message.code, message.channel, message.name].filter(Boolean).join(" · ");
        return element("div", "", chip(map.text(REFUSED), REFUSED), " ", element("b", "", words));
      }
      const time = element("time", "", map.time(message.at));
      const { name, kind } = message.channel;
      const type = element("b", "", message.type);
      const received = element("span", "", map.receivedBy(message));
      const line = element("div", "", time, " ");
      line.append(chip(map.channelName(name), kind), " ", type, " ", received);
      return line;
    });
    this.recent.replaceChildren(...lines);
  }

  // ---- what is chosen

  showChosen() {
    const { map, chosen } = this;
    const { target, name } = map.focus;
    chosen.hidden = !name;
    if (!name) return;
    const actions = [];
    if (target) {
      // The pages know a kind, but not which of its channels have a lane of their own here.
      const kind = /:[…+]$/.test(name) ? name.slice(0, -1) : "";
      const words = kind ? map.text("openKind", { kind }) : map.text("openExplorer");
      actions.push(button("", words, () => map.open({ explorer: name })));
      if (target.person || target.lane) {
        actions.push(button("", map.text("openConnections"), () => map.open({ connections: name })));
      }
    }
    const close = button("close", "✕", () => map.choose(null));
    close.ariaLabel = map.text("showAll");
    chosen.replaceChildren(this.chosenWords(target, name), ...actions, close);
  }

  chosenWords(target, name) {
    const { map } = this;
    const only = (words) => element("b", "", map.text("only", { name: words }));
    if (!target) return element("span", "", map.text("waitingFor", { name }));
    if (target.person) {
      const person = map.model.people.get(target.person);
      const count = map.count("subscriptions", person?.channels.size ?? 0);
      return fragment(only(person?.name ?? name), element("span", "", `${person?.user} · ${count}`));
    }
    if (target.publisher) return only(map.text(target.publisher));
    const lane = map.lanes.get(target.lane);
    return fragment(
      element("b", "", map.text("only", { name: "" }).trim()),
      chip(map.laneName(target.lane), lane?.kind ?? "monitor"),
      element("span", "", map.laneAside(target.lane)),
    );
  }

  // ---- the table: the same for those who cannot see the picture

  refreshTable(now) {
    const { map, tablePanel } = this;
    tablePanel.hidden = !map.showsTable;
    if (!map.showsTable) return;
    if (!this.tableBody) this.buildTable();
    const rows = this.tableRows(now);
    const { tableBody } = this;
    while (tableBody.rows.length > rows.length) tableBody.lastElementChild.remove();
    rows.forEach(([kind, ...cells], i) => {
      const row = tableBody.rows[i] ?? this.addTableRow();
      row.style.setProperty("--tone", `var(--${kind}, var(--monitor))`);
      cells.forEach((words, j) => {
        if (row.cells[j].textContent !== words) row.cells[j].textContent = words;
      });
    });
  }

  buildTable() {
    const { map } = this;
    const heads = ["channel", "ratePerSecond", "publishers", "subscribers"].map((name) => {
      const head = element("th", "", map.text(name));
      head.scope = "col";
      return head;
    });
    this.tableBody = element("tbody");
    const caption = element("caption", "unseen", map.text("tableCaption"));
    this.tablePanel.replaceChildren(
      element("table", "", caption, element("thead", "", element("tr", "", ...heads)), this.tableBody),
    );
  }

  addTableRow() {
    const head = element("th");
    head.scope = "row";
    const row = element("tr", "", head, element("td", "number"), element("td"), element("td"));
    this.tableBody.append(row);
    return row;
  }

  tableRows(now) {
    const { map } = this;
    const { model } = map;
    const publishers = new Map();
    for (const { from, to } of model.edges.values()) {
      const key = map.layout?.isNarrow ? (model.channelNamed(to)?.kind ?? to.split(":")[0]) : to;
      publishers.set(key, [...(publishers.get(key) ?? []), map.text(from)]);
    }
    const { target } = map.focus;
    const source = target?.publisher && map.text(target.publisher);
    const isOfFocus = ({ key }) =>
      map.focus.matchesLane(key, target) || (source && publishers.get(key)?.includes(source));
    const lanes = [...map.lanes.values()].filter(isOfFocus);
    const rows = lanes.map((lane) => {
      const name = `${map.laneName(lane.key)} ${map.laneAside(lane.key)}`.trim();
      const from = [...new Set(publishers.get(lane.key) ?? [])].join(", ");
      const rate = map.rateNumber(lane.rate ?? 0);
      return [lane.kind, name, rate, from, this.subscriberWords(lane)];
    });
    if (!target || target.publisher === "customers") {
      const refused = map.rateNumber(model.rate(model.refusals.tally, now));
      rows.push([REFUSED, map.text(REFUSED), refused, map.text("customers"), ""]);
    }
    return rows;
  }

  subscriberWords(lane) {
    const { map } = this;
    const ids = [...map.laneSubscribers(lane)];
    const names = ids.slice(0, MAX_TABLE_NAMES).map((id) => map.model.people.get(id)?.name ?? "");
    const more = ids.length > names.length ? ` +${map.number(ids.length - names.length)}` : "";
    return ids.length ? names.join(", ") + more : map.text("noSubscribers");
  }
}

function option(value, words) {
  const made = element("option", "", words);
  made.value = value;
  return made;
}
