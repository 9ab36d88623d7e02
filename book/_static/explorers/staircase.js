/* The staircase, predicted: flowbounds.dynamics.tensor_power.predicted_fitting_times at order four. */

import { mountPanel, shown } from "./panel.js";

const D = 10; // dimension, as in Figure 1 of Ge et al. (2021)
const MINIMAL = { factor: 16807, modulus: 2147483647 }; // Park and Miller: exact in double precision

export function geometricWeights(r, ratio) {
  const weights = Array.from({ length: r }, (_, k) => ratio ** -k);
  const total = weights.reduce((sum, one) => sum + one, 0);
  return weights.map((one) => one / total);
}

/* m unit columns of length d, in uniform directions, the same for the same seed 1, 2, ... */
export function startDirections(seed, d, m) {
  let state = seed;
  const uniform = () => {
    state = (state * MINIMAL.factor) % MINIMAL.modulus;
    return state / MINIMAL.modulus;
  };
  for (let k = 0; k < 10; k += 1) uniform(); // the first ones of small seeds are small
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return Array.from({ length: m }, () => {
    const column = Array.from({ length: d }, normal);
    const length = Math.hypot(...column);
    return column.map((x) => x / length);
  });
}

function logSumExp(terms) {
  const top = Math.max(...terms);
  if (top === -Infinity) return top;
  return top + Math.log(terms.reduce((sum, one) => sum + Math.exp(one - top), 0));
}

/* Where a column heads, argmax a_k u_k^2 (-1: nowhere), and how late it is when it is aligned. */
export function heading(column, a) {
  const p = column.map((x) => x * x);
  const q = p.map((x, k) => 8 * (a[k] ?? 0) * x);
  const rate = Math.max(...q);
  if (rate === 0) return { winner: -1, delay: Infinity };
  const winner = q.indexOf(rate);
  let delay = 0;
  for (let k = 0; k < p.length; k += 1) {
    if (k === winner) continue;
    delay += a[k] > 0 ? -Math.log1p(-q[k] / rate) / (8 * a[k]) : p[k] / rate;
  }
  return { winner, delay };
}

/* For each weight a_i the time at which it is half fitted, Infinity if never. Columns are unit vectors. */
export function predictedFittingTimes(columns, logNorms, a, lam = 0) {
  const mass = a.map(() => []);
  columns.forEach((column, j) => {
    const { winner, delay } = heading(column, a);
    if (winner < 0) return;
    mass[winner].push(2 * logNorms[j] + Math.log(Math.abs(column[winner])) - 4 * a[winner] * delay);
  });
  return a.map((weight, i) => {
    if (!mass[i].length || lam >= weight) return Infinity;
    const rate = weight - lam / 2;
    return (Math.log(rate) - logSumExp(mass[i]) - Math.log1p(-lam / weight)) / (4 * rate);
  });
}

/* The loss at time t: every direction saturates like a logistic, half way at its time. */
export function predictedLoss(t, times, a, lam = 0) {
  return a.reduce((sum, weight, i) => {
    const end = weight - lam / 2;
    if (times[i] === Infinity) return sum + weight ** 2 / 2;
    const mass = end / (1 + ((weight - lam) / weight) * Math.exp(-4 * end * (t - times[i])));
    return sum + (weight - mass) ** 2 / 2;
  }, 0);
}

function draw({ r, ratio, m, exponent, lam, seed }) {
  const a = geometricWeights(r, ratio);
  const columns = startDirections(seed, D, m);
  const times = predictedFittingTimes(columns, columns.map(() => exponent * Math.LN10), a, lam);
  const finite = times.filter((t) => t < Infinity);
  const end = finite.length ? 1.15 * Math.max(...finite) : 100;
  const loss = (t) => predictedLoss(t, times, a, lam);
  const points = Array.from({ length: 601 }, (_, k) => [(end * k) / 600, loss((end * k) / 600)]);
  const list = times.map((t) => shown(Number(t.toFixed(1)))).join(", ");
  return {
    said: `${finite.length} of ${r} components are found. Predicted times, largest weight first: ${list}.`,
    plot: {
      x: [0, end],
      y: [0, 1.08 * loss(0)],
      xLabel: "time, t",
      yLabel: "loss",
      lines: [{ kind: "fb-ex-bound", points }],
      dots: finite.map((t) => ({ kind: "fb-ex-ring", at: [t, loss(t)] })),
    },
    key: [["fb-ex-bound", "predicted loss"], ["fb-ex-ring", "a component is half fitted"]],
  };
}

export function mount(element) {
  const controls = [
    { name: "r", label: "components of the target, r", min: 1, max: 8, step: 1, value: 5 },
    { name: "ratio", label: "ratio of neighbouring weights", min: 1, max: 2, step: 0.05, value: 1.2 },
    { name: "m", label: "components of the model, m", min: 1, max: 100, step: 1, value: 50 },
    { name: "exponent", label: "size at the start, power of ten", min: -150, max: -3, step: 1, value: -15 },
    { name: "lam", label: "regulariser, \u03bb", min: 0, max: 0.3, step: 0.005, value: 0 },
    { name: "seed", label: "which random start", min: 1, max: 20, step: 1, value: 1 },
  ];
  mountPanel(element, { title: "The staircase, from the start alone", controls, draw });
}
