// The connection to the workbench: reconnects by itself, and is closed while the tab is hidden.
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 8000;
const HIDDEN_AFTER_MS = 5000; // as the pages, which are then no longer drawn

export class FrameSocket {
  // `onFrame` is called with each frame, and whether it is the first of a connection: each has its
  // own numbers for channels and people.  `onLost` is called when the workbench does not answer.
  constructor({ onFrame, onLost }) {
    this.onFrame = onFrame;
    this.onLost = onLost;
    this.onVisibility = () => this.followVisibility();
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  // A workbench that was restarted gives another address.
  connect(path) {
    if (path === this.path) return;
    this.path = path;
    this.waitMs = FIRST_WAIT_MS;
    this.open();
  }

  open() {
    this.close();
    const url = new URL(this.path, location.href.replace(/^http/, "ws"));
    const socket = new WebSocket(url);
    this.socket = socket;
    let isFirst = true;
    socket.onmessage = ({ data }) => {
      this.waitMs = FIRST_WAIT_MS;
      try {
        this.onFrame(JSON.parse(data), isFirst);
      } catch (error) {
        console.warn("map: a frame was skipped:", error);
      }
      isFirst = false;
    };
    socket.onclose = () => {
      this.onLost();
      this.timer = setTimeout(() => this.open(), this.waitMs);
      this.waitMs = Math.min(MAX_WAIT_MS, this.waitMs * 2);
    };
  }

  close() {
    clearTimeout(this.timer);
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  followVisibility() {
    clearTimeout(this.hideTimer);
    if (document.hidden) this.hideTimer = setTimeout(() => this.close(), HIDDEN_AFTER_MS);
    else if (!this.socket && this.path) this.open();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.hideTimer);
    this.close();
  }
}
