// A button that copies the page's address.  Where the clipboard is not available, the address is
// shown and selected, to be copied by hand.
const SHOWN_MS = 2500;
const timers = new WeakMap();

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const bubble = parentElement.querySelector("[role=status]");
  const field = parentElement.querySelector("input");
  button.title = data.label;
  button.setAttribute("aria-label", data.label);
  field.setAttribute("aria-label", data.label);

  // Streamlit cuts a component at its height: these two are placed in the window instead.
  const place = (element) => {
    const { top, right } = button.getBoundingClientRect();
    element.style.top = `${top}px`;
    element.style.right = `${document.documentElement.clientWidth - right}px`;
  };
  const hide = () => {
    bubble.textContent = "";
    field.hidden = true;
  };
  const hideLater = () => {
    clearTimeout(timers.get(button));
    timers.set(button, setTimeout(hide, SHOWN_MS));
  };
  const select = () => {
    place(field);
    field.hidden = false;
    field.value = location.href;
    field.focus();
    field.select();
  };
  field.onblur = hide;
  field.onkeydown = (event) => {
    if (event.key === "Escape") button.focus(hide());
  };
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      place(bubble);
      bubble.textContent = data.copied;
      hideLater();
    } catch {
      select();
    }
  };
  return () => clearTimeout(timers.get(button));
}
