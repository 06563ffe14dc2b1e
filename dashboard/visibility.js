// Tells the session when the tab has been out of sight for long enough, and when it is seen again.
const LONG_ENOUGH_MS = 5000;

export default function ({ data, setStateValue }) {
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden === data.hidden) return;
    timer = setTimeout(
      () => setStateValue("hidden", document.hidden),
      document.hidden ? LONG_ENOUGH_MS : 0,
    );
  };
  document.onvisibilitychange = look; // this runs again with other data: one listener is enough
  look();
  return () => clearTimeout(timer);
}
