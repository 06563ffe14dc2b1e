// Paths of dots: soft S-curves, with points at even distances.  Pure.
import { clamp } from "./layout.js";

const STEPS = 44; // points of a path: a dot's place is one look into a table
const FINE_STEPS = 72;

export const easeInOut = (p) => p - 0.11 * Math.sin(2 * Math.PI * p);
export const easeOut = (p) => 1 - (1 - p) ** 2.2;

// From a to b; the last `rail` pixels are straight.  A point is four numbers: x, y, and the cosine
// and sine of the direction.
export function makePath(a, b, rail = 0, axis = "x") {
  const isHorizontal = axis === "x";
  const end = isHorizontal ? { x: b.x - rail, y: b.y } : { x: b.x, y: b.y - rail };
  const half = isHorizontal ? (end.x - a.x) / 2 : (end.y - a.y) / 2;
  const c1 = isHorizontal ? { x: a.x + half, y: a.y } : { x: a.x, y: a.y + half };
  const c2 = isHorizontal ? { x: end.x - half, y: end.y } : { x: end.x, y: end.y - half };
  const path = { a, b, c1, c2, end, rail };
  const fine = [];
  for (let i = 0; i <= FINE_STEPS; i++) {
    const t = i / FINE_STEPS;
    const k = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t ** 3];
    fine.push([
      k[0] * a.x + k[1] * c1.x + k[2] * c2.x + k[3] * end.x,
      k[0] * a.y + k[1] * c1.y + k[2] * c2.y + k[3] * end.y,
    ]);
  }
  if (rail) fine.push([b.x, b.y]);
  return Object.assign(path, resample(fine));
}

function resample(fine) {
  const sums = [0];
  for (let i = 1; i < fine.length; i++) {
    sums.push(sums[i - 1] + Math.hypot(fine[i][0] - fine[i - 1][0], fine[i][1] - fine[i - 1][1]));
  }
  const length = sums.at(-1) || 1;
  const points = new Float32Array((STEPS + 1) * 4);
  for (let i = 0, j = 1; i <= STEPS; i++) {
    const wanted = (length * i) / STEPS;
    while (j < fine.length - 1 && sums[j] < wanted) j++;
    const [x0, y0] = fine[j - 1];
    const [x1, y1] = fine[j];
    const part = (wanted - sums[j - 1]) / (sums[j] - sums[j - 1] || 1);
    const distance = Math.hypot(x1 - x0, y1 - y0) || 1;
    points.set(
      [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part, (x1 - x0) / distance, (y1 - y0) / distance],
      4 * i,
    );
  }
  return { points, length };
}

// Write the place and direction at p (0 to 1) into `out`; allocates nothing.
export function pointAt(path, p, out) {
  const step = clamp(p, 0, 1) * STEPS;
  const i = Math.min(STEPS - 1, step | 0);
  const rest = step - i;
  const { points } = path;
  const k = 4 * i;
  out[0] = points[k] + (points[k + 4] - points[k]) * rest;
  out[1] = points[k + 1] + (points[k + 5] - points[k + 1]) * rest;
  out[2] = points[k + 2];
  out[3] = points[k + 3];
  return out;
}

// Trace the path on a canvas, as far as p.
export function trace(x, path, p = 1) {
  const { a, b, c1, c2, end, rail, points } = path;
  x.beginPath();
  x.moveTo(a.x, a.y);
  if (p >= 1) {
    x.bezierCurveTo(c1.x, c1.y, c2.x, c2.y, end.x, end.y);
    if (rail) x.lineTo(b.x, b.y);
    return;
  }
  const last = Math.max(1, Math.round(p * STEPS));
  for (let i = 1; i <= last; i++) x.lineTo(points[4 * i], points[4 * i + 1]);
}
