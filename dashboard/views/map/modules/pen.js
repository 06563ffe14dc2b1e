// Writes words and chips on a canvas, in the theme's fonts and colours.
export class Pen {
  constructor(context, theme) {
    this.x = context;
    this.theme = theme;
  }

  get u() {
    return this.theme.scale.u;
  }

  // Write a line of text, vertically centred at py; returns its width.
  text(words, px, py, options = {}) {
    const { size = 12, weight = 400, tone = this.theme.colors.ink, alpha = 1 } = options;
    const { x, theme } = this;
    x.font = theme.font(size, weight);
    x.textAlign = options.align ?? "left";
    x.textBaseline = "middle";
    const [left, middle] = [Math.round(px), Math.round(py) + 0.5];
    if (options.outlined) {
      x.strokeStyle = theme.rgba(theme.colors.paper, alpha * 0.9);
      x.lineWidth = 5 * this.u;
      x.lineJoin = "round";
      x.strokeText(words, left, middle);
    }
    x.fillStyle = theme.rgba(tone, alpha);
    x.fillText(words, left, middle);
    return options.measured ? x.measureText(words).width : 0;
  }

  width(words, size = 12, weight = 400) {
    this.x.font = this.theme.font(size, weight);
    return this.x.measureText(words).width;
  }

  // Cut words that are wider than there is room for.
  fitted(words, room, size, weight) {
    if (this.width(words, size, weight) <= room) return words;
    let end = words.length;
    while (end > 1 && this.width(`${words.slice(0, end)}…`, size, weight) > room) end--;
    return `${words.slice(0, end)}…`;
  }

  // The workbench's chip, its right end (or its middle) at px; returns its width.
  chip(words, kind, px, py, { alpha = 1, align = "right" } = {}) {
    const { x, theme, u } = this;
    const height = 19 * u;
    const width = this.width(words, 12) + 14 * u;
    const left = align === "center" ? px - width / 2 : px - width;
    x.globalAlpha = alpha;
    x.beginPath();
    x.roundRect(left, py - height / 2, width, height, height / 2);
    x.fillStyle = theme.rgba(theme.colors.paper, 1);
    x.fill();
    x.fillStyle = theme.rgba(kind, 0.14);
    x.fill();
    x.fillStyle = theme.rgba(theme.wordColor(kind), 1);
    x.textAlign = "center";
    x.textBaseline = "middle";
    x.fillText(words, Math.round(left + width / 2), Math.round(py) + 0.5);
    x.globalAlpha = 1;
    return width;
  }

  icon(name, px, py, size, tone, alpha = 1) {
    const { x, theme } = this;
    x.font = theme.iconFont(size);
    x.textAlign = "center";
    x.textBaseline = "middle";
    x.fillStyle = theme.rgba(tone, alpha);
    x.fillText(name, px, py + 0.5);
  }
}
