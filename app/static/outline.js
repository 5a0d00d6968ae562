// The outline of a territory (coordination/outline.html): drawn on a map, or changed corner by corner.
import { element, stylesheet } from "./map.js";
import { button, Drawing } from "./own_area.js";

const MANY = 300;

/** A new corner goes into the side that it lies nearest to; what was done is taken back step by step.
 *  An area that cannot be changed corner by corner is shown, and stays in the text until another is drawn. */
class Outline extends Drawing {
  past = [];
  kept = "";

  /** What stands in the text: to be changed if it is simple, else to be seen. */
  read() {
    const area = geometry(this.field.value), change = simple(area);
    this.corners = change ? area.coordinates[0].slice(0, -1).map(([lng, lat]) => ({ lat, lng })) : [];
    this.kept = area && !change ? this.field.value : "";
    this.past = [];
  }

  async open() {
    this.read();
    await super.open();
    if (!this.map) return;
    this.drawn.eachLayer((area) => {
      const { name } = area.feature.properties;
      if (name === this.field.form.elements.name.defaultValue) return; // its own would lie on its corners
      area.bindTooltip(element("span", { textContent: name }), { permanent: true, direction: "center", opacity: .75 });
    });
    this.fit();
    this.field.addEventListener("input", () => {
      this.read();
      this.draw();
      this.fit();
    });
  }

  fit() {
    const bounds = this.L.featureGroup(this.layer.getLayers()).getBounds();
    if (bounds.isValid()) this.map.fitBounds(bounds.pad(.3), { animate: false });
  }

  draw() {
    super.draw();
    if (this.corners.length || !this.kept) return;
    try {
      this.L.geoJSON(geometry(this.kept), { className: "map-reach", interactive: false }).addTo(this.layer);
      this.said.textContent = this.words.kept;
      this.backs.disabled = !this.past.length;
      this.clears.disabled = true;
    } catch {
      this.kept = ""; // no numbers where a map needs some: the sentence comes when it is looked at
    }
  }

  put(corner) {
    const { corners } = this, many = corners.length;
    if (many < 3) return super.put(corner);
    const detour = (i) => this.far(corners[i], corner) + this.far(corner, corners[(i + 1) % many]) - this.far(corners[i], corners[(i + 1) % many]);
    this.change(corners.toSpliced(this.least(detour) + 1, 0, corner));
  }

  back() {
    if (this.past.length) this.store(this.past.pop());
  }

  change(corners) {
    this.past.push(this.corners);
    this.store(corners);
  }

  store(corners) {
    super.change(corners);
    if (!corners.length && this.kept) this.field.value = this.kept;
  }

  more() {
    const { map, words } = this;
    const nearest = () => this.least((i) => this.far(this.corners[i], map.getCenter()));
    return [
      button(words.move, () => this.corners.length && this.change(this.corners.with(nearest(), map.getCenter()))),
      button(words.take, () => this.corners.length && this.change(this.corners.toSpliced(nearest(), 1))),
    ];
  }

  far(one, other) {
    return this.map.latLngToLayerPoint(one).distanceTo(this.map.latLngToLayerPoint(other));
  }

  least(measure) {
    const all = this.corners.map((_, i) => measure(i));
    return all.indexOf(Math.min(...all));
  }
}

/** The area in a text: itself, or what a feature or a collection of one holds. */
function geometry(text) {
  try {
    const { features: [only] = [], ...given } = JSON.parse(text);
    const area = (only ?? given).geometry ?? given;
    return Array.isArray(area.coordinates) ? area : null;
  } catch {
    return null;
  }
}

/** Several pieces, holes or very many corners are not changed here: what is drawn takes their place. */
function simple(area) {
  const ring = area?.coordinates[0];
  return area?.type === "Polygon" && area.coordinates.length === 1 && ring.length <= MANY && ring.every((corner) => corner.every(Number.isFinite));
}

for (const box of document.querySelectorAll("[data-outline]")) {
  await stylesheet("where.css").catch(() => {});
  new Outline(box, JSON.parse(box.dataset.outline)).read(); // at once: it opens by itself where there is an area
}
