// Run by print_page.py in an open page under print media: unfolds and loads everything, makes wide formulas and
// tables fit, and returns the headings and what would be cut off on paper all the same.
async ({ smallest }) => {
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 80);
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const folded of document.querySelectorAll(".toggle-hidden")) folded.classList.remove("toggle-hidden");
  if (window.MathJax?.startup?.promise) await window.MathJax.startup.promise;
  for (const image of document.images) {
    image.loading = "eager";
    await image.decode().catch(() => {});
  }
  await document.fonts.ready;

  // Code is broken into lines by the stylesheet; a formula or a table cannot be, and is set smaller instead.
  const cut = [];
  const room = (one) => one.parentElement.closest("section, main, body").clientWidth;
  for (const one of document.querySelectorAll("mjx-container[display='true'], table")) {
    if (one.closest("table") !== one && one.closest("table")) continue;
    const wide = Math.max(one.scrollWidth, one.firstElementChild?.scrollWidth ?? 0);
    const fit = Math.min(room(one), one.parentElement.clientWidth || Infinity) / wide;
    if (fit < 1) one.style.zoom = Math.max(fit * 0.99, smallest);
    if (fit < smallest) cut.push(short(one.textContent) || one.tagName.toLowerCase());
  }
  for (const one of document.querySelectorAll("pre")) {
    if (one.scrollWidth > one.clientWidth + 1) cut.push(short(one.textContent));
  }
  const whole = (heading) => {
    const own = heading.cloneNode(true);
    for (const link of own.querySelectorAll("a.headerlink")) link.remove();
    return own.textContent.trim().replace(/\s+/g, " ");
  };
  return { cut, headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(whole) };
};
