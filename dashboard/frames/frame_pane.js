// Shows the selected frame from its top: the pane would keep the scroll position of the one before.
const shown = new WeakMap(); // by the component's element: the frame in the pane

export default function ({ data, parentElement }) {
  if (shown.get(parentElement) === data.frame) return;
  shown.set(parentElement, data.frame);
  const pane = parentElement.closest(".st-key-frame");
  if (pane) pane.scrollTop = 0;
}
