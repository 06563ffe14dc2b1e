// Brings into view what a step says once it is done: it comes below the text, which may fill the pane.
// Opens the step's links to a page in one tab, however often they are pressed.
const shown = new WeakMap(); // by the component's element: the step that was done

function openInItsTab(event) {
  const link = event.target.closest(".elsewhere a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  // HTML of a page may have no target but _blank, so the tab is named here: after the page.
  const tab = window.open(link.href, link.pathname);
  if (!tab) return; // blocked: the browser follows the link
  event.preventDefault();
  tab.focus();
}

export default function ({ data, parentElement }) {
  const body = parentElement.closest(".st-key-step-body");
  body?.addEventListener("click", openInItsTab); // the same function is added once
  if (shown.get(parentElement) === data.done) return;
  shown.set(parentElement, data.done);
  const first = body?.querySelector(".worked");
  if (!data.done || !first) return;
  const top = first.getBoundingClientRect().top - body.getBoundingClientRect().top;
  const end = body.scrollHeight - body.clientHeight;
  body.scrollTop = Math.min(end, body.scrollTop + top);
}
