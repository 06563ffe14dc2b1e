// Rates, and the sizes that show them.  Pure: every call passes the time, in milliseconds.
import { clamp } from "./layout.js";

const HALF_LIFE_S = 10;
const FULL_RATES = [30, 60, 120, 250, 500, 1000, 2000, 5000, 10000];

export const newTally = () => ({ sum: 0, at: 0 });

// A decaying sum, from which `rate` gets messages per second with a half-life of ten seconds.
export function addTo(tally, at, count) {
  tally.sum = tally.sum * 2 ** ((tally.at - at) / 1000 / HALF_LIFE_S) + count;
  tally.at = at;
}

// `since` is when counting began: without it a new map would show a third of the rate at first.
export function rate(tally, at, since = -Infinity) {
  const known = 1 - 2 ** (-Math.max(1, (at - since) / 1000) / HALF_LIFE_S);
  const now = tally.sum * 2 ** ((tally.at - at) / 1000 / HALF_LIFE_S);
  return (now * Math.LN2) / HALF_LIFE_S / known;
}

// The rate of the largest circle: it grows by steps, so that circles can be compared over time.
export const fullRate = (highest) => FULL_RATES.find((full) => full >= highest) ?? highest;

// A circle's area is its rate.
export function circleRadius(perSecond, full, size) {
  const r = 21 * Math.sqrt(Math.min(1, perSecond / full));
  return size === "fine" ? clamp(r, 3, 5.4) : Math.max(5.5, r);
}

// A rate for the key, and the diameter of its circle.
export const sampleCircle = (full) => ({ rate: full / 5, diameter: 42 / Math.sqrt(5) });

export const pathWidth = (perSecond, full) => 0.8 + 7 * Math.sqrt(Math.min(1, perSecond / full));
