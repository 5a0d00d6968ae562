// Draws the maps of a page (components/map.html) with Leaflet, which is fetched only where there is one.
export const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
export const FURTHEST_IN = 19, CLOSE = 16;
const APART_PX = 40;

export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export async function stylesheet(name) {
  const href = new URL(name, import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return;
  await new Promise((onload, onerror) => document.head.append(element("link", { rel: "stylesheet", href, onload, onerror })));
}

/** Shows a figure's map: tiles if there are any, the territories' outlines, nothing else. Gives Leaflet, the map, the words and what is drawn. */
export async function show(figure) {
  await Promise.all([stylesheet("vendor/leaflet/leaflet.css"), import("./vendor/leaflet/leaflet.js")]);
  await stylesheet("map.css");
  const L = window.L;
  const { tiles, attribution, outlines } = figure.dataset;
  const words = JSON.parse(figure.dataset.words);
  figure.hidden = false;
  const map = L.map(figure.querySelector(".map-canvas"), {
    scrollWheelZoom: false, zoomControl: false, zoomSnap: .5, zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
  });
  if (still) map.panBy = (offset, options) => L.Map.prototype.panBy.call(map, offset, { ...options, animate: false });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "bottomleft", zoomInTitle: words.in, zoomOutTitle: words.out }).addTo(map);
  map.on("popupopen", ({ popup }) => popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", words.close));
  map.getContainer().addEventListener("keydown", ({ key }) => key === "Escape" && map.closePopup());
  if (tiles) L.tileLayer(tiles, { maxZoom: FURTHEST_IN, attribution: escaped(attribution) }).addTo(map);
  const drawn = L.geoJSON(await territories(outlines), { interactive: false, className: "map-outline" }).addTo(map);
  if (drawn.getBounds().isValid()) map.fitBounds(drawn.getBounds());
  else map.setView([46.6, 2.5], 5);
  return { L, map, words, drawn };
}

async function territories(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.json() : [];
  } catch {
    return []; // a map without outlines is still a map
  }
}

function escaped(text) {
  return element("p", { textContent: text }).innerHTML;
}

/** Markers with a name, and a popup that leads where the list leads. Those that would lie on each other are one. */
async function points(figure) {
  const given = JSON.parse(figure.dataset.points);
  const { L, map, words } = await show(figure);
  if (given.length) map.fitBounds(L.latLngBounds(given.map((point) => [point.lat, point.lon])).pad(0.1), { maxZoom: CLOSE, animate: false });
  const layer = L.layerGroup().addTo(map);
  const draw = () => {
    layer.clearLayers();
    for (const group of together(map, given)) mark(L, map, layer, group, words);
  };
  draw();
  map.on("zoomend", draw);
}

function together(map, given) {
  const groups = [];
  for (const point of given) {
    const at = map.latLngToLayerPoint([point.lat, point.lon]);
    const near = groups.find((group) => group.at.distanceTo(at) < APART_PX);
    if (near) near.points.push(point);
    else groups.push({ at, points: [point] });
  }
  return groups.map((group) => group.points);
}

/** A marker for what lies in one place, with a popup of it. */
export function mark(L, map, layer, group, words) {
  const [first] = group, many = group.length > 1;
  const kind = group.every((point) => point.kind === first.kind) ? first.kind : "both";
  const label = many ? words.many.replace("#", group.length) : first.label;
  const icon = L.divIcon({ className: `map-point ${kind ?? ""}`, iconSize: many ? [34, 34] : [26, 26], html: many ? String(group.length) : "" });
  const marker = L.marker([first.lat, first.lon], { icon, title: label, riseOnHover: true }).addTo(layer);
  marker.getElement().setAttribute("aria-label", label);
  marker.bindPopup(element("ul", {}, ...group.map(entry)), { maxWidth: Math.min(300, map.getSize().x - 90), maxHeight: 220 });
  marker.on("popupopen", ({ popup }) => popup.getElement().querySelector("a")?.focus({ preventScroll: true }));
  return marker.on("popupclose", () => marker.getElement()?.focus({ preventScroll: true }));
}

function entry(point) {
  const name = point.url ? element("a", { href: point.url, textContent: point.label }) : point.label;
  return element("li", {}, name, ...(point.note ? [element("br"), point.note] : []));
}

/** A circle that follows a field, which may be a list or radios, and a caption in that field's words. */
async function radius(figure) {
  const [lon, lat] = JSON.parse(figure.dataset.centre);
  const { L, map } = await show(figure);
  const circle = L.circle([lat, lon], { radius: JSON.parse(figure.dataset.radius), className: "map-reach", interactive: false }).addTo(map);
  L.circleMarker([lat, lon], { radius: 5, className: "map-home", interactive: false }).addTo(map);
  const caption = figure.querySelector("figcaption");
  const follow = (field) => {
    if (!(Number(field?.value) > 0)) return;
    circle.setRadius(Number(field.value));
    caption.textContent = (field.selectedOptions ?? field.labels)?.[0]?.textContent.trim() || caption.textContent;
    map.fitBounds(circle.getBounds(), { animate: false });
  };
  new ResizeObserver(() => { // it may lie where nothing is shown yet
    map.invalidateSize({ animate: false });
    map.fitBounds(circle.getBounds(), { animate: false });
  }).observe(map.getContainer());
  const name = CSS.escape(JSON.parse(figure.dataset.field));
  follow(document.querySelector(`select[name="${name}"], input[name="${name}"]:checked, input[name="${name}"][type=range]`));
  document.addEventListener("input", ({ target }) => target.name === name && follow(target));
}

/** Outlines over those that are there already. */
async function shapes(figure) {
  const { L, map } = await show(figure);
  const layer = L.geoJSON(JSON.parse(figure.dataset.shapes), { interactive: false, className: "map-reach" }).addTo(map);
  map.fitBounds(layer.getBounds().pad(.1), { animate: false });
}

const KINDS = { points, radius, shapes };
for (const figure of document.querySelectorAll("figure[data-map]")) {
  const draw = KINDS[figure.dataset.map];
  if (draw && !figure.dataset.drawn) {
    figure.dataset.drawn = "yes";
    draw(figure).catch(() => { figure.hidden = true; }); // Leaflet's files are missing: the words beside the map say all of it
  }
}
