// How many dots there are, which subscribers get one, and when each starts.  Pure.
import { clamp } from "./layout.js";

export const MAX_IN_FLIGHT = 800; // dots; beyond it one stands for several messages
export const FAN_OUT = 12; // dots of one message at most …
export const FAN_OUT_TO_ALL = 60; // … but if all receive it: a dark row would say "did not"
const STEPS = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000,
];
const CALM_MS = 5000;
const SLOT_MS = 100;

// How many messages one dot stands for.  Grows immediately; shrinks after five calm seconds and one
// step at a time, so that the number does not flicker.
export class DotScale {
  constructor(maxInFlight = MAX_IN_FLIGHT) {
    this.maxInFlight = maxInFlight;
    this.value = 1;
    this.calmMs = 0;
  }

  // `wanted` is how many dots would be in flight if each message had its own.
  update(wanted, ms) {
    const needed = wanted / this.maxInFlight;
    const at = STEPS.indexOf(this.value);
    if (needed > this.value) {
      this.value = STEPS.find((step) => step >= needed) ?? STEPS.at(-1);
      this.calmMs = 0;
    } else if (at > 0 && needed < STEPS[at - 1] * 0.85) {
      this.calmMs += ms;
      if (this.calmMs >= CALM_MS) {
        this.value = STEPS[at - 1];
        this.calmMs = CALM_MS - 1000;
      }
    } else {
      this.calmMs = 0;
    }
    return this.value;
  }
}

// Takes one of k messages, evenly within each kind.
export class Thinner {
  constructor() {
    this.owed = new Map();
  }

  takes(kind, k) {
    if (k <= 1) return true;
    const owed = (this.owed.get(kind) ?? 0.5) + 1 / k;
    this.owed.set(kind, owed >= 1 ? owed - 1 : owed);
    return owed >= 1;
  }
}

// Which subscribers get a dot, and the number to show where those are not all.  A subscriber with
// several connections gets several.
export function fanOut(subscribers, reached, most = FAN_OUT) {
  const dots = Math.min(reached, most);
  const count = Math.min(subscribers.length, reached);
  if (!dots) return { to: [], label: 0 };
  if (!count) return { to: [], label: reached };
  const to = [];
  if (count <= dots) {
    const total = count === 1 ? Math.min(dots, 3) : dots;
    for (let i = 0; i < total; i++) to.push(subscribers[i % count]);
  } else {
    for (let i = 0; i < dots; i++) to.push(subscribers[Math.floor(((i + 0.5) * count) / dots)]);
  }
  return { to, label: reached > to.length ? reached : 0 };
}

// When each dot starts.  What one step of a program published has one timestamp; shown as stamped,
// the dots would fly in rows.  `stamps` ascend within a window of `ms`; those of a tenth of a second
// are spread evenly over it.
export function spread(stamps, ms) {
  const out = new Float64Array(stamps.length);
  for (let i = 0; i < stamps.length; ) {
    const slot = Math.floor(stamps[i] / SLOT_MS);
    let end = i + 1;
    while (end < stamps.length && Math.floor(stamps[end] / SLOT_MS) === slot) end++;
    for (let j = i; j < end; j++) {
      const even = SLOT_MS * (slot + (j - i + 0.5) / (end - i));
      out[j] = clamp(end - i === 1 ? stamps[j] : even, 0, ms);
    }
    i = end;
  }
  return out;
}
