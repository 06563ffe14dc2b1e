// The layer above: what moves.  Drawn in every frame while something moves.
import { REFUSED } from "./model.js";
import { easeInOut, easeOut, pointAt, trace } from "./paths.js";
import { DOOR, timing } from "./scene.js";
import { fillDisc } from "./theme.js";

const { HOP_TO_ALL_MS, CAPTION_MS, DEBRIS_MS } = timing;
const LABEL_FONT = [11.5, 600];

export class LiveLayer {
  constructor(map, pen) {
    this.map = map;
    this.pen = pen;
    this.spot = [0, 0, 1, 0];
  }

  get scene() {
    return this.map.scene;
  }

  get layout() {
    return this.map.layout;
  }

  get theme() {
    return this.map.theme;
  }

  draw() {
    const { map, pen, scene } = this;
    const { x } = pen;
    map.clear(x);
    x.lineCap = x.lineJoin = "round";
    for (const note of scene.notes) if (note.fanOut) this.drawFan(note);
    this.drawTrails();
    this.drawDots();
    this.drawDoors();
    for (const publisher of map.publishers) this.drawPublisher(publisher);
    for (const lane of map.lanes.values()) this.drawLane(lane);
    for (const [id, spot] of this.layout.people) this.drawPerson(id, spot);
    if (this.layout.others) this.drawOthers(this.layout.others);
    if (this.layout.isNarrow) this.drawRowHeads();
    this.drawRings();
    this.drawDebris();
    for (const note of scene.notes) this.drawNote(note);
    if (scene.caption) this.drawCaption(scene.caption);
    this.drawPointedDot();
  }

  // ---- dots and their light

  drawTrails() {
    const { x } = this.pen;
    const { focus } = this.map;
    const { u } = this.layout;
    for (const trail of this.scene.trails) {
      const isDimmed = focus.current && !focus.matches(trail.message, focus.current);
      const strength = this.scene.trailStrength(trail) * (isDimmed ? focus.dimmed : 1);
      trace(x, trail.path, trail.doneAt ? 1 : trail.progress);
      if (trail.toAll) {
        x.strokeStyle = this.theme.rgba(trail.kind, (this.theme.isDark ? 0.16 : 0.12) * strength);
        x.lineWidth = 6 * u;
        x.stroke();
      }
      x.strokeStyle = this.theme.rgba(trail.kind, (trail.toAll ? 0.75 : 0.34) * strength);
      x.lineWidth = (trail.toAll ? 1.5 : 1.3) * u;
      x.stroke();
    }
  }

  drawDots() {
    const { x } = this.pen;
    const { dots } = this.scene;
    const { focus, ratio } = this.map;
    const target = focus.current;
    const { u } = this.layout;
    const { spot } = this;
    // Many dots are smaller: 200 at full size, 700 at 70 %.
    const size = 1 - 0.3 * Math.min(1, Math.max(0, (dots.length - 200) / 500));
    for (const dot of dots) {
      if (dot.progress < 0) continue;
      const p = dotPosition(dot);
      let alpha = dotAlpha(dot);
      if (target && (dot.hop === 3 || !focus.matches(dot.message, target))) alpha *= focus.dimmed;
      pointAt(dot.path, p, spot);
      const sprite = this.theme.dot(dot.kind);
      const k = dot.size * size * ratio;
      x.globalAlpha = alpha * (dot.kind === "monitor" ? 0.5 : 1);
      if (dot.hop === 3) {
        x.setTransform(k, 0, 0, k, spot[0] * ratio, spot[1] * ratio);
      } else {
        // The tail grows as the dot leaves its place.
        const grown = k * (0.35 + 0.65 * Math.min(1, (p * dot.path.length) / (20 * u)));
        const [px, py, cos, sin] = spot;
        x.setTransform(cos * grown, sin * grown, -sin * k, cos * k, px * ratio, py * ratio);
      }
      x.drawImage(sprite, -sprite.ox, -sprite.oy, sprite.w, sprite.h);
    }
    x.setTransform(ratio, 0, 0, ratio, 0, 0);
    x.globalAlpha = 1;
  }

