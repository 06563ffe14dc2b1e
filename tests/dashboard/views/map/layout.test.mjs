import assert from "node:assert/strict";
import test from "node:test";
import { place, subscriberCapacity } from "../../../../dashboard/views/map/modules/layout.js";
import { makePath, pointAt } from "../../../../dashboard/views/map/modules/paths.js";

const SIZES = [[1172, 780], [1862, 960], [750, 700], [366, 600]];
const people = (count, staff = 2) =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, isStaff: i >= count - staff }));
const publishers = [..."abcdefghi"].map((key) => ({ key }));
const lanes = (count) => [
  ...Array.from({ length: count }, (_, i) => ({ key: `user:user_${i}`, size: "fine" })),
  { key: "user:…", size: "rest" },
  ...["order:+", "tenant:shop", "*"].map((key) => ({ key, size: "big" })),
];
const placed = (width, height, count = 28) =>
  place({ width, height, publishers, lanes: lanes(count - 2), people: people(count) });

test("everything is within the stage, in its order, and apart", () => {
  for (const [width, height] of SIZES) {
    const layout = placed(width, height);
    for (const part of ["publishers", "lanes", "people"]) {
      const spots = [...layout[part].values()];
      for (const { x, y } of spots) {
        assert.ok(x >= 0 && x <= width && y >= 0 && y <= height, `${part} in ${width} × ${height}`);
      }
      if (layout.isNarrow) continue;
      for (let i = 1; i < spots.length; i++) assert.ok(spots[i].y - spots[i - 1].y > 4, part);
    }
  }
});

test("the same people and channels have the same places", () => {
  assert.deepEqual(placed(1172, 780), placed(1172, 780));
});

test("more customers than rows share the last row, the staff never", () => {
  for (const [width, height] of SIZES) {
    const { people: shown, others } = placed(width, height, 300);

    assert.equal(shown.size + others.count, 300);
    assert.ok(shown.has(299) && shown.has(300));
    assert.equal(shown.size + 1, subscriberCapacity(width, height));
  }
});

test("as many people as there are rows all have one", () => {
  const fits = subscriberCapacity(1172, 780);

  assert.equal(placed(1172, 780, fits).people.size, fits);
  assert.equal(placed(1172, 780, fits).others, null);
});

test("a path leads from its start to its end in even steps", () => {
  const path = makePath({ x: 0, y: 0 }, { x: 400, y: 300 }, 100);
  const at = (p) => [...pointAt(path, p, [0, 0, 0, 0])].slice(0, 2);

  assert.deepEqual(at(0), [0, 0]);
  assert.ok(Math.hypot(at(1)[0] - 400, at(1)[1] - 300) < 0.01);
  const steps = Array.from({ length: 20 }, (_, i) => {
    const [a, b] = [at(i / 20), at((i + 1) / 20)];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  });
  assert.ok(Math.max(...steps) / Math.min(...steps) < 1.1);
});
