/* Proposition 2 of Min et al. (2022): flowbounds.bounds.two_layer_rates, from the spectrum of the imbalance. */

import { mountPanel, shown } from "./panel.js";

/* The k-th (from 1) of a decreasing spectrum, its positive part; zero beyond its size. */
function positivePart(values, k) {
  return k <= values.length ? Math.max(0, values[k - 1]) : 0;
}

/* -s + sqrt((s + g)^2 + 4 sigma^2) without cancellation. */
function grown(spread, gap, sigma) {
  const root = Math.hypot(spread + gap, 2 * sigma) + spread;
  return root > 0 ? gap * ((2 * spread + gap) / root) + 2 * sigma * ((2 * sigma) / root) : 0;
}

/* What the bound sees of a decreasing spectrum: the spreads of both signs, and the gap. */
export function spreadsAndGap(values, n, m) {
  const negative = values.map((x) => -x).reverse();
  const an = positivePart(values, n);
  const bm = positivePart(negative, m);
  return { plus: positivePart(values, 1) - an, minus: positivePart(negative, 1) - bm, gap: an + bm };
}

/* From the decreasing eigenvalues of D, the shape (n, m) of the product W, and its n-th and m-th singular
   value; `factor` = 1 is the form of the slides. */
export function twoLayerRate(values, n, m, sigmaN, sigmaM, factor = 0.5) {
  const { plus, minus, gap } = spreadsAndGap(values, n, m);
  return factor * (grown(plus, gap, sigmaM) + grown(minus, gap, sigmaN));
}

/* Where only sigma, a lower bound on the smallest of the min(n, m) singular values, is known. */
export function twoLayerRateAtMargin(values, n, m, sigma, factor = 0.5) {
  const least = Math.min(n, m);
  return twoLayerRate(values, n, m, n === least ? sigma : 0, m === least ? sigma : 0, factor);
}

const LARGEST = 3; // singular value at the right end

function draw({ first, second, sigma, shape }) {
  const values = [first, second].sort((x, y) => y - x);
  const [n, m] = shape.split(" x ").map(Number);
  const rate = (x, factor) => twoLayerRateAtMargin(values, n, m, x, factor);
  const curve = (of) => Array.from({ length: 301 }, (_, k) => [(LARGEST * k) / 300, of((LARGEST * k) / 300)]);
  const balanced = (x) => twoLayerRateAtMargin([0, 0], n, m, x);
  const { plus, minus, gap } = spreadsAndGap(values, n, m);
  const parts = `gap ${shown(gap)}, spreads ${shown(plus)} and ${shown(minus)}`;
  return {
    said: `\u03b1 = ${shown(rate(sigma))}; balanced layers have ${shown(balanced(sigma))} at this \u03c3 (${parts}).`,
    plot: {
      x: [0, LARGEST],
      y: [0, 10],
      xLabel: "smallest singular value of the product, \u03c3",
      yLabel: "rate, \u03b1",
      lines: [
        { kind: "fb-ex-bound", points: curve((x) => rate(x)) },
        { kind: "fb-ex-quiet", points: curve(balanced) },
        { kind: "fb-ex-violation", points: curve((x) => rate(x, 1)) },
      ],
      dots: [{ kind: "fb-ex-full", at: [sigma, rate(sigma)] }],
    },
    key: [
      ["fb-ex-bound", "the bound, \u03b1"],
      ["fb-ex-quiet", "balanced layers"],
      ["fb-ex-violation", "as the slides print it: twice as much, and false"],
    ],
  };
}

export function mount(element) {
  const eigenvalue = { min: -4, max: 4, step: 0.1 };
  const shapes = ["2 x 2", "2 x 1", "1 x 2", "1 x 1"].map((one) => [one, one.replace("x", "\u00d7")]);
  const controls = [
    { name: "first", label: "one eigenvalue of D", ...eigenvalue, value: 2 },
    { name: "second", label: "the other eigenvalue of D", ...eigenvalue, value: -1 },
    { name: "sigma", label: "smallest singular value, \u03c3", min: 0, max: LARGEST, step: 0.05, value: 1 },
    { name: "shape", label: "rows \u00d7 columns of the product", options: shapes, value: "2 x 2" },
  ];
  mountPanel(element, { title: "The rate of two layers of width two", controls, draw });
}