  // What goes to everybody fills the space that it crosses, for as long as it travels.
  drawFan({ fanOut, at, life }) {
    if (this.layout.isNarrow || !fanOut.first) return;
    const upper = this.scene.path(fanOut.lane, fanOut.first);
    const lower = this.scene.path(fanOut.lane, fanOut.last);
    const age = this.scene.clock - at;
    const strength =
      Math.min(1, age / (HOP_TO_ALL_MS * 0.9)) * Math.min(1, Math.max(0, (life - age) / 1800));
    const alpha = strength * (this.theme.isDark ? 0.2 : 0.16);
    if (!upper || !lower || alpha <= 0) return;
    const { x } = this.pen;
    const gradient = x.createLinearGradient(upper.a.x, 0, this.layout.subscriberX, 0);
    gradient.addColorStop(0, this.theme.faint(fanOut.kind, alpha * 1.6));
    gradient.addColorStop(0.45, this.theme.faint(fanOut.kind, alpha * 0.7));
    gradient.addColorStop(1, this.theme.faint(fanOut.kind, 0));
    x.fillStyle = gradient;
    trace(x, upper);
    const { a, b, c1, c2, end } = lower;
    x.lineTo(b.x, b.y);
    x.lineTo(end.x, end.y);
    x.bezierCurveTo(c2.x, c2.y, c1.x, c1.y, a.x, a.y);
    x.fill();
  }

  // ---- places

  drawDoors() {
    const { x, u } = this.pen;
    for (const [key] of this.scene.heat) {
      if (typeof key !== "string" || !key.startsWith(DOOR)) continue;
      const warmth = this.scene.warmth(key, 2600);
      const spot = warmth > 0.02 && this.scene.doorPlace(key);
      if (!spot) continue;
      x.strokeStyle = this.theme.rgba(REFUSED, warmth);
      x.lineWidth = 2 * u;
      x.beginPath();
      if (this.layout.isNarrow) {
        x.moveTo(spot.x - 15 * u, spot.y + 5 * u);
        x.lineTo(spot.x + 15 * u, spot.y + 5 * u);
      } else {
        x.moveTo(spot.x + 5 * u, spot.y - 13 * u);
        x.lineTo(spot.x + 5 * u, spot.y + 13 * u);
      }
      x.stroke();
    }
  }

  drawPublisher({ key, icon }) {
    const { pen, theme, scene } = this;
    const { x, u } = pen;
    const spot = this.layout.publishers.get(key);
    const isOn = this.map.focus.matchesPublisher(key);
    const warmth = scene.warmth(key) * (isOn ? 1 : 0.15);
    const kind = scene.heat.get(key)?.kind;
    const r = 14 * u;
    fillDisc(x, spot.x, spot.y, r, theme.rgba("paper", 1));
    fillDisc(x, spot.x, spot.y, r, theme.rgba("soft", 1));
    if (warmth > 0.02) fillDisc(x, spot.x, spot.y, r, theme.rgba(kind, 0.16 * warmth));
    x.lineWidth = 1.2;
    x.strokeStyle = theme.rgba("line", 1);
    x.stroke();
    if (warmth > 0.02) {
      x.strokeStyle = theme.rgba(kind, warmth * 0.9);
      x.lineWidth = 1.5 * u;
      x.stroke();
    }
    pen.icon(icon, spot.x, spot.y, 17, "quiet", isOn ? 1 : 0.35);
  }

