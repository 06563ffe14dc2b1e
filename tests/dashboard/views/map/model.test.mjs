import assert from "node:assert/strict";
import test from "node:test";
import { Focus } from "../../../../dashboard/views/map/modules/focus.js";
import { TrafficModel } from "../../../../dashboard/views/map/modules/model.js";

const NAMES = { 1: "user:user_1", 2: "tenant:shop", 3: "order:ord_1", 4: "public:news", 5: "monitor:shop" };
const PEOPLE = [
  [1, "user_1", "Олена", "customer", [1, 4]],
  [2, "agent", "Підтримка", "agent", [2]],
];
const TYPES = ["cart_update", "chat_message", "new_order"];

function newModel(at = 250) {
  const model = new TrafficModel();
  model.take({ v: 1, t: 0, ms: 0, names: NAMES, people: PEOPLE, types: TYPES }, at);
  return model;
}
const frame = (fields) => ({ v: 1, t: 1000, ms: 250, seq: 7, ...fields });
const keys = (model) => model.lanes().map(({ key }) => key);

test("counts are those of the monitor, whatever the sample has", () => {
  const model = newModel();
  for (let i = 2; i < 42; i++) {
    const rows = Array(10).fill([1, 0, 1, 0]);
    const exact = { user: [40, 40], "*": [1, 9], monitor: [1, 1] };
    model.take(frame({ rows, kinds: exact, left_out: 31 }), i * 250);
  }

  assert.equal(model.kinds.get("user").total, 1600);
  assert.equal(model.kinds.get("everyone").total, 40);
  assert.equal(model.seen, 1640, "without the monitor's own");
  assert.equal(model.leftOut, 40 * 31);
  assert.ok(Math.abs(model.perRow - 4.1) < 0.1);
});

test("a message leads from the part of the shop to its channel", () => {
  const model = newModel();

  const { messages } = model.take(
    frame({ rows: [[1, 0, 1, 10], [2, 1, 1, 20, 1], [2, 1, 1, 30, 2], [4, 0, 1, 40], [3, 2, 0, 50]] }),
    500,
  );

  assert.deepEqual(
    messages.map(({ from, to, seq }) => [from, to, seq]),
    [
      ["carts", "user:user_1", 7],
      ["customers", "tenant:shop", 8],
      ["support", "tenant:shop", 9],
      ["announcements", "public:news", 10],
      ["orders", "order:…", 11],
    ],
  );
});

test("the monitor's reports are drawn from their count, once they are shown", () => {
  const model = newModel();
  assert.ok(!keys(model).includes("monitor:shop"));
  assert.ok(!model.publishers().some(({ key }) => key === "server"));

  model.hidden.clear();
  const { messages } = model.take(frame({ kinds: { monitor: [2, 2] } }), 500);

  assert.deepEqual(messages.map(({ from, to }) => [from, to]), Array(2).fill(["server", "monitor:shop"]));
  assert.ok(keys(model).includes("monitor:shop"));
});

test("who leaves keeps the place for a while, and is shown to come back", () => {
  const model = newModel();

  assert.deepEqual(model.take(frame({ gone: [[1, 4100, "evicted"]] }), 500).gone, [1]);
  assert.equal(model.people.get(1).reason, "evicted");
  assert.equal(model.channels.get(1).subscribers.size, 0);
  assert.deepEqual(model.take(frame({ back: [1] }), 750).back, [1]);
  assert.equal(model.channels.get(1).subscribers.size, 1);

  model.take(frame({ gone: [[1, 1006, "closed"]] }), 1000);
  model.take(frame({}), 20_000);
  assert.ok(model.people.has(1));
  model.take(frame({}), 22_000);
  assert.ok(!model.people.has(1));
});

test("who left and came back within one frame is shown to do both", () => {
  const { gone, back } = newModel().take(frame({ gone: [[1, 1006, "closed"]], back: [1] }), 500);

  assert.deepEqual([gone, back], [[1], [1]]);
});

