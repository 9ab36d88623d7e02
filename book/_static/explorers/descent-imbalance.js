/* The imbalance u^2 - v^2 of two numbers under descent on (uv - 1)^2 / 2: flowbounds.dynamics.descent.descend. */

import { mountPanel, shown } from "./panel.js";

/* Weight decay and heavy ball, in the order of operations of the Python loop, so that even a chaotic run
   agrees digit by digit. A loss that is not finite ends the run; everything before it is kept. */
export function descentPath({ u, v, step, decay = 0, momentum = 0, steps }) {
  const imbalance = [];
  const losses = [];
  let [moveU, moveV] = [0, 0];
  for (let t = 0; t <= steps; t += 1) {
    const residual = u * v - 1;
    const loss = 0.5 * (residual * residual); // a power may be rounded otherwise
    if (!Number.isFinite(loss)) return { imbalance, losses, diverged: true };
    imbalance.push(u * u - v * v);
    losses.push(loss);
    moveU = momentum * moveU - step * (residual * v + decay * u);
    moveV = momentum * moveV - step * (residual * u + decay * v);
    [u, v] = [u + moveU, v + moveV];
  }
  return { imbalance, losses, diverged: false };
}

export function descentImbalance(given) {
  return descentPath(given).imbalance;
}

const V0 = 0.2;
const END = 20; // time shown

function draw({ u, effective, decay, momentum }) {
  const step = effective * (1 - momentum);
  const steps = Math.round(END / effective);
  const { imbalance, losses, diverged } = descentPath({ u, v: V0, step, decay, momentum, steps });
  const first = imbalance[0];
  const points = imbalance.map((d, t) => [t * effective, d]);
  const times = Array.from({ length: 101 }, (_, k) => (END * k) / 100);
  const flow = times.map((t) => [t, first * Math.exp(-2 * decay * t)]);
  const low = Math.max(-first, Math.min(0, ...imbalance));
  const high = Math.min(2 * first, Math.max(...imbalance));
  const percent = (share) => `${shown(Number((100 * share).toPrecision(3)))}\u00a0%`;
  const left = `${percent(imbalance.at(-1) / first)} of the imbalance is left after ${steps} steps`;
  const ended = `${left}; the flow keeps ${percent(Math.exp(-2 * decay * END))}. Loss ${shown(losses.at(-1))}.`;
  return {
    said: diverged ? `The run diverges after ${imbalance.length - 1} steps.` : ended,
    plot: {
      x: [0, END],
      y: [1.05 * low, 1.08 * high],
      xLabel: "time, steps \u00d7 effective step",
      yLabel: "u\u00b2 \u2212 v\u00b2",
      lines: [
        { kind: "fb-ex-measured", points },
        { kind: "fb-ex-bound", points: flow },
      ],
      dots: [],
    },
    key: [
      ["fb-ex-measured", "descent"],
      ["fb-ex-bound", "gradient flow with the same weight decay"],
    ],
  };
}

export function mount(element) {
  const effective = { min: 0.02, max: 1, step: 0.02, value: 0.1 };
  const controls = [
    { name: "u", label: `u at the start (v is ${V0})`, min: 1, max: 3, step: 0.1, value: 1.6 },
    { name: "effective", label: "effective step, \u03b7/(1 \u2212 \u03b2)", ...effective },
    { name: "decay", label: "weight decay, \u03bb", min: 0, max: 0.2, step: 0.005, value: 0.02 },
    { name: "momentum", label: "momentum, \u03b2", min: 0, max: 0.95, step: 0.05, value: 0.9 },
  ];
  mountPanel(element, { title: "Imbalance under descent", controls, draw });
}