  drawLane(lane) {
    const { theme, scene } = this;
    const { x, u } = this.pen;
    const spot = this.layout.lanes.get(lane.key);
    if (!spot) return;
    const isOn = this.map.focus.matchesLane(lane.key);
    const warmth = scene.warmth(lane.key);
    const lasting = scene.warmth(lane.key, 9000);
    lane.radius += (lane.wanted - lane.radius) * 0.08;
    const r = lane.radius * u;
    const isFine = lane.size === "fine";
    if (isOn) this.drawHalo(lane.kind, spot, r + (isFine ? 7 : 13) * u, warmth);
    fillDisc(x, spot.x, spot.y, r, theme.rgba("paper", 1));
    x.globalAlpha = isOn ? 1 : 0.25;
    if (lane.size === "rest") {
      x.fillStyle = theme.rgba(lane.kind, 0.1 + 0.2 * warmth);
      x.fill();
      this.strokeDashed(theme.rgba(lane.kind, 0.75), 1.2 * u, 2.5 * u);
    } else {
      x.fillStyle = theme.rgba(lane.kind, 0.18 + 0.72 * Math.max(warmth, lasting * 0.8));
      x.fill();
      x.strokeStyle = theme.rgba(lane.kind, 0.9);
      x.lineWidth = (isFine ? 1 : 1.4) * u;
      x.stroke();
    }
    x.globalAlpha = 1;
    if (this.layout.isNarrow) this.labelLane(lane, spot);
  }

  // On a phone the words of a channel kind are above the dots, which pass below them.
  labelLane(lane, spot) {
    const { pen, theme } = this;
    const { u } = pen;
    const options = { size: 11, tone: theme.colors.quiet, align: "center", outlined: true };
    pen.chip(lane.kind, lane.kind, spot.x, spot.y + 36 * u, { align: "center" });
    pen.text(this.map.perSecond(lane.rate), spot.x, spot.y + 54 * u, options);
  }

  drawHalo(kind, { x: px, y: py }, r, warmth) {
    if (warmth <= 0.03) return;
    const { x } = this.pen;
    x.globalAlpha = warmth;
    x.drawImage(this.theme.halo(kind), px - r, py - r, 2 * r, 2 * r);
    x.globalAlpha = 1;
  }

  strokeDashed(style, width, dash) {
    const { x } = this.pen;
    x.setLineDash([dash, dash]);
    x.strokeStyle = style;
    x.lineWidth = width;
    x.stroke();
    x.setLineDash([]);
  }

  drawPerson(id, spot) {
    const { map, scene } = this;
    const person = map.model.people.get(id);
    if (!person) return;
    const isOn = map.focus.matchesPerson(id);
    const warmth = person.isHere && isOn ? scene.warmth(id, 1100) : 0;
    const kind = scene.heat.get(id)?.kind;
    if (this.layout.isNarrow) this.drawAvatar(person, spot, { isOn, warmth, kind });
    else this.drawRow(person, spot, { isOn, warmth, kind });
  }

  drawRow(person, spot, { isOn, warmth, kind }) {
    const { theme, pen } = this;
    const { x, u } = pen;
    if (person.waiting > 4) this.drawQueue(person, spot);
    this.drawHalo(kind, spot, 11 * u, warmth);
    fillDisc(x, spot.x, spot.y, 3.8 * u, theme.rgba("paper", 1));
    if (person.isHere) {
      if (warmth > 0.03) {
        x.fillStyle = theme.rgba(kind, warmth);
        x.fill();
      }
      x.strokeStyle = warmth > 0.2 ? theme.rgba(kind, 0.9) : theme.rgba("quiet", isOn ? 0.55 : 0.2);
      x.lineWidth = 1.1 * u;
      x.stroke();
      const name = this.map.shownName(person);
      const alpha = Math.min(1, warmth * 1.3);
      if (warmth > 0.03) pen.text(name, spot.x + 14 * u, spot.y, { size: 12.5, alpha });
    } else {
      this.strokeDashed(theme.rgba("quiet", 0.6), u, 2 * u);
    }
    this.drawPersonNote(person, spot);
  }

  // Beside the name: how full the queue is, or that somebody left or came back.
  drawPersonNote(person, spot) {
    const { pen, scene, map } = this;
    const { u } = pen;
    if (person.waiting > 30) {
      const tone = person.waiting > 75 ? REFUSED : "warn";
      person.note = { text: `${person.waiting} %`, tone, at: scene.clock };
    }
    const { note } = person;
    if (!note) return;
    const age = scene.clock - note.at;
    const life = person.isHere ? 1600 : Infinity;
    if (age > life) {
      person.note = null;
      return;
    }
    const aside = map.personAside(person);
    const left =
      spot.x +
      21 * u +
      pen.width(map.shownName(person), 12.5) +
      (aside ? pen.width(aside, 11) + 7 * u : 0);
    const alpha = Math.min(1, (life - age) / 500);
    const tone = note.tone === "monitor" ? this.theme.colors.quiet : this.theme.wordColor(note.tone);
    pen.text(note.text, left, spot.y, { size: 11, tone, alpha });
  }

