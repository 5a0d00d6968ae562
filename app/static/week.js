// Comfort for the week of a form: dragging paints boxes, arrow keys move between them, and a box that changes takes the sentence's place.
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

for (const table of document.querySelectorAll("table.week")) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("input")]);
  const sentence = table.parentElement.querySelector(".week-words input");
  let paint = null, started = null, moved = false;

  const boxAt = (target) => target?.closest?.("td")?.querySelector("input[type=checkbox]");
  const set = (box, checked) => {
    if (box.checked === checked) return;
    box.checked = checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  table.style.touchAction = "pan-y"; // a finger that moves down scrolls the page, across it paints
  table.addEventListener("pointerdown", (event) => {
    started = event.button === 0 ? boxAt(event.target) : null;
    moved = false;
    if (started) paint = !started.checked;
  });
  table.addEventListener("pointermove", (event) => {
    const box = started && boxAt(document.elementFromPoint(event.clientX, event.clientY));
    if (!box || !table.contains(box) || (box === started && !moved)) return;
    moved = true;
    set(started, paint);
    set(box, paint);
  });
  addEventListener("pointerup", () => { started = null; });
  addEventListener("pointercancel", () => { started = null; });
  table.addEventListener("dragstart", (event) => event.preventDefault());
  // The click that ends a stroke would turn the box under it back.
  table.addEventListener("click", (event) => {
    if (moved) event.preventDefault();
    else if (event.target.tagName === "TD") boxAt(event.target)?.click();
    moved = false;
  }, true);

  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const row = rows.findIndex((boxes) => boxes.includes(event.target));
    if (!step || row < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = rows[row + step[0]]?.[rows[row].indexOf(event.target) + step[1]];
    event.preventDefault();
    next?.focus();
  });

  table.addEventListener("change", () => { sentence.value = ""; });
}
