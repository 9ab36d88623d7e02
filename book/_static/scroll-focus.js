// What is wider than the page scrolls in a frame of its own. A keyboard scrolls only what it can reach, so such a
// frame takes the focus while there is something to scroll; the theme does the same for code.
(() => {
  const frames = "mjx-container[display='true'], .fb-scroll";
  const mark = () => {
    for (const frame of document.querySelectorAll(frames)) {
      if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
      else frame.removeAttribute("tabindex");
    }
  };
  const start = async () => {
    await window.MathJax?.startup?.promise; // only then have formulas their width
    mark();
    window.addEventListener("resize", mark);
  };
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);
})();
