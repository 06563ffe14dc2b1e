// What a paused map has missed, bounded, and its playback at twice the speed until it is live.  Pure.

const MAX_MESSAGES = 6000;
const SPEED = 2;

export class Replay {
  constructor() {
    this.clear();
  }

  clear() {
    this.frames = []; // {ms, messages, refused}
    this.missedCount = 0;
    this.keptCount = 0;
    this.isRunning = false;
  }

  // Keep a frame for later; the oldest are dropped beyond 6,000 messages.
  add(frame) {
    this.frames.push(frame);
    this.missedCount += frame.messages.length;
    this.keptCount += frame.messages.length;
    while (this.keptCount > MAX_MESSAGES && this.frames.length > 1) {
      this.keptCount -= this.frames.shift().messages.length;
    }
  }

  get behindMs() {
    return this.frames.reduce((sum, { ms }) => sum + ms, 0);
  }

  // The next frame of a replay, shortened; undefined at its end, when the map is live again.
  next() {
    const frame = this.frames.shift();
    if (!frame) {
      this.clear();
      return undefined;
    }
    this.keptCount -= frame.messages.length;
    return { ...frame, speed: SPEED };
  }
}
