// Colours of the workbench's theme, and what is drawn once and then copied: dots and halos.
import { KINDS, REFUSED } from "./model.js";

// As theme.toml lists them: the channel kinds, then critical, warning and ok, then everyone.
const DEFAULTS =
  "#2F6FEB,#7A4FE0,#C4387F,#A67C00,#8A97A8,#D1293D,#C2630A,#2F8A46,#0F766E";
const ICON_FONT = '"Material Symbols Rounded"';
export const DOT_PX = 3.4;
const TAIL_PX = 22;
const WORD_SHARE = 0.7; // of the colour; as in map.css
const LEAST_PX = 11; // a smaller picture has no smaller words

export class Theme {
  constructor() {
    this.sprites = new Map();
    this.fonts = new Map();
    this.scale = { u: 1, ratio: 1 };
  }

  // Read the theme's colours; returns whether they have changed.
  read(host) {
    const style = getComputedStyle(host);
    const get = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
    const list = get("--st-chart-categorical-colors", DEFAULTS).split(",").map(rgb);
    const [user, order, tenant, open, monitor, refused, warn, ok, everyone] = list;
    const colors = {
      paper: rgb(get("--st-background-color", "#FFFFFF")),
      ink: rgb(get("--st-text-color", "#1B2430")),
      quiet: rgb(get("--st-dataframe-header-text-color", "#667085")),
      line: rgb(get("--st-border-color", "#E1E5EA")),
      soft: rgb(get("--st-secondary-background-color", "#F4F6F8")),
      ...{ user, order, tenant, public: open, monitor, everyone, refused, warn, ok },
    };
    this.fontFamily = get("--st-font", '"Source Sans", sans-serif');
    const key = JSON.stringify(colors);
    if (key === this.key) return false;
    this.key = key;
    this.colors = colors;
    this.isDark = colors.paper.reduce((sum, part) => sum + part) < 380;
    this.rescale(this.scale.u, this.scale.ratio);
    host.style.setProperty("color-scheme", this.isDark ? "dark" : "light");
    for (const kind of [...KINDS, REFUSED]) {
      host.style.setProperty(`--${kind}`, `rgb(${colors[kind]})`);
    }
    return true;
  }

  // Sprites are drawn for one size of the picture and one pixel ratio.
  rescale(u, ratio) {
    this.scale = { u, ratio };
    this.sprites.clear();
    this.fonts.clear();
  }

  color(kind) {
    return this.colors[kind] ?? this.colors.monitor;
  }

  // A kind's colour for words: darker, or in the dark lighter, so that they can be read.
  wordColor(kind) {
    const color = this.color(kind);
    const towards = this.isDark ? 255 : 0;
    color.words ??= color.map((part) => Math.round(part * WORD_SHARE + towards * (1 - WORD_SHARE)));
    return color.words;
  }

  // A colour with its alpha in fiftieths: each text is made once.
  rgba(kind, alpha) {
    const color = typeof kind === "string" ? this.color(kind) : kind;
    const step = Math.round(Math.min(1, Math.max(0, alpha)) * 50);
    color.texts ??= [];
    color.texts[step] ??= `rgba(${color.slice(0, 3).join()},${step / 50})`;
    return color.texts[step];
  }

  // For alphas below 0.1, where a fiftieth is too coarse.
  faint(kind, alpha) {
    return `rgba(${this.color(kind).slice(0, 3).join()},${alpha.toFixed(3)})`;
  }

  font(size, weight = 400) {
    const key = size * 1000 + weight;
    if (!this.fonts.has(key)) {
      const px = Math.round(Math.max(size * this.scale.u, Math.min(size, LEAST_PX)) * 4) / 4;
      this.fonts.set(key, `${weight} ${px}px ${this.fontFamily}`);
    }
    return this.fonts.get(key);
  }

  iconFont(size) {
    return `${size * this.scale.u}px ${ICON_FONT}`;
  }

  loadIcons() {
    return document.fonts?.load?.(`20px ${ICON_FONT}`, "dns") ?? Promise.resolve();
  }

