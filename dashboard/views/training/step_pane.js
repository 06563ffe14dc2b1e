// Brings into view what a step says once it is done: it comes below the text, which may fill the pane.
const shown = new WeakMap(); // by the component's element: the step that was done

export default function ({ data, parentElement }) {
  if (shown.get(parentElement) === data.done) return;
  shown.set(parentElement, data.done);
  const body = parentElement.closest(".st-key-step-body");
  const first = body?.querySelector(".worked");
  if (!data.done || !first) return;
  const top = first.getBoundingClientRect().top - body.getBoundingClientRect().top;
  const end = body.scrollHeight - body.clientHeight;
  body.scrollTop = Math.min(end, body.scrollTop + top);
}