  drawQueue(person, spot) {
    const { x, u } = this.pen;
    const { theme } = this;
    const tone = person.waiting > 75 ? REFUSED : person.waiting > 40 ? "warn" : "user";
    const count = Math.ceil(person.waiting / 10);
    for (let i = 0; i < count; i++) {
      const px = spot.x - (10 + i * 6.4) * u;
      fillDisc(x, px, spot.y, 3.4 * u, theme.rgba("paper", 0.9));
      fillDisc(x, px, spot.y, 2.7 * u, theme.rgba(tone, 0.95 - i * 0.03));
    }
    x.strokeStyle = theme.rgba(tone, 0.9);
    x.lineWidth = 1.8 * u;
    x.beginPath();
    const turn = 2 * Math.PI * Math.min(1, person.waiting / 100);
    x.arc(spot.x, spot.y, 6.6 * u, -Math.PI / 2, -Math.PI / 2 + turn);
    x.stroke();
  }

  drawOthers(spot) {
    const { theme, pen, scene } = this;
    const { x, u } = pen;
    const { isNarrow, rowHeight } = this.layout;
    const warmth = scene.warmth("others", 1100);
    const r = isNarrow ? Math.min(15 * u, rowHeight * 0.36) : 5.5 * u;
    fillDisc(x, spot.x, spot.y, r, theme.rgba("paper", 1));
    const kind = scene.heat.get("others")?.kind;
    x.fillStyle = warmth > 0.03 ? theme.rgba(kind, warmth * 0.8) : theme.rgba("soft", 1);
    x.fill();
    this.strokeDashed(theme.rgba("quiet", 0.6), 1.1 * u, 2.5 * u);
    if (!isNarrow) return;
    const words = `+${this.map.number(spot.count)}`;
    pen.text(words, spot.x, spot.y, { size: 10.5, align: "center", tone: theme.colors.quiet });
  }

  drawAvatar(person, spot, { isOn, warmth, kind }) {
    const { theme, pen } = this;
    const { x, u } = pen;
    const r = Math.min(15 * u, this.layout.rowHeight * 0.36);
    this.drawHalo(kind, spot, r + 9 * u, warmth);
    fillDisc(x, spot.x, spot.y, r, theme.rgba("paper", 1));
    x.fillStyle = theme.rgba("soft", 1);
    x.fill();
    if (warmth > 0.03) {
      x.fillStyle = theme.rgba(kind, 0.75 * warmth);
      x.fill();
    }
    const style = warmth > 0.2 ? theme.rgba(kind, 0.9) : theme.rgba("line", 1);
    if (person.isHere) {
      x.strokeStyle = style;
      x.lineWidth = 1.2;
      x.stroke();
    } else {
      this.strokeDashed(style, 1.2, 2);
    }
    const alpha = person.isHere && isOn ? 0.85 : 0.3;
    if (!person.isStaff) {
      pen.text(initials(person.name), spot.x, spot.y, { size: 11, align: "center", alpha });
    } else {
      const icon = person.role === "agent" ? "support_agent" : "monitoring";
      pen.icon(icon, spot.x, spot.y, 16, "quiet", alpha);
    }
    if (person.waiting > 4) this.drawQueueRing(person, spot, r + 3 * u);
  }

  drawQueueRing(person, spot, r) {
    const { x, u } = this.pen;
    const tone = person.waiting > 75 ? REFUSED : person.waiting > 40 ? "warn" : "user";
    x.strokeStyle = this.theme.rgba(tone, 0.9);
    x.lineWidth = 2 * u;
    x.beginPath();
    const turn = 2 * Math.PI * Math.min(1, person.waiting / 100);
    x.arc(spot.x, spot.y, r, -Math.PI / 2, -Math.PI / 2 + turn);
    x.stroke();
  }

