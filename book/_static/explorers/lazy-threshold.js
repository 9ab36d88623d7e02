/* What lazy training cannot reach: flowbounds.bounds.lazy, without its functions of a given U. */

import { mountPanel, shown } from "./panel.js";

/* (l, d, m) where the tangent space has one dimension less than counted (Alexander and Hirschowitz). */
const EXCEPTIONS = new Set(["3,5,7", "4,3,5", "4,4,9", "4,5,14"]);

function product(count, factor) {
  let total = 1;
  for (let j = 0; j < count; j += 1) total *= factor(j);
  return total;
}

/* Exact as long as the result times k is below 2^53: each partial product is a binomial coefficient. */
export function binomial(n, k) {
  if (k < 0 || k > n) return 0;
  let total = 1;
  for (let j = 1; j <= k; j += 1) total = (total * (n - k + j)) / j;
  return total;
}

const factorial = (l) => product(l, (j) => j + 1);
const symmetricDimension = (order, d) => binomial(d + order - 1, order);

export function tangentDimension(order, d, m) {
  const missing = EXCEPTIONS.has(`${order},${d},${m}`) ? 1 : 0;
  return Math.min(d * m, symmetricDimension(order, d)) - missing;
}

/* Smallest m at which lazy training reaches everything, for almost every start. */
export function threshold(order, d) {
  const m = Math.ceil(symmetricDimension(order, d) / d);
  return m + (EXCEPTIONS.has(`${order},${d},${m}`) ? 1 : 0);
}

/* Eigenvalues and multiplicities of the second moments of a random power, the smallest eigenvalue first. */
export function momentSpectrum(order, d) {
  const spectrum = [];
  for (let k = 0; 2 * k <= order; k += 1) {
    const n = order - 2 * k;
    const radial = product(k, (j) => 2 * (j + 1) * (d + 2 * n + 2 * j));
    const below = product(n, (j) => d + 2 * j) * radial;
    const count = binomial(d + n - 1, n) - (n >= 2 ? binomial(d + n - 3, n - 2) : 0);
    if (count) spectrum.push({ degree: n, value: factorial(order) / below, count });
  }
  return spectrum;
}

/* Below the expected squared error of every choice of m components. */
export function spectralBound(order, d, m) {
  let left = Math.max(symmetricDimension(order, d) - d * m, 0);
  let total = 0;
  for (const { value, count } of momentSpectrum(order, d)) {
    const taken = Math.min(count, left);
    total += taken * value;
    left -= taken;
  }
  return total;
}

/* The same with the smallest eigenvalue alone; negative where dm exceeds the dimension. */
export function lowerBound(order, d, m) {
  const left = symmetricDimension(order, d) - d * m;
  return (left * factorial(order)) / product(order, (j) => d + 2 * j);
}

function draw({ order, d, share }) {
  const l = Number(order);
  const last = threshold(l, d);
  const m = Math.max(1, Math.round((share / 100) * last));
  const end = Math.ceil(1.25 * last);
  const counts = Array.from({ length: 241 }, (_, k) => 1 + ((end - 1) * k) / 240);
  const floor = spectralBound(l, d, m);
  const rest =
    floor > 0
      ? `leaves a squared error of ${shown(floor)} at least on average, where the target has 1`
      : "can reach every target";
  return {
    said: `Threshold m = ${last} (of order ${l} in dimension ${d}). Lazily trained, m = ${m} ${rest}.`,
    plot: {
      x: [0, end],
      y: [0, 1.05],
      xLabel: "components, m",
      yLabel: "squared error",
      lines: [
        { kind: "fb-ex-bound", points: counts.map((x) => [x, spectralBound(l, d, x)]) },
        { kind: "fb-ex-quiet", points: counts.map((x) => [x, Math.max(0, lowerBound(l, d, x))]) },
        { kind: "fb-ex-edge", points: [[last, 0], [last, 1.05]] },
      ],
      dots: [{ kind: "fb-ex-full", at: [m, floor] }],
    },
    key: [
      ["fb-ex-bound", "floor under the error, all eigenvalues"],
      ["fb-ex-quiet", "floor in closed form, the smallest eigenvalue alone"],
      ["fb-ex-edge", "threshold"],
    ],
  };
}

export function mount(element) {
  const orders = [3, 4, 5].map((l) => [`${l}`, `${l}`]);
  const controls = [
    { name: "order", label: "order of the tensors, l", options: orders, value: "3" },
    { name: "d", label: "dimension, d", min: 2, max: 40, step: 1, value: 10 },
    { name: "share", label: "components, % of the threshold", min: 1, max: 125, step: 1, value: 50 },
  ];
  mountPanel(element, { title: "The floor of lazy training", controls, draw });
}
