// Reports to the session when the tab was hidden for a while, and when it is visible again.
const HIDDEN_AFTER_MS = 5000;

export default function ({ data, setStateValue }) {
  let timer;
  const report = () => {
    clearTimeout(timer);
    if (document.hidden === data.hidden) return;
    timer = setTimeout(
      () => setStateValue("hidden", document.hidden),
      document.hidden ? HIDDEN_AFTER_MS : 0,
    );
  };
  document.onvisibilitychange = report; // this runs again with other data: one listener is enough
  report();
  return () => clearTimeout(timer);
}
