// Run in an open page by axe.py: marks each text that looks like another one, so that the rule of contrast
// judges every pair of ink and ground once, and not at each of a thousand words of code.
(mark) => {
  // What a text's contrast depends on: its ink and size, and all that lies between it and the canvas.
  const parts = new Map();
  const partOf = (one) => {
    if (!one) return { grounds: "" };
    if (!parts.has(one)) {
      const above = partOf(one.parentElement);
      const style = getComputedStyle(one);
      const ground = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode];
      const plain = /^(rgba\(.*, 0\)|transparent),none,1,none,normal$/.test(ground.join());
      // What is moved may lie over anything: it is like nothing else.
      const moved = !/^(static|relative)$/.test(style.position) || style.transform !== "none";
      const added = moved ? `moved ${parts.size}` : plain ? "" : ground.join();
      const ink = [style.color, style.fontSize, style.fontWeight, style.textShadow].join();
      const clips = [style.overflowX, style.overflowY].some((overflow) => overflow !== "visible");
      parts.set(one, { one, above, clips, ink, grounds: added ? `${above.grounds}|${added}` : above.grounds });
    }
    return parts.get(one);
  };

  // Axe passes no judgement on what is hidden, out of sight, disabled or without words: such a text may not
  // stand for others.
  const unjudged = "[aria-disabled='true'], [disabled], [inert], label, option";
  const inSight = (one) => {
    const box = one.getBoundingClientRect();
    let [left, top, right, bottom] = [-scrollX, -scrollY, Infinity, Infinity];
    for (let part = partOf(one).above; part.one; part = part.above) {
      if (!part.clips) continue;
      const frame = part.one.getBoundingClientRect();
      [left, top] = [Math.max(left, frame.left), Math.max(top, frame.top)];
      [right, bottom] = [Math.min(right, frame.right), Math.min(bottom, frame.bottom)];
    }
    const within = box.left >= left && box.top >= top && box.right <= right && box.bottom <= bottom;
    return within && box.width > 1 && box.height > 1 && one.checkVisibility({ visibilityProperty: true });
  };

  const standsFor = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { nodeValue: text, parentElement: one } = texts.currentNode;
    if (!text.trim() || one.closest("mjx-container, script, style")) continue;
    const { ink, grounds } = partOf(one);
    const look = `${ink}|${grounds}`;
    const first = standsFor.get(look);
    if (first && first !== one) one.setAttribute(mark, "");
    else if (!first && /[a-z0-9]{2}/i.test(text) && !one.closest(unjudged) && inSight(one)) standsFor.set(look, one);
  }
};
