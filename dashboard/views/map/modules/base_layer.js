// The layer below: paths and words.  Drawn when they change, and once per second.
import { REFUSED } from "./model.js";
import { trace } from "./paths.js";
import { circleRadius, fullRate, pathWidth } from "./rates.js";
import { OTHERS } from "./scene.js";

export class BaseLayer {
  constructor(map, pen) {
    this.map = map;
    this.pen = pen;
    this.full = 30; // messages per second of the largest circle
  }

  draw(now) {
    const { map, pen } = this;
    const { x } = pen;
    this.measure(now);
    map.clear(x);
    x.lineCap = "round";
    this.drawSubscriptions();
    this.drawTraffic(now);
    this.drawRefusals(now);
    if (map.layout.isNarrow) this.labelPublisherRow();
    else this.labelColumns();
  }

  // The size of every circle: the live layer eases towards it.  The scale grows immediately, and
  // shrinks when it is much too large.
  measure(now) {
    const { model, lanes, layout } = this.map;
    let highest = 0;
    for (const lane of lanes.values()) {
      lane.rate = layout.isNarrow
        ? model.kindRate(lane.kind, now)
        : model.laneRate(lane.key, lane.kind, now);
      if (lane.size !== "fine") highest = Math.max(highest, lane.rate);
    }
    const full = fullRate(highest);
    if (full >= this.full || highest < this.full / 3) this.full = full;
    for (const lane of lanes.values()) {
      lane.wanted = circleRadius(lane.rate, this.full, lane.size);
      lane.radius ??= lane.wanted;
    }
  }

  // Who would receive: a thin line for each subscription.
  drawSubscriptions() {
    const { map } = this;
    const { theme, layout, focus, scene } = map;
    const target = focus.current;
    for (const lane of map.lanes.values()) {
      if (lane.size === "rest") continue;
      const subscribers = map.laneSubscribers(lane);
      const ends = new Set([...subscribers].map((id) => (layout.people.has(id) ? id : OTHERS)));
      const thin = Math.min(1, 2.6 / Math.sqrt(ends.size)) * (lane.kind === "everyone" ? 0.45 : 1);
      for (const id of ends) {
        const path = scene.path(lane.key, id);
        if (!path) continue;
        const isBright = focus.matchesPath(lane.key, id);
        const emphasis = (isBright && target ? 2 : thin) * (isBright ? 1 : 0.25);
        const style = theme.faint(lane.kind, (theme.isDark ? 0.24 : 0.2) * emphasis);
        this.stroke(path, style, target && isBright ? 1.2 * layout.u : 0.8);
      }
    }
  }

  // What was published: widths are exact rates, divided among the publishers as in the sample.
  drawTraffic(now) {
    const { map } = this;
    const { theme, layout, focus, model } = map;
    const dark = theme.isDark;
    for (const { from, to, kind, rate } of this.edgeRates(now)) {
      const path = map.scene.path(from, to);
      if (!path || model.hidden.has(kind)) continue;
      const isBright = focus.matchesPath(from, to);
      const isFine = map.lanes.get(to)?.size === "fine";
      const base = isFine ? (dark ? 0.13 : 0.11) : dark ? 0.22 : 0.2;
      const alpha = base * (isBright ? (focus.current ? 1.9 : 1) : 0.22);
      this.stroke(path, theme.faint(kind, alpha), pathWidth(rate, this.full) * layout.u);
    }
  }

  edgeRates(now) {
    const { model, layout } = this.map;
    const sums = new Map();
    for (const edge of model.edges.values()) {
      edge.rate = model.rate(edge.tally, now);
      sums.set(edge.to, (sums.get(edge.to) ?? 0) + edge.rate);
    }
    const merged = new Map();
    for (const { from, to, kind, rate } of model.edges.values()) {
      const sum = sums.get(to);
      const exact = sum ? (model.laneRate(to, kind, now) * rate) / sum : 0;
      const lane = layout.isNarrow ? kind : to;
      const one = merged.get(`${from}>${lane}`) ?? { from, to: lane, kind, rate: 0 };
      one.rate += exact;
      merged.set(`${from}>${lane}`, one);
    }
    return merged.values();
  }

  drawRefusals(now) {
    const { map, pen } = this;
    const { scene, model, theme } = map;
    if (model.rate(model.refusals.tally, now) < 0.02 || map.hidesRefused) return;
    const { x } = pen;
    x.setLineDash([3, 3]);
    for (const [key, path] of scene.paths) {
      if (key.includes(">door")) this.stroke(path, theme.rgba(REFUSED, 0.28), 1);
    }
    x.setLineDash([]);
  }

  stroke(path, style, width) {
    const { x } = this.pen;
    x.strokeStyle = style;
    x.lineWidth = width;
    trace(x, path);
    x.stroke();
  }

  // ---- words of the columns

  labelColumns() {
    this.drawHeads();
    const { map } = this;
    for (const publisher of map.publishers) this.labelPublisher(publisher);
    for (const lane of map.lanes.values()) if (lane.size !== "fine") this.labelLane(lane);
    this.labelFineLanes();
    for (const [id, spot] of map.layout.people) this.labelPerson(id, spot);
    const { others, u } = map.layout;
    if (!others) return;
    const words = map.count("moreSubscribers", others.count);
    this.pen.text(words, others.x + 14 * u, others.y, { size: 12.5, tone: map.theme.colors.quiet });
  }

