// Where a volunteer goes (volunteer/reach.html): a search among many quartiers, and an area drawn on a map.
import { element, show, still, stylesheet } from "./map.js";

const MANY = 12, FEWEST = 3;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function button(words, press, kind = "second") {
  const made = element("button", { type: "button", className: `button ${kind}`, textContent: words });
  made.addEventListener("click", press);
  return made;
}

/** What is ticked stays in sight, whatever is searched for. */
function search(list, words) {
  const rows = [...list.querySelectorAll(".choice")];
  if (rows.length <= MANY) return;
  const input = element("input", { type: "search", id: "quartiers-search", autocomplete: "off" });
  list.querySelector(".choices, fieldset").before(
    element("div", { className: "field" }, element("label", { htmlFor: input.id, textContent: words.search }), input));
  input.addEventListener("input", () => {
    for (const row of rows) row.hidden = !plain(row.textContent).includes(plain(input.value.trim())) && !row.querySelector(":checked");
    for (const group of list.querySelectorAll("fieldset")) group.hidden = !group.querySelector(".choice:not([hidden])");
  });
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault()); // it sends no form
}

/** An area by its corners, in the order in which they were tapped. */
export class Drawing {
  constructor(box, words) {
    this.words = words;
    this.field = box.querySelector('[name="drawn"]');
    this.room = box.querySelector(".draw");
    this.figure = this.room.querySelector("figure");
    this.corners = corners(this.field.value);
    this.opens = button(words.open, () => this.open());
    this.room.prepend(this.opens);
    this.room.hidden = false;
    if (this.field.value) this.open();
  }

  async open() {
    this.opens.disabled = true;
    try {
      ({ L: this.L, map: this.map, drawn: this.drawn } = await show(this.figure));
    } catch {
      this.room.hidden = true; // Leaflet's files are missing: the quartiers do it
      return;
    }
    const had = document.activeElement === this.opens || document.activeElement === document.body;
    this.opens.remove();
    const { words, map } = this;
    map.doubleClickZoom.disable(); // two taps are two corners
    map.getContainer().append(element("div", { className: "map-cross", ariaHidden: "true" }));
    this.backs = button(words.back, () => this.back());
    this.clears = button(words.clear, () => this.change([]));
    this.said = element("p", { role: "status" });
    this.figure.after(this.said, element("div", { className: "buttons" },
      button(words.corner, () => this.put(map.getCenter())), ...this.more(), this.backs, this.clears));
    map.on("click", ({ latlng }) => this.put(latlng));
    this.layer = this.L.layerGroup().addTo(map);
    new ResizeObserver(() => map.invalidateSize({ animate: !still })).observe(map.getContainer());
    this.draw();
    if (this.corners.length) map.fitBounds(this.L.latLngBounds(this.corners).pad(.3), { animate: false });
    if (had && !this.field.value) map.getContainer().focus();
  }

  put(corner) {
    this.change([...this.corners, corner]);
  }

  back() {
    this.change(this.corners.slice(0, -1));
  }

  more() {
    return [];
  }

  change(corners) {
    this.corners = corners;
    const ring = [...corners, corners[0]].map((corner) => corner && [corner.lng, corner.lat].map((degrees) => Number(degrees.toFixed(6))));
    this.field.value = corners.length < FEWEST ? "" : JSON.stringify({ type: "Polygon", coordinates: [ring] });
    this.draw();
  }

  draw() {
    const { L, layer, corners, words } = this, many = corners.length;
    layer.clearLayers();
    L.polygon(corners, { className: "map-reach", interactive: false }).addTo(layer);
    for (const corner of corners) L.circleMarker(corner, { radius: 6, className: "map-home", interactive: false }).addTo(layer);
    this.backs.disabled = this.clears.disabled = !many && !this.field.value;
    this.said.textContent = (many >= FEWEST ? words.drawn : many ? words.few : words.none).replace("#", many);
  }
}

function corners(geojson) {
  try {
    return JSON.parse(geojson).coordinates[0].slice(0, -1).map(([lng, lat]) => ({ lat: Number(lat), lng: Number(lng) }));
  } catch {
    return []; // nothing drawn yet, or not by this page
  }
}

for (const box of document.querySelectorAll(".own-area")) {
  if (!box.dataset.ready) {
    box.dataset.ready = "yes";
    await stylesheet("where.css").catch(() => {});
    const words = JSON.parse(box.dataset.words);
    search(box.querySelector(".quartiers"), words);
    new Drawing(box, words);
  }
}
