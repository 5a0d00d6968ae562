// What a page looks like, as far as it can be measured. Each function returns sentences about what is wrong.
(() => {
  const named = element => {
    const words = (element.innerText || element.value || element.getAttribute("aria-label") || "").trim().split(/\s+/).slice(0, 5).join(" ");
    return `<${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""}${element.className ? "." + String(element.className).trim() : ""}> ${words}`;
  };
  const shown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  // What only a screen reader sees, or what a closed menu keeps, has no place on the page.
  const unseen = element => {
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.clipPath !== "none" || (each.clientWidth <= 1 && style.overflow === "hidden")) return true;
    }
    return false;
  };
  const map = element => element.closest(".leaflet-container");
  // The part of the page that an element shows itself in: a box that scrolls sideways by itself may hold wide things.
  const scrolls = element => {
    for (let each = element; each && each !== document.body; each = each.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(each).overflowX)) return true;
    return false;
  };
  const texts = () => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (walker.nextNode()) {
      const node = walker.currentNode, parent = node.parentElement;
      if (!node.data.trim() || ["SCRIPT", "STYLE", "OPTION", "NOSCRIPT"].includes(parent.tagName) || map(parent)) continue;
      if (!shown(parent) || unseen(parent)) continue;
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) found.push({ node, parent, box });
    }
    return found;
  };

  function fits() {
    const problems = [], wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) problems.push(`the page is ${document.documentElement.scrollWidth} wide and the screen ${wide}`);
    const seen = texts();
    for (const { parent, box } of seen)
      if ((box.right > wide + 1 || box.left < -1) && !scrolls(parent)) problems.push(`runs off the screen: ${named(parent)}`);
    for (const element of document.body.querySelectorAll("*")) {
      if (map(element) || ["INPUT", "SELECT"].includes(element.tagName) || !shown(element) || unseen(element)) continue; // a field scrolls by itself
      const style = getComputedStyle(element), clips = value => ["hidden", "clip"].includes(value);
      if (clips(style.overflowX) && element.scrollWidth > element.clientWidth + 1) problems.push(`is cut off: ${named(element)}`);
      else if (clips(style.overflowY) && element.scrollHeight > element.clientHeight + 1) problems.push(`is cut off: ${named(element)}`);
    }
    // Two texts that lie on each other. The space above and below the letters may overlap.
    for (let a = 0; a < seen.length; a++)
      for (let b = a + 1; b < seen.length; b++) {
        if (seen[a].node === seen[b].node) continue;
        const one = seen[a].box, two = seen[b].box, slack = Math.min(one.height, two.height) * 0.3;
        const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
        const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
        if (across > 2 && down > slack) problems.push(`lie on each other: ${named(seen[a].parent)} and ${named(seen[b].parent)}`);
      }
    return [...new Set(problems)].slice(0, 8);
  }

  const stops = () => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")].filter(element => {
    if (element.tabIndex < 0 || element.disabled || map(element)?.contains(element) && map(element) !== element || !shown(element)) return false;
    // Of a group of radio buttons the keyboard stops at one.
    if (element.type !== "radio") return true;
    const group = [...(element.form || document).querySelectorAll("input[type=radio]")].filter(each => each.name === element.name);
    return element === (group.find(each => each.checked) || group[0]);
  });
  // A choice drawn as a card hides its box and shows the focus around the card.
  const around = element => [element, element.parentElement, element.nextElementSibling, element.closest("label"), ...(element.labels || [])].filter(Boolean);
  const marks = element => around(element).flatMap(each => {
    return [null, "::before", "::after"].map(part => {
      const style = getComputedStyle(each, part);
      return [style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor, style.boxShadow, style.borderColor, style.backgroundColor].join();
    });
  }).join("|");
  const inSight = element => {
    const box = [...element.getClientRects()].find(each => each.width && each.height) || element.getBoundingClientRect();
    const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2, y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
    const top = document.elementFromPoint(x, y);
    return top && (element.contains(top) || top.contains(element) || [...(element.labels || [])].some(each => each.contains(top)));
  };

  function focus() {
    const problems = [], began = document.activeElement;
    let before = null;
    for (const element of stops()) {
      if (element.tabIndex > 0) problems.push(`is out of the order of the page: ${named(element)}`);
      element.blur();
      const without = marks(element);
      element.focus();
      if (document.activeElement !== element) continue;
      if (marks(element) === without) problems.push(`does not show that it has the focus: ${named(element)}`);
      if (!inSight(element)) problems.push(`is hidden when it has the focus: ${named(element)}`);
      // Reading goes down, and to the right on a line: the next stop is never above in the same column, nor to the left on the same line.
      // Both are measured now: to show the one, the page may have moved the other.
      if (before && !unseen(element)) {
        const was = before.getBoundingClientRect(), now = element.getBoundingClientRect();
        const sameColumn = Math.min(now.right, was.right) - Math.max(now.left, was.left) > 4;
        const sameLine = Math.min(now.bottom, was.bottom) - Math.max(now.top, was.top) > 4;
        if ((sameColumn && now.bottom <= was.top + 1) || (sameLine && now.right <= was.left + 1))
          problems.push(`comes after ${named(before)} and stands before it: ${named(element)}`);
      }
      if (!unseen(element)) before = element;
    }
    document.activeElement?.blur();
    began?.focus?.();
    scrollTo(0, 0);
    return problems.slice(0, 8);
  }

  // What came over the line for this page, in bytes, without its map: the library, our script, the outlines.
  function bytes() {
    const ofMap = ["/vendor/", "/map.js", "/territories.json"];
    const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return parts.filter(part => part.name.startsWith(location.origin) && !ofMap.some(each => part.name.includes(each))).reduce((sum, part) => sum + part.encodedBodySize, 0);
  }

  return { fits, focus, bytes, text_px: () => parseFloat(getComputedStyle(document.body).fontSize) };
})()