  drawHeads() {
    const { map } = this;
    const { u, publisherX, channelX, subscriberX } = map.layout;
    const channels = map.number(map.model.shownChannelCount());
    const a = this.drawHead(map.text("publishers"), "", publisherX + 14 * u, "right");
    const b = this.drawHead(map.text("channels"), channels, channelX + 6 * u, "right");
    const c = this.drawHead(map.text("subscribers"), map.connectedText(), subscriberX - 4 * u, "left");
    this.drawArrow(a[1], b[0]);
    this.drawArrow(b[1], c[0]);
  }

  drawHead(words, aside, px, align) {
    const { pen } = this;
    const { colors } = this.map.theme;
    const { u } = pen;
    const y = 14 * u;
    const width = pen.width(words, 13, 700);
    const asideWidth = aside ? pen.width(aside, 13) + 8 * u : 0;
    const left = align === "right" ? px - width - asideWidth : px;
    pen.text(words, left, y, { size: 13, weight: 700 });
    if (aside) pen.text(aside, left + width + 8 * u, y, { size: 13, tone: colors.quiet });
    return [left, left + width + asideWidth];
  }

  drawArrow(from, to) {
    const { x, u } = this.pen;
    const y = Math.round(14 * u) + 0.5;
    const tip = to - 14 * u;
    if (tip - from < 40 * u) return;
    x.strokeStyle = this.map.theme.rgba("quiet", 0.45);
    x.lineWidth = 1;
    x.beginPath();
    x.moveTo(from + 14 * u, y);
    x.lineTo(tip, y);
    x.moveTo(tip - 5 * u, y - 3.5 * u);
    x.lineTo(tip, y);
    x.lineTo(tip - 5 * u, y + 3.5 * u);
    x.stroke();
  }

  labelPublisher({ key, types }) {
    const { map, pen } = this;
    const spot = map.layout.publishers.get(key);
    const alpha = map.focus.matchesPublisher(key) ? 1 : 0.3;
    const { u } = pen;
    const words = types.length ? types.join(" · ") : map.text(`${key}-types`);
    const right = spot.x - 24 * u;
    pen.text(map.text(key), right, spot.y - 8 * u, { size: 13, weight: 600, align: "right", alpha });
    pen.text(words, right, spot.y + 8 * u, {
      size: 11,
      tone: map.theme.colors.quiet,
      align: "right",
      alpha,
    });
  }

  labelLane(lane) {
    const { map, pen } = this;
    const spot = map.layout.lanes.get(lane.key);
    const { u } = pen;
    const right = map.layout.channelX - 30 * u;
    const alpha = map.focus.matchesLane(lane.key) ? 1 : 0.3;
    const tone = map.theme.colors.quiet;
    const { name, aside, below } = this.laneWords(lane);
    let left = right;
    if (aside) {
      pen.text(aside, left, spot.y - 13 * u, { size: 12, tone, align: "right", alpha });
      left -= pen.width(aside, 12) + 6 * u;
    }
    pen.chip(name, lane.kind, left, spot.y - 13 * u, { alpha });
    pen.text(below, right, spot.y + 11 * u, { size: 11, tone, align: "right", alpha });
  }

  laneWords({ key, kind, size, rate }) {
    const { map } = this;
    const perSecond = map.perSecond(rate);
    if (!/:[…+]$/.test(key)) {
      const subscribers = map.count("subscribersOf", map.model.laneSubscribers(key).size);
      return { name: map.laneName(key), aside: "", below: `${perSecond} · ${subscribers}` };
    }
    const { followed, unfollowed } = map.model.sharedChannels(kind);
    const count = map.count("channelCount", size === "rest" ? unfollowed : followed);
    return { name: kind, aside: map.laneAside(key), below: `${count} · ${perSecond}` };
  }

  labelFineLanes() {
    const { map, pen } = this;
    const { fineHead, channelX } = map.layout;
    if (!fineHead) return;
    const { u } = pen;
    let [rate, count] = [0, 0];
    for (const lane of map.lanes.values()) {
      if (lane.size !== "fine") continue;
      rate += lane.rate;
      count++;
    }
    const words = `${map.count("channelCount", count)} · ${map.perSecond(rate)}`;
    const right = channelX - 30 * u;
    const y = fineHead.y + 3 * u;
    pen.text(words, right, y, { size: 12, tone: map.theme.colors.quiet, align: "right" });
    pen.chip("user", "user", right - pen.width(words, 12) - 6 * u, y);
  }

  labelPerson(id, spot) {
    const { map, pen } = this;
    const person = map.model.people.get(id);
    if (!person) return;
    const { u } = pen;
    const tone = map.theme.colors.quiet;
    const alpha = (person.isHere ? 1 : 0.6) * (map.focus.matchesPerson(id) ? 1 : 0.3);
    const left = spot.x + 14 * u;
    const name = map.shownName(person);
    pen.text(name, left, spot.y, { size: 12.5, tone, alpha });
    const aside = map.personAside(person);
    if (!aside) return;
    const beside = left + pen.width(name, 12.5) + 7 * u;
    pen.text(aside, beside, spot.y, { size: 11, tone, alpha });
  }

  // ---- words of the rows of a phone; those of channels are above the dots, in the live layer

  labelPublisherRow() {
    const { map, pen } = this;
    const { u, width } = map.layout;
    const tone = map.theme.colors.quiet;
    pen.text(map.text("publishers"), 2, 12 * u, { size: 13, weight: 700 });
    for (const { key } of map.publishers) {
      const spot = map.layout.publishers.get(key);
      const px = Math.min(width - 26 * u, Math.max(26 * u, spot.x));
      const py = spot.y - (spot.isHigh ? 37 : 24) * u;
      pen.text(map.text(`${key}-short`), px, py, { size: 11, tone, align: "center" });
    }
  }
}