  // A dot with its tail, the head at (ox, oy); a refusal is a diamond.
  dot(kind) {
    if (!this.sprites.has(kind)) this.sprites.set(kind, this.drawDot(kind));
    return this.sprites.get(kind);
  }

  drawDot(kind) {
    const { u, ratio } = this.scale;
    const r = DOT_PX * u;
    const tail = TAIL_PX * u;
    const pad = (this.isDark ? 8 : 3) * u + 1;
    const density = ratio * 1.3; // dots to everybody are larger
    const [w, h] = [tail + r + 2 * pad, 2 * (r + pad)];
    const canvas = newCanvas(w * density, h * density);
    const x = canvas.getContext("2d");
    x.scale(density, density);
    x.translate(tail + pad, h / 2);
    if (kind === REFUSED) this.drawDiamond(x, r);
    else this.drawRound(x, kind, r, tail);
    // An ImageBitmap is copied in two thirds of the time of a canvas.
    return Object.assign(canvas.transferToImageBitmap(), { ox: tail + pad, oy: h / 2, w, h });
  }

  drawDiamond(x, r) {
    if (this.isDark) glow(x, this.color(REFUSED), 0, 0, r * 3.4, 0.35);
    x.rotate(Math.PI / 4);
    x.fillStyle = this.rgba(REFUSED, 1);
    x.fillRect(-r, -r, 2 * r, 2 * r);
    if (this.isDark) return;
    x.strokeStyle = this.rgba(this.colors.paper, 0.9);
    x.strokeRect(-r - 0.5, -r - 0.5, 2 * r + 1, 2 * r + 1);
  }

  drawRound(x, kind, r, tail) {
    const gradient = x.createLinearGradient(-tail, 0, 0, 0);
    gradient.addColorStop(0, this.rgba(kind, 0));
    gradient.addColorStop(0.55, this.rgba(kind, 0.12));
    gradient.addColorStop(1, this.rgba(kind, 0.62));
    x.fillStyle = gradient;
    x.beginPath();
    x.moveTo(-tail, 0);
    x.quadraticCurveTo(-r * 2, -r * 0.55, 0, -r * 0.92);
    x.lineTo(0, r * 0.92);
    x.quadraticCurveTo(-r * 2, r * 0.55, -tail, 0);
    x.fill();
    if (this.isDark) glow(x, this.color(kind), 0, 0, r * 3.2, 0.4);
    else fillDisc(x, 0, 0, r + 0.9, this.rgba(this.colors.paper, 0.85));
    fillDisc(x, 0, 0, r, this.rgba(kind, 1));
    if (this.isDark) fillDisc(x, 0, 0, r * 0.42, "rgba(255,255,255,.55)");
  }

  halo(kind) {
    const key = `halo ${kind}`;
    if (!this.sprites.has(key)) {
      const canvas = newCanvas(96, 96);
      glow(canvas.getContext("2d"), this.color(kind), 48, 48, 48, this.isDark ? 0.55 : 0.4);
      this.sprites.set(key, canvas.transferToImageBitmap());
    }
    return this.sprites.get(key);
  }
}

export function fillDisc(x, px, py, r, style) {
  x.fillStyle = style;
  x.beginPath();
  x.arc(px, py, r, 0, 2 * Math.PI);
  x.fill();
}

function glow(x, color, px, py, size, alpha) {
  const [r, g, b] = color;
  const gradient = x.createRadialGradient(px, py, 0, px, py, size);
  gradient.addColorStop(0, `rgba(${r},${g},${b},${alpha})`);
  gradient.addColorStop(0.5, `rgba(${r},${g},${b},${alpha * 0.35})`);
  gradient.addColorStop(1, `rgba(${r},${g},${b},0)`);
  fillDisc(x, px, py, size, gradient);
}

function newCanvas(width, height) {
  return new OffscreenCanvas(Math.ceil(width), Math.ceil(height));
}

function rgb(text) {
  const hex = /^#?([\da-f]{6})/i.exec(text.trim());
  if (!hex) return (text.match(/\d+(\.\d+)?/g) ?? [128, 128, 128]).slice(0, 3).map(Number);
  const value = parseInt(hex[1], 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
