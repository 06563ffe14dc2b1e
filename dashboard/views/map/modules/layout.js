// Where publishers, channels and subscribers stand.
//
// Pure: no DOM, no canvas, no clock, no messages.  Lengths are CSS pixels.  Nothing here depends on
// traffic, so nothing moves because of it.

const NARROW_PX = 640; // below it the columns become rows, as in app.css

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const isNarrow = (width) => width < NARROW_PX;

// One unit is a pixel in a stage of 1172 × 740: the card of a window of 1440 × 900.
export function unit(width, height) {
  if (isNarrow(width)) return clamp(width / 366, 0.9, 1.3);
  return clamp(Math.min(width / 1172, height / 740), 0.78, 1.5);
}

// How many subscribers have a place of their own; of more, the last place stands for the rest.
export function subscriberCapacity(width, height) {
  const u = unit(width, height);
  if (isNarrow(width)) return PER_ROW * Math.max(1, Math.floor((height * 0.415 - 22 * u) / (38 * u)));
  return Math.max(3, Math.floor((height - 74 * u) / (14 * u)));
}
const PER_ROW = 7;

// publishers: [{key}], lanes: [{key, size: "fine" | "big" | "rest"}], people: [{id, isStaff}], in the
// order in which they are shown.  Returns the centre of each.
export function place({ width, height, publishers, lanes, people }) {
  const u = unit(width, height);
  const layout = { u, width, height, publishers: new Map(), lanes: new Map(), people: new Map() };
  layout.others = null; // the place of all subscribers without one of their own
  if (isNarrow(width)) return placeInRows(layout, publishers, lanes, people);
  return placeInColumns(layout, publishers, lanes, people);
}

function placeInColumns(layout, publishers, lanes, people) {
  const { u, width, height } = layout;
  const top = 40 * u;
  const bottom = height - 30 * u; // what is chosen stands below
  // Words do not shrink below a size that can be read, and their columns neither.
  const publisherX = Math.max(158 * u, 150);
  const subscriberX = width - Math.max(184 * u, 168);
  const rail = 132 * u; // the straight end of a path to a channel: its words are above and below
  const channelX = (publisherX + 16 * u + rail + subscriberX) / 2;
  Object.assign(layout, { isNarrow: false, axis: "x", publisherX, channelX, subscriberX, rail, top });

  const step = (bottom - top) / Math.max(1, publishers.length);
  publishers.forEach(({ key }, i) =>
    layout.publishers.set(key, { x: publisherX, y: top + step * (i + 0.5) }),
  );
  placeLanes(layout, lanes, bottom - top);
  placeSubscribers(layout, people, bottom - top);
  return layout;
}

// A lane gets the height of its size; fine ones share what is left, and the rest becomes space.
function placeLanes(layout, lanes, room) {
  const { u, top, channelX } = layout;
  const heights = { big: 54 * u, rest: 44 * u };
  const fineCount = lanes.filter(({ size }) => size === "fine").length;
  const headHeight = fineCount ? 32 * u : 0;
  const fixed = lanes.reduce((sum, { size }) => sum + (heights[size] ?? 0), headHeight);
  const pitch = fineCount ? clamp((room - fixed) / fineCount, 5 * u, 14.5 * u) : 0;
  const space =
    Math.max(0, room - fixed - pitch * fineCount) / Math.max(1, lanes.length - fineCount + 1);
  let y = top + space / 2;
  layout.pitch = pitch;
  layout.fineHead = null;
  for (const { key, size } of lanes) {
    if (size === "fine" && !layout.fineHead) {
      layout.fineHead = { x: channelX, y: y + headHeight / 2 };
      y += headHeight;
    }
    const height = size === "fine" ? pitch : heights[size] + space;
    layout.lanes.set(key, { x: channelX, y: y + height / 2, size });
    y += height;
  }
}

function placeSubscribers(layout, people, room) {
  const { u, width, height, top, subscriberX } = layout;
  const staff = people.filter(({ isStaff }) => isStaff);
  const customers = people.filter(({ isStaff }) => !isStaff);
  const gap = staff.length && customers.length ? 14 * u : 0;
  const fits = subscriberCapacity(width, height);
  const areFolded = people.length > fits;
  const rows = Math.min(people.length, fits);
  const shown = customers.slice(0, Math.max(0, rows - (areFolded ? 1 : 0) - staff.length));
  const pitch = clamp((room - gap) / Math.max(1, rows), 14 * u, 27 * u);
  layout.rowHeight = pitch;
  let y = top + (room - pitch * rows - gap) / 2 + pitch / 2;
  const next = () => {
    const spot = { x: subscriberX, y };
    y += pitch;
    return spot;
  };
  for (const { id } of shown) layout.people.set(id, next());
  if (areFolded) layout.others = { ...next(), count: customers.length - shown.length };
  y += gap;
  for (const { id } of staff) layout.people.set(id, next());
}

// On a phone the columns are rows: publishers above, channels by kind in the middle, subscribers
// below, where every second row is shifted, so that paths to the lower ones pass between the upper.
function placeInRows(layout, publishers, lanes, people) {
  const { u, width, height } = layout;
  const across = (count, i) => (width * (i + 0.5)) / Math.max(1, count);
  Object.assign(layout, { isNarrow: true, axis: "y", rail: 0, publisherY: 74 * u });
  layout.channelY = height * 0.37;
  publishers.forEach(({ key }, i) =>
    layout.publishers.set(key, {
      x: across(publishers.length, i),
      y: layout.publisherY,
      isHigh: i % 2 === 1,
    }),
  );
  const shownLanes = lanes.filter(({ size }) => size !== "fine");
  shownLanes.forEach(({ key, size }, i) =>
    layout.lanes.set(key, { x: across(shownLanes.length, i), y: layout.channelY, size }),
  );

  const staff = people.filter(({ isStaff }) => isStaff);
  const customers = people.filter(({ isStaff }) => !isStaff);
  const fits = subscriberCapacity(width, height);
  const shown =
    people.length > fits ? customers.slice(0, Math.max(0, fits - 1 - staff.length)) : customers;
  const others = customers.length - shown.length;
  const inOrder = [...shown, ...(others ? [null] : []), ...staff];
  const rowCount = Math.max(1, Math.ceil(inOrder.length / PER_ROW));
  const top = height * 0.585;
  const pitchX = width / (PER_ROW + 0.5);
  const pitchY = Math.min(58 * u, (height - top - 22 * u) / rowCount);
  inOrder.forEach((person, i) => {
    const row = Math.floor(i / PER_ROW);
    const spot = {
      x: pitchX * ((i % PER_ROW) + 0.5 + (row % 2) * 0.5),
      y: top + pitchY * (row + 0.5),
    };
    if (person) layout.people.set(person.id, spot);
    else layout.others = { ...spot, count: others };
  });
  layout.subscriberY = top;
  layout.rowHeight = Math.min(pitchY, pitchX);
  return layout;
}
