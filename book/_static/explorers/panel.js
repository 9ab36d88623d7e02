/* What every explorer is made of: native controls, one line that says the result, and its plot. No mathematics. */

import { drawPlot } from "./plot.js";

let mounted = 0; // ids must be unique on a page with several explorers

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"; // the digits as exponents

/* A number as people write it: four digits, and a power of ten where zeros would hide it. */
export function shown(value) {
  if (value === Infinity) return "never";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return `${Number(value.toPrecision(4))}`.replace("-", "\u2212");
  const [digits, power] = value.toExponential(2).split("e");
  const raised = [...power.replace("+", "")].map((one) => RAISED[one] ?? "\u207b").join("");
  return `${digits.replace("-", "\u2212")}\u00a0\u00d7\u00a010${raised}`;
}

/* One control with its label; a slider says its value beside it. */
function field(control, id) {
  const label = make("label", { for: id }, control.label);
  if (control.options) {
    const options = control.options.map(([value, text]) => make("option", { value }, text));
    const input = make("select", { id, name: control.name }, ...options);
    input.value = control.value;
    return { input, row: make("div", { class: "fb-ex-field" }, label, input), tell: () => {} };
  }
  const { min, max, step, value } = control;
  const input = make("input", { id, name: control.name, type: "range", min, max, step, value });
  // Read with the slider (aria-valuetext), so it must not be announced a second time.
  const output = make("output", { for: id, "aria-live": "off" });
  const tell = () => {
    output.value = (control.show ?? shown)(Number(input.value));
    input.setAttribute("aria-valuetext", output.value);
  };
  return { input, row: make("div", { class: "fb-ex-field" }, label, input, output), tell };
}

/* Put the explorer into `element`. `draw(values)` returns `{ said, plot, key }`: the result in words, what
   plot.js draws, and the meaning of its lines as pairs of class and text. */
export function mountPanel(element, { title, controls, draw }) {
  mounted += 1;
  const fields = controls.map((control) => field(control, `fb-ex-${mounted}-${control.name}`));
  const said = make("p", { class: "fb-ex-said", role: "status" });
  const picture = make("div", { class: "fb-ex-plot" });
  const key = make("ul", { class: "fb-ex-key" });
  const reset = make("button", { type: "reset" }, "Start again");
  const legend = make("legend", {}, title);
  const set = make("fieldset", {}, legend, ...fields.map((one) => one.row), reset, said, picture, key);
  const form = make("form", { class: "fb-ex-form", autocomplete: "off" }, set);

  const update = () => {
    const values = {};
    for (const { input, tell } of fields) {
      values[input.name] = input.type === "range" ? Number(input.value) : input.value;
      tell();
    }
    const result = draw(values);
    said.textContent = result.said;
    const width = Math.min(680, Math.max(280, picture.clientWidth || 640));
    picture.replaceChildren(drawPlot(result.plot, { width, name: `${title}. ${result.said}` }));
    key.replaceChildren(...result.key.map(([kind, text]) => make("li", { class: kind }, text)));
  };

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The controls have their first values again only after the event.
  form.addEventListener("reset", () => setTimeout(update));
  update(); // a draw that fails leaves the place as it was
  for (const { input } of fields) {
    if (input.tagName !== "SELECT") continue;
    for (const option of input.options) option.defaultSelected = option.selected;
  }
  element.replaceChildren(form);
  let width = 0;
  new ResizeObserver(() => {
    if (picture.clientWidth === width) return;
    width = picture.clientWidth;
    update();
  }).observe(picture);
}
