/* The ledger's filter: shows the rows of one status, paper and kind. Without this script the page shows every row. */
"use strict";

/* Whether a row is shown; an empty choice means "any". */
function isShown(row, choice) {
  return ["status", "paper", "kind"].every((name) => !choice[name] || row[name] === choice[name]);
}

/* The line that a screen reader is told after each change. */
function countText(shown, all) {
  return shown === all ? `all ${all} statements` : `${shown} of ${all} statements`;
}

function suffix(element, prefix) {
  const name = [...element.classList].find((one) => one.startsWith(prefix));
  return name ? name.slice(prefix.length) : "";
}

function startFilter(form) {
  const rows = [...document.querySelectorAll("tr.fb-row")].map((element) => {
    const section = element.closest("section.fb-paper");
    const [status, kind] = [suffix(element, "fb-is-"), suffix(element, "fb-kind-")];
    return { element, section, status, kind, paper: suffix(section, "fb-paper-") };
  });
  const sections = new Set(rows.map((row) => row.section));
  const apply = () => {
    const { status, paper, kind } = form.elements;
    const choice = { status: status.value, paper: paper.value, kind: kind.value };
    let shown = 0;
    const filled = new Set();
    for (const row of rows) {
      const visible = isShown(row, choice);
      row.element.hidden = !visible;
      if (visible) {
        shown += 1;
        filled.add(row.section);
      }
    }
    for (const section of sections) section.hidden = !filled.has(section);
    form.elements.count.value = countText(shown, rows.length);
  };
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
  /* A link to a row must reach it whatever was chosen before: browsers restore choices when one comes back. */
  window.addEventListener("hashchange", () => {
    form.reset();
    apply();
  });
}

if (typeof document !== "undefined") {
  const form = document.querySelector("form.fb-filter");
  if (form) startFilter(form);
}
if (typeof module !== "undefined") module.exports = { isShown, countText };
