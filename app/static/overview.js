// The coordinators' map (coordination/map.html): what is in view comes from the server, the list beside it follows, the address keeps both.
import { CLOSE, element, FURTHEST_IN, mark, show } from "./map.js";

const SETTLED_MS = 150, WIDEST_LINE = 6;

class Overview {
  constructor(figure, { L, map, words, drawn }) {
    this.given = JSON.parse(figure.dataset.overview);
    Object.assign(this, { L, map, words, marks: L.layerGroup().addTo(map), shown: new Map(), caption: figure.querySelector("figcaption") });
    this.status = element("p", { className: "unseen", role: "status" });
    this.failed = element("p", { textContent: this.given.failed, hidden: true });
    this.failed.setAttribute("role", "alert");
    figure.append(this.status, this.failed);
    for (const area of drawn.getLayers()) this.shade(area);
    map.setMaxZoom(FURTHEST_IN);
    this.begin();
    map.on("moveend", () => {
      clearTimeout(this.settled);
      this.settled = setTimeout(() => this.follow(true), SETTLED_MS);
    });
    this.follow(Boolean(this.given.box));
  }

  begin() {
    const { box, whole, zoom } = this.given;
    const bounds = box ? this.bounds(box) : whole && this.bounds(whole).pad(0.1);
    if (box && zoom !== null) this.map.setView(bounds.getCenter(), zoom, { animate: false });
    else if (bounds) this.map.fitBounds(bounds, { maxZoom: box ? FURTHEST_IN : CLOSE, animate: false });
  }

  bounds([west, south, east, north]) {
    return this.L.latLngBounds([south, west], [north, east]);
  }

  shade(area) {
    const shade = this.given.shades[area.feature.id];
    if (!shade) return;
    area.setStyle({ fillColor: `url(#shade-${shade})`, fillOpacity: 1 });
    area.getElement().classList.add("map-shaded");
  }

  /** Fetch what is in view now, whatever was being fetched before. `moved`: the address and the list are those of another view. */
  async follow(moved) {
    this.fetching?.abort();
    this.fetching = new AbortController();
    const query = new URLSearchParams(location.search);
    query.set("bbox", this.box());
    query.set("zoom", this.map.getZoom());
    try {
      const [drawn, page] = await Promise.all([this.fetch(`${this.given.from}?${query}`), moved && this.fetch(`${location.pathname}?${query}`)]);
      this.draw(JSON.parse(drawn).features);
      if (moved) this.keep(query, new DOMParser().parseFromString(page, "text/html"));
      this.failed.hidden = true;
    } catch (error) {
      if (error.name !== "AbortError") this.failed.hidden = false;
    }
  }

  box() {
    const bounds = this.map.getBounds();
    const within = (degrees, most) => Math.min(most, Math.max(-most, degrees)).toFixed(5);
    return [within(bounds.getWest(), 180), within(bounds.getSouth(), 90), within(bounds.getEast(), 180), within(bounds.getNorth(), 90)].join();
  }

  async fetch(address) {
    const answer = await fetch(address, { signal: this.fetching.signal, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  /** What stays stays, with its popup and the focus on it. */
  draw(features) {
    const wanted = new Map(features.map((feature) => [JSON.stringify(feature), feature]));
    for (const [key, layer] of this.shown) {
      if (wanted.has(key)) continue;
      if (layer.getElement()?.contains(document.activeElement)) this.map.getContainer().focus({ preventScroll: true });
      this.marks.removeLayer(layer);
      this.shown.delete(key);
    }
    for (const [key, feature] of wanted) if (!this.shown.has(key)) this.shown.set(key, this.layer(feature));
  }

  layer({ geometry, properties }) {
    if (geometry.type === "LineString") return this.line(geometry.coordinates, properties.matches);
    const [lon, lat] = geometry.coordinates;
    if (properties.kind === "cluster") return this.cluster([lat, lon], properties);
    const kind = properties.urgency === "urgent" ? "need urgent" : properties.kind;
    const marker = mark(this.L, this.map, this.marks, [{ ...properties, lon, lat, kind }], this.words);
    return marker.once("popupopen", ({ popup }) => this.tell(popup, `${properties.url}/glance`));
  }

  /** What there is to say of one post is asked for when it is pressed; where that fails, its page says it. */
  async tell(popup, address) {
    const answer = await fetch(address, { redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const { lines } = await answer.json();
    const focused = document.activeElement; // lost where what is around it is laid out anew
    popup.getContent().querySelector("li").append(...lines.flatMap((line) => [element("br"), line]));
    popup.update();
    focused.focus({ preventScroll: true });
  }

  line(ends, matches) {
    const weight = Math.min(WIDEST_LINE, 2 + Math.log2(matches));
    return this.L.polyline(ends.map(([lon, lat]) => [lat, lon]), { className: "map-line", interactive: false, weight }).addTo(this.marks);
  }

  cluster(at, { label, needs, offers, urgent, bounds }) {
    const kind = needs && offers ? "both" : offers ? "offer" : "need";
    const icon = this.L.divIcon({ className: `map-point many ${kind} ${urgent ? "urgent" : ""}`, iconSize: [needs + offers > 999 ? 56 : 42, 42], html: String(needs + offers) });
    const marker = this.L.marker(at, { icon, title: label, riseOnHover: true }).addTo(this.marks);
    marker.getElement().setAttribute("aria-label", `${needs + offers}: ${label}`); // what is seen is part of what is read out
    const press = () => this.into(this.bounds(bounds));
    return marker.on("click", press).on("keydown", ({ originalEvent: event }) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      press();
    });
  }

  /** Nearer, until they lie apart; where they never will, to the list. */
  into(bounds) {
    const zoom = Math.min(FURTHEST_IN, Math.max(this.map.getBoundsZoom(bounds), this.map.getZoom() + 1));
    if (this.map.getZoom() >= FURTHEST_IN) document.querySelector("#list").focus();
    else this.map.setView(bounds.getCenter(), zoom);
  }

  keep(query, page) {
    history.replaceState(null, "", `?${query}`);
    const list = document.querySelector("#list");
    list.replaceChildren(...page.querySelector("#list").childNodes);
    this.status.textContent = [...list.querySelectorAll("h2, h3, .empty .lead")].map((part) => part.textContent).join(", ");
    const form = document.querySelector("form.filters");
    for (const name of ["bbox", "zoom"]) {
      form.querySelector(`[name="${name}"]`)?.remove();
      form.append(element("input", { type: "hidden", name, value: query.get(name) }));
    }
  }
}

const figure = document.querySelector('figure[data-map="overview"]');
show(figure).then((shown) => new Overview(figure, shown)).catch(() => { figure.hidden = true; }); // Leaflet's files are missing
