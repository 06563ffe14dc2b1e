import assert from "node:assert/strict";
import test from "node:test";
import * as budget from "../../../../dashboard/views/map/modules/budget.js";
import * as rates from "../../../../dashboard/views/map/modules/rates.js";
import { Replay } from "../../../../dashboard/views/map/modules/replay.js";

test("the area of a circle is its rate", () => {
  const r = (perSecond) => rates.circleRadius(perSecond, 30, "big");

  assert.ok(Math.abs(r(20) ** 2 / r(10) ** 2 - 2) < 1e-9);
});

test("a rate is right from the first second, and decays", () => {
  const tally = rates.newTally();
  for (let at = 250; at <= 3000; at += 250) rates.addTo(tally, at, 5);

  assert.ok(Math.abs(rates.rate(tally, 3000, 0) - 20) < 1);
  assert.ok(rates.rate(tally, 63_000, 0) < 0.5);
});

test("the scale grows immediately and shrinks slowly, a step at a time", () => {
  const scale = new budget.DotScale(800);

  assert.equal(scale.update(500, 250), 1);
  assert.equal(scale.update(3000, 250), 4);
  for (let i = 0; i < 19; i++) assert.equal(scale.update(300, 250), 4);
  assert.equal(scale.update(300, 250), 3);
});

test("one of k messages is taken, in each kind by itself", () => {
  const thinner = new budget.Thinner();
  const taken = (kind) => Array.from({ length: 100 }, () => thinner.takes(kind, 4)).filter(Boolean);

  assert.equal(taken("user").length, 25);
  assert.equal(taken("order").length, 25);
});

test("a message has a dot for each subscriber, or a number where there are too many", () => {
  const many = Array.from({ length: 26 }, (_, i) => i);

  assert.deepEqual(budget.fanOut([1, 2, 3], 0), { to: [], label: 0 });
  assert.deepEqual(budget.fanOut([1, 2], 2), { to: [1, 2], label: 0 });
  assert.deepEqual(budget.fanOut([1], 2), { to: [1, 1], label: 0 }, "two connections of one user");
  assert.deepEqual(budget.fanOut([], 3), { to: [], label: 3 }, "subscribers that are not known");
  const { to, label } = budget.fanOut(many, 26);
  assert.equal(new Set(to).size, budget.FAN_OUT);
  assert.equal(label, 26);
  assert.equal(budget.fanOut(many, 26, budget.FAN_OUT_TO_ALL).to.length, 26);
});

test("messages of one timestamp start at different times", () => {
  const times = [...budget.spread([15, 15, 15, 15, 115, 215], 250)];

  assert.deepEqual(times, [12.5, 37.5, 62.5, 87.5, 115, 215]);
  assert.ok(Math.max(...budget.spread(Array(40).fill(215), 250)) <= 250);
});

test("a replay has what was missed in its order, and what came since", () => {
  const replay = new Replay();
  const frame = (name, count) => ({ ms: 250, messages: Array(count).fill(name), refused: [] });
  replay.add(frame("missed", 2));
  replay.isRunning = true;

  assert.equal(replay.next().messages[0], "missed");
  replay.add(frame("since", 1));
  assert.equal(replay.behindMs, 250);
  assert.equal(replay.next().messages[0], "since");
  assert.equal(replay.next(), undefined);
  assert.equal(replay.isRunning, false);
});

test("a long pause keeps the newest messages, and counts all", () => {
  const replay = new Replay();
  for (let i = 0; i < 100; i++) replay.add({ ms: 250, messages: Array(100).fill(i), refused: [] });

  assert.equal(replay.missedCount, 10_000);
  assert.equal(replay.frames.at(-1).messages[0], 99);
  assert.ok(replay.keptCount <= 6000);
});
