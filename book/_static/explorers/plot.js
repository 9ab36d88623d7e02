/* One plot as SVG: axes with round ticks, lines and marks in classes that explorers.css colours. */

const SVG = "http://www.w3.org/2000/svg";
const EDGE = { left: 52, right: 14, top: 12, bottom: 44 };
let drawn = 0; // the clipping frames need names of their own

function part(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/* About `count` round numbers in [low, high]. */
export function ticks(low, high, count = 5) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((one) => one * power >= raw * 0.999) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/* `plot` has ranges x and y, labels xLabel and yLabel, lines ({ kind, points }) and dots ({ kind, at });
   points outside the ranges are clipped, and those that are not finite are left out. */
export function drawPlot(plot, { width, name }) {
  const height = Math.round(Math.min(340, Math.max(240, width * 0.55)));
  const right = width - EDGE.right;
  const bottom = height - EDGE.bottom;
  const across = (x) => EDGE.left + ((x - plot.x[0]) / (plot.x[1] - plot.x[0])) * (right - EDGE.left);
  const up = (y) => bottom - ((y - plot.y[0]) / (plot.y[1] - plot.y[0])) * (bottom - EDGE.top);
  // Far outside of the frame coordinates would only lose digits.
  const inside = ([x, y]) => `${across(x).toFixed(2)},${Math.min(1e4, Math.max(-1e4, up(y))).toFixed(2)}`;

  drawn += 1;
  const frame = { x: EDGE.left, y: EDGE.top - 3, width: right - EDGE.left + 3, height: bottom - EDGE.top + 6 };
  const clip = part("clipPath", { id: `fb-ex-clip-${drawn}` }, part("rect", frame));
  const axes = part("g", { class: "fb-ex-axes" });
  for (const x of ticks(...plot.x, width < 420 ? 4 : 6)) {
    axes.append(part("line", { x1: across(x), x2: across(x), y1: EDGE.top, y2: bottom }));
    axes.append(part("text", { x: across(x), y: bottom + 17, "text-anchor": "middle" }, written(x)));
  }
  for (const y of ticks(...plot.y, 4)) {
    axes.append(part("line", { x1: EDGE.left, x2: right, y1: up(y), y2: up(y) }));
    axes.append(part("text", { x: EDGE.left - 6, y: up(y) + 4, "text-anchor": "end" }, written(y)));
  }
  const middle = (EDGE.left + right) / 2;
  axes.append(part("text", { x: middle, y: height - 8, "text-anchor": "middle" }, plot.xLabel));
  const turned = `translate(13 ${(EDGE.top + bottom) / 2}) rotate(-90)`;
  axes.append(part("text", { transform: turned, "text-anchor": "middle" }, plot.yLabel));

  const shapes = part("g", { "clip-path": `url(#fb-ex-clip-${drawn})` });
  for (const { kind, points } of plot.lines) {
    const finite = points.filter((point) => point.every(Number.isFinite));
    shapes.append(part("polyline", { class: `fb-ex-line ${kind}`, points: finite.map(inside).join(" ") }));
  }
  for (const { kind, at } of plot.dots) {
    if (!at.every(Number.isFinite)) continue;
    shapes.append(part("circle", { class: `fb-ex-dot ${kind}`, cx: across(at[0]), cy: up(at[1]), r: 5 }));
  }
  const attributes = { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": name };
  return part("svg", attributes, clip, axes, shapes);
}

function written(value) {
  return `${value}`.replace("-", "\u2212");
}