  drawRowHeads() {
    const { map, pen } = this;
    const { u, channelY, subscriberY } = this.layout;
    const options = { size: 13, weight: 700, outlined: true, measured: true };
    pen.text(map.text("channels"), 2, channelY - 56 * u, options);
    const width = pen.text(map.text("subscribers"), 2, subscriberY - 12 * u, options);
    const tone = map.theme.colors.quiet;
    const left = 2 + width + 8 * u;
    pen.text(map.connectedText(), left, subscriberY - 12 * u, { size: 13, tone, outlined: true });
  }

  // ---- what appears for a while

  drawRings() {
    const { x, u } = this.pen;
    for (const { place, kind, from, until, life, width, at } of this.scene.rings) {
      const p = (this.scene.clock - at) / life;
      const spot = this.scene.placeOf(place);
      if (p < 0 || !spot) continue;
      x.strokeStyle = this.theme.rgba(kind, (1 - p) ** 1.6 * 0.8);
      x.lineWidth = width * u * (1 - 0.6 * p);
      x.beginPath();
      x.arc(spot.x, spot.y, (from + (until - from) * easeOut(p)) * u, 0, 2 * Math.PI);
      x.stroke();
    }
  }

  drawDebris() {
    const { x, u } = this.pen;
    for (const { x: px, y: py, vx, vy, at } of this.scene.debris) {
      const t = (this.scene.clock - at) / 1000;
      const style = this.theme.rgba(REFUSED, (1 - (t * 1000) / DEBRIS_MS) * 0.9);
      fillDisc(x, px + vx * t, py + vy * t + 160 * t * t, 2.6 * u * (1 - t / 1.4), style);
    }
  }

  drawNote(note) {
    const age = this.scene.clock - note.at;
    const alpha = Math.min(1, age / 120, (note.life - age) / 500);
    if (note.fanOut) this.drawFanCount(note, alpha);
    else if (note.door) this.drawRefusalNote(note, alpha);
    else this.drawPlainNote(note, age, alpha);
  }

  drawPlainNote({ text, place, kind, life }, age, alpha) {
    const { u } = this.pen;
    const spot = this.scene.placeOf(place);
    if (!spot) return;
    const rise = 10 * u * easeOut(Math.min(1, age / life));
    const tone = this.theme.wordColor(kind);
    const options = { size: 11.5, weight: 600, tone, alpha };
    this.pen.text(text, spot.x + 16 * u, spot.y - 14 * u - rise, options);
  }

  // How many of all have received it, counted as the dots arrive.
  drawFanCount(note, alpha) {
    const { fanOut } = note;
    if (!fanOut.landed) return;
    note.countedAt ??= this.scene.clock;
    const { pen } = this;
    const { u } = pen;
    const spot = this.scene.placeOf(fanOut.lane);
    if (!spot) return;
    const { isNarrow } = this.layout;
    const px = isNarrow ? Math.min(spot.x - 20 * u, this.layout.width - 190 * u) : spot.x + 22 * u;
    const py = isNarrow ? spot.y - 46 * u : spot.y + 27 * u;
    const seen = Math.min(alpha, (this.scene.clock - note.countedAt) / 160);
    const big = { size: 26, weight: 600, tone: this.theme.color(fanOut.kind), alpha: seen };
    const landed = this.map.number(fanOut.landed);
    const width = pen.text(landed, px, py, { ...big, outlined: true, measured: true });
    const words = this.map.count("ofReceived", fanOut.total);
    pen.text(words, px + width + 7 * u, py + 4 * u, { size: 13, alpha: seen, outlined: true });
  }

