// The outline of a territory (coordination/outline.html): drawn on a map, or changed corner by corner.
import { stylesheet } from "./map.js";
import { button, Drawing } from "./own_area.js";

const MANY = 300;

/** A new corner goes into the side that it lies nearest to; what was done is taken back step by step. */
class Outline extends Drawing {
  past = [];

  put(corner) {
    const { corners } = this, many = corners.length;
    if (many < 3) return super.put(corner);
    const detour = (i) => this.far(corners[i], corner) + this.far(corner, corners[(i + 1) % many]) - this.far(corners[i], corners[(i + 1) % many]);
    this.change(corners.toSpliced(this.least(detour) + 1, 0, corner));
  }

  back() {
    if (this.past.length) super.change(this.past.pop());
  }

  change(corners) {
    this.past.push(this.corners);
    super.change(corners);
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

/** Several pieces, holes or very many corners are not changed here: what is drawn takes their place. */
function simple(geojson) {
  try {
    const { type, coordinates } = JSON.parse(geojson);
    return type === "Polygon" && coordinates.length === 1 && coordinates[0].length <= MANY;
  } catch {
    return false;
  }
}

for (const box of document.querySelectorAll("[data-outline]")) {
  await stylesheet("where.css").catch(() => {});
  const drawing = new Outline(box, JSON.parse(box.dataset.outline));
  if (!simple(drawing.field.value)) drawing.corners = [];
}
