// Run in an open page by browser_page.py: waits until it is complete, then returns what is wrong with it, as
// pairs of fault and cure. `dark` and `narrow` say how the page is being shown.
async ({ dark, narrow }) => {
  const faults = [];
  const say = (fault, cure) => faults.push([fault, cure]);
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 80);

  if (!document.querySelector("meta[http-equiv='Content-Security-Policy']"))
    say("it has no content security policy", "render the site again");

  // Formulas
  if (window.MathJax?.startup?.promise) await window.MathJax.startup.promise;
  for (const one of document.querySelectorAll(".math")) {
    if (one.textContent.trim() && !one.querySelector("mjx-container"))
      say(`a formula is not rendered: ${short(one.textContent)}`, "correct its TeX");
  }
  for (const one of document.querySelectorAll("mjx-merror")) {
    const error = one.dataset.mjxError || one.textContent;
    say(`a formula has an error: ${short(error)}`, "correct its TeX");
  }
  for (const item of window.MathJax?.startup?.document?.math ?? []) {
    // A macro that MathJax does not know is no error for it; it is shown in red.
    item.root?.walkTree((node) => {
      if (node.isKind("mtext") && node.attributes?.get("mathcolor") === "red")
        say(`a formula has an unknown macro: ${short(item.math)}`, "define it or write it out");
    });
  }
  const raw = /\\\(|\\\[|\\begin\{|\$\$/;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { nodeValue: text, parentElement: parent } = walker.currentNode;
    if (raw.test(text) && !parent.closest("pre, code, script, style, textarea, .math"))
      say(`TeX is shown as it is written: ${short(text)}`, "mark it as a formula");
  }

  // Images, also those that are loaded only when they come into view
  for (const image of document.images) {
    image.loading = "eager";
    await image.decode().catch(() => {});
    if (!image.naturalWidth) say(`the image ${short(image.src)} is not shown`, "correct its address");
  }

  // Width, once fonts and scripts that follow the window's size have come to rest
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const { scrollWidth, clientWidth } = document.documentElement;
  if (narrow && scrollWidth > clientWidth) {
    const clips = (one) => one !== document.body && getComputedStyle(one).overflowX !== "visible";
    const clipped = (one) => one && (clips(one) || clipped(one.parentElement));
    const end = (one) => one.getBoundingClientRect().left + Math.max(one.offsetWidth, one.scrollWidth);
    const sticksOut = (one) => end(one) > clientWidth + 1 && !clipped(one);
    const nameOf = (one) => [one.tagName.toLowerCase(), ...one.classList].join(".");
    const wide = [...document.body.querySelectorAll("*")]
      .filter((one) => sticksOut(one) && ![...one.children].some(sticksOut))
      .map(nameOf);
    const names = [...new Set(wide)].slice(0, 3).join(", ");
    say(
      `it is ${scrollWidth} px wide on a screen of ${clientWidth} px (${names})`,
      "let the wide part scroll in its own frame",
    );
  }

  // Colours: the ground under the text, and whether the text can be read on it
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data]
      .map((byte) => byte / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const clear = (colour) => /^rgba\(.*, 0\)$|^transparent$/.test(colour);
  const groundOf = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!clear(colour)) return colour;
    }
    const itsOwn = getComputedStyle(document.documentElement).colorScheme;
    return dark && itsOwn.includes("dark") ? "black" : "white";
  };
  const text = document.querySelector("article p, main p, p") ?? document.body;
  const ground = luminance(groundOf(text));
  const ink = luminance(getComputedStyle(text).color);
  if (dark && ground > 0.2) say("in dark mode its ground is light", "take the theme's colours");
  if (!dark && ground < 0.6) say("in light mode its ground is dark", "take the theme's colours");
  if ((Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05) < 4.5)
    say("its text and its ground are too much alike to be read", "raise their contrast to 4.5 at least");
  return faults;
};