  drawRefusalNote({ door, refusal, count, line }, alpha) {
    const { pen } = this;
    const { u } = pen;
    const spot = this.scene.doorPlace(door);
    if (!spot) return;
    const code = refusal.code + (count > 1 ? ` ×${count}` : "");
    const shown = this.map.text(refusal.channel ? "askedFor" : "asked", { ...refusal, code });
    const width = pen.width(shown, ...LABEL_FONT) + 14 * u;
    // Above the bar, where neither the diamond nor the words of the channel are.
    const { isNarrow, publisherY } = this.layout;
    const left = isNarrow ? spot.x - width / 2 : spot.x + 6 * u - width;
    // On a phone one below the other, whichever channel each is for: they are wider than the doors.
    const top = isNarrow ? publisherY + (20 + 21 * (line % 3)) * u : spot.y - (34 + line * 21) * u;
    this.drawLabel(shown, REFUSED, left, top, alpha);
  }

  // Words in a box, within the picture.
  drawLabel(words, kind, wantedLeft, top, alpha) {
    const { x, u } = this.pen;
    const height = 19 * u;
    const width = this.pen.width(words, ...LABEL_FONT) + 14 * u;
    const left = Math.max(2, Math.min(wantedLeft, this.layout.width - width - 2));
    x.globalAlpha = alpha;
    x.beginPath();
    x.roundRect(left, top, width, height, 5 * u);
    x.fillStyle = this.theme.rgba("paper", 0.96);
    x.fill();
    x.strokeStyle = this.theme.rgba(kind, 0.55);
    x.lineWidth = 1;
    x.stroke();
    const [size, weight] = LABEL_FONT;
    const tone = kind === REFUSED ? this.theme.wordColor(REFUSED) : this.theme.colors.ink;
    this.pen.text(words, left + 7 * u, top + height / 2, { size, weight, tone });
    x.globalAlpha = 1;
  }

  // One message at a time carries its type along, so that the map explains itself.
  drawCaption({ message, dot, place, text, at }) {
    const { focus } = this.map;
    if (focus.current && !focus.matches(message, focus.current)) return;
    const { u } = this.pen;
    const { isNarrow, rail } = this.layout;
    const age = this.scene.clock - at;
    let px, py;
    let alpha = Math.min(1, age / 140);
    if (dot) {
      const p = easeInOut(Math.min(1, Math.max(0, dot.progress)));
      pointAt(dot.path, p, this.spot);
      [px, py] = this.spot;
      // Not over the icon where it starts, nor over the words beside its channel.
      const { length } = dot.path;
      const untilRail = isNarrow ? 1 : (1 - (rail + 30 * u) / length - p) * 12;
      alpha *= Math.max(0, Math.min(1, (p * length - 46 * u) / 30, untilRail));
    } else {
      const spot = this.scene.placeOf(place);
      if (!spot) return;
      ({ x: px, y: py } = spot);
      alpha = Math.min(1, age / 120, (CAPTION_MS - age) / 350);
    }
    if (alpha <= 0) return;
    const isBeside = !dot && !isNarrow;
    const width = this.pen.width(text, ...LABEL_FONT) + 14 * u;
    const left = isBeside ? px + 30 * u : px - width / 2;
    const top = py - (isBeside ? 26 : 33) * u;
    this.drawLabel(text, message.channel.kind, left, top, alpha);
  }

  drawPointedDot() {
    const { pointer } = this.map;
    const dot = pointer.dot();
    if (!dot) return;
    const { x, u } = this.pen;
    pointAt(dot.path, easeInOut(Math.min(1, dot.progress)), this.spot);
    x.strokeStyle = this.theme.rgba("ink", 0.8);
    x.lineWidth = 1.4 * u;
    x.beginPath();
    x.arc(this.spot[0], this.spot[1], 8 * u, 0, 2 * Math.PI);
    x.stroke();
    pointer.moveTip(this.spot[0], this.spot[1]);
  }
}

// How far a dot is on its path.  A refused one turns back half way in its time.
function dotPosition({ hop, progress }) {
  if (hop !== 3) return easeInOut(Math.min(1, progress));
  return progress < 0.5 ? easeOut(progress * 2) : 1 - 0.55 * ((progress - 0.5) * 2) ** 1.4;
}

// How visible it is: it fades where nobody receives it, or after it was refused.
function dotAlpha({ hop, progress, fades }) {
  return (fades || hop === 3) && progress > 0.7 ? Math.max(0, (1 - progress) / 0.3) : 1;
}

function initials(name) {
  return name
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join("");
}