test("a busy order has a lane with its name until it is quiet", () => {
  const model = newModel();
  for (let i = 2; i < 24; i++) {
    model.take(frame({ rows: [[3, 0, 0, 0]], kinds: { order: [5, 0] }, busy: [[3, 5]] }), i * 250);
  }
  assert.ok(keys(model).includes("order:ord_1"));

  for (let i = 24; i < 400; i++) model.take(frame({}), i * 250);
  assert.ok(!keys(model).includes("order:ord_1"));
});

test("a refused request turns back at the lane it asked for, or before all lanes", () => {
  const refused = [
    ["forbidden", "order:ord_9", "user_1", 100],
    ["forbidden", "tenant:other", "agent", 200],
    ["rate_limited", "", "stranger", 300],
  ];

  const shown = newModel().take(frame({ refused, refused_more: 7 }), 500).refused;

  assert.deepEqual(
    shown.map(({ from, to, name, person }) => [from, to, name, person]),
    [
      ["customers", "order:…", "Олена", 1],
      ["support", null, "Підтримка", 2],
      ["customers", null, "stranger", undefined],
    ],
  );
});

test("the number of channels is that of the lanes, those of the staff and of strangers included", () => {
  const model = newModel();
  const names = { 6: "user:agent", 7: "user:stranger", 8: "order:ord_2" };
  model.take(frame({ names, people: [[2, "agent", "Підтримка", "agent", [2, 6]]] }), 500);

  const shared = ["user", "order"].map((kind) => model.sharedChannels(kind));
  const sum = shared.reduce((total, { followed, unfollowed }) => total + followed + unfollowed, 0);
  const named = model.lanes().filter(({ key }) => !/[…+*]$/.test(key)).length;
  assert.equal(model.shownChannelCount(), 7, "neither everyone nor the hidden monitor");
  assert.equal(sum + named, 7);
});

test("refused requests that were not listed are counted", () => {
  const model = newModel();
  model.take(frame({ refused: [["forbidden", "", "user_1", 0]], refused_more: 7 }), 500);

  assert.equal(model.refusals.total, 8);
});

test("a kind, a type and a channel that it does not know are drawn", () => {
  const model = newModel();

  const { messages } = model.take(
    frame({
      v: 2, unknown: 1, names: { 9: "galaxy:far" }, types: ["hello"],
      rows: [[9, 3, 1, 0], [99, 0, 1, 0], [9, 77, 1, 5]], kinds: { galaxy: [2, 2] },
    }),
    500,
  );

  assert.deepEqual(messages.map(({ from, type }) => [from, type]), [["other", "hello"], ["other", "?"]]);
  assert.ok(keys(model).includes("galaxy:far"));
  assert.equal(model.kinds.get("galaxy").total, 2);
});

test("forgotten channels and unused edges are freed", () => {
  const model = newModel();
  model.take(frame({ rows: [[3, 0, 0, 0]] }), 500);
  model.take(frame({ forget: [3] }), 750);
  model.prune(750 + 600_000);

  assert.ok(!model.channels.has(3) && !model.numbers.has("order:ord_1"));
  assert.equal(model.edges.size, 0);
});

test("a focus finds a person, a channel or a publisher by the name in the URL", () => {
  const focus = new Focus(newModel());

  assert.deepEqual(focus.find("user:user_1"), { person: 1 });
  assert.deepEqual(focus.find("tenant:shop"), { lane: "tenant:shop" });
  assert.deepEqual(focus.find("from:carts"), { publisher: "carts" });
  assert.equal(focus.find("user:nobody"), null);
  for (const name of ["user:user_1", "tenant:shop", "from:carts", "order:…"]) {
    assert.equal(focus.nameOf(focus.find(name)), name);
  }
});

test("a focus on a person shows what the person receives or sends", () => {
  const model = newModel();
  const focus = new Focus(model);
  focus.setName("user:user_1");
  const rows = [[1, 0, 1, 0], [2, 1, 1, 0, 1], [2, 1, 1, 0, 2], [0, 0, 2, 0]];
  const { messages } = model.take(frame({ rows }), 500);

  assert.deepEqual(messages.map((message) => focus.matches(message)), [true, true, false, true]);
  assert.ok(focus.matchesPath("user:user_1", 1) && !focus.matchesPath("tenant:shop", 2));
});
