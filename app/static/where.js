// The place of a post (components/where.html): a search as one types, and a pin on a map. What is sent are the fields below both.
import { element, show, still, stylesheet } from "./map.js";

const PAUSE_MS = 250, SHORTEST = 3, CLOSE = 17, CLOSE_WITHOUT_TILES = 14;

class Place {
  constructor(box) {
    this.box = box;
    this.words = JSON.parse(box.dataset.words);
    this.fields = Object.fromEntries(["address", "postcode", "town", "spot", "spot_of"].map((name) => [name, box.querySelector(`[name="${name}"]`)]));
    this.said = element("p", { className: "said", role: "status" });
    this.pinned = false;
    this.unsaid = new Set(); // what a found address did not say and is written by hand: the table may know no postcodes
    for (const name of ["address", "postcode", "town"]) this.fields[name].addEventListener("input", () => this.changed(name));
  }

  get line() {
    return ["address", "postcode", "town"].map((name) => this.fields[name].value.trim()).join("|");
  }

  get point() {
    const [lon, lat] = this.fields.spot.value.split(",").map(Number);
    return this.fields.spot.value && this.fields.spot_of.value === this.line ? { lon, lat } : null;
  }

  settle(spot) {
    this.fields.spot.value = spot;
    this.fields.spot_of.value = spot ? this.line : "";
  }

  /** What was found was found for another address; a pin stays where somebody has put it. */
  changed(name) {
    const stays = this.pinned || this.unsaid.has(name);
    this.settle(stays ? this.fields.spot.value : "");
    if (!stays) this.say("");
  }

  say(words) {
    this.said.textContent = words;
  }

  pick(found) {
    for (const name of ["address", "postcode", "town"]) {
      if (found[name]) this.fields[name].value = found[name];
      this.unsaid[found[name] ? "delete" : "add"](name);
    }
    this.pinned = false;
    this.settle(found.spot);
    this.say(this.words.found.replace("#", found.label));
    this.box.dispatchEvent(new Event("settled"));
  }
}

/** An editable combobox with a list (WAI-ARIA 1.2). */
class Search {
  constructor(place) {
    this.place = place;
    const { words, box, said, fields } = place;
    this.list = element("ul", { id: "where-list", role: "listbox", ariaLabel: words.list, hidden: true });
    this.input = element("input", { id: "where-search", type: "text", autocomplete: "off", spellcheck: false, maxLength: 200 });
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "where-list", "aria-describedby": "where-search-hint" };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    fields.address.closest(".field").before(
      element("div", { className: "field search" },
        element("label", { htmlFor: "where-search", textContent: words.search }),
        element("p", { className: "hint", id: "where-search-hint", textContent: words.hint }),
        element("div", { className: "combobox" }, this.input, this.list), said),
    );
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", ({ target }) => this.take([...this.list.children].indexOf(target.closest("li"))));
    this.token = box.closest("form").elements.csrf_token.value;
    this.found = [];
  }

  typed() {
    clearTimeout(this.later);
    this.asking?.abort();
    this.place.say("");
    const text = this.input.value.trim();
    if (text.length < SHORTEST) this.close();
    else this.later = setTimeout(() => this.ask(text), PAUSE_MS);
  }

  async ask(text) {
    this.asking = new AbortController();
    try {
      const answer = await fetch(this.place.box.dataset.search, {
        method: "POST", signal: this.asking.signal, body: JSON.stringify({ q: text }),
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token },
      });
      if (answer.ok) this.open((await answer.json()).found);
      else this.close();
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the fields below do without
    }
  }

  open(found) {
    const { words } = this.place;
    this.found = found;
    this.list.replaceChildren(...found.map((one, i) => element("li", { id: `where-option-${i}`, role: "option", textContent: one.label })));
    this.show(found.length > 0);
    this.place.say(found.length > 1 ? words.many.replace("#", found.length) : found.length ? words.one : words.none);
  }

  show(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", open);
    this.activate(-1);
  }

  close() {
    clearTimeout(this.later);
    this.asking?.abort();
    this.show(false);
  }

  activate(at) {
    this.at = at;
    [...this.list.children].forEach((each, i) => each.setAttribute("aria-selected", i === at));
    if (at < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `where-option-${at}`);
      this.list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  take(at) {
    if (!this.found[at]) return;
    this.input.value = this.found[at].label;
    this.close();
    this.place.pick(this.found[at]);
  }

  key(event) {
    const open = !this.list.hidden, many = this.found.length;
    if (event.key === "Enter" && this.input.value.trim()) {
      event.preventDefault(); // it picks, it does not send a form that is not filled in yet
      if (open) this.take(Math.max(this.at, 0));
    } else if (event.key === "Escape") {
      if (!open) this.input.value = "";
      this.close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && many) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (!open) this.show(true);
      this.activate(this.at < 0 && step < 0 ? many - 1 : (this.at + step + many) % many);
    }
  }
}

/** A pin in the middle of a map that moves under a cross: the arrow keys do what a mouse or a finger does. */
class Pin {
  constructor(place) {
    this.place = place;
    const { words, box } = place;
    this.area = box.querySelector(".pin");
    this.figure = this.area.querySelector("figure");
    this.opens = this.button(words.open, () => this.open());
    this.puts = this.button(words.put, () => this.put(this.map.getCenter()));
    this.leaves = this.button(words.unpin, () => this.away());
    this.said = element("p", { role: "status" });
    this.area.prepend(this.opens);
    this.area.hidden = false;
    box.addEventListener("settled", () => this.mark());
    if (this.area.dataset.lost) this.open();
  }

  button(words, press) {
    const made = element("button", { type: "button", className: "button second", textContent: words });
    made.addEventListener("click", press);
    return made;
  }

  async open() {
    this.opens.disabled = true;
    try {
      ({ L: this.L, map: this.map } = await show(this.figure));
    } catch {
      this.area.hidden = true; // Leaflet's files are missing: the quartier does it
      return;
    }
    const had = document.activeElement === this.opens || document.activeElement === document.body;
    this.opens.remove();
    this.map.getContainer().append(element("div", { className: "map-cross", ariaHidden: "true" }));
    this.figure.after(element("div", { className: "buttons" }, this.puts, this.leaves), this.said);
    this.map.on("click", ({ latlng }) => {
      this.map.panTo(latlng, { animate: !still });
      this.put(latlng);
    });
    this.mark();
    if (had && !this.area.dataset.lost) this.map.getContainer().focus();
  }

  put({ lng, lat }) {
    this.place.pinned = true;
    this.place.settle(`${lng.toFixed(6)},${lat.toFixed(6)}`);
    this.place.say("");
    this.mark();
    this.said.textContent = this.place.words.pinned;
  }

  away() {
    this.place.pinned = false;
    this.place.settle("");
    this.mark();
    this.puts.focus();
  }

  mark() {
    if (!this.map) return;
    const { point, pinned } = this.place;
    this.marker?.remove();
    this.said.textContent = "";
    this.leaves.hidden = !pinned;
    if (!point) return;
    const icon = this.L.divIcon({ className: "map-point", iconSize: [24, 24] });
    this.marker = this.L.marker([point.lat, point.lon], { icon, interactive: false, keyboard: false }).addTo(this.map);
    if (!pinned) this.map.setView([point.lat, point.lon], this.figure.dataset.tiles ? CLOSE : CLOSE_WITHOUT_TILES);
  }
}

for (const box of document.querySelectorAll(".where")) {
  if (!box.dataset.ready) {
    box.dataset.ready = "yes";
    await stylesheet("where.css").catch(() => {});
    const place = new Place(box);
    if (!box.querySelector('[name="which"]')) { // one question at a time
      new Search(place);
      new Pin(place);
    }
    if (place.point) place.say(place.words.found.replace("#", `${place.fields.address.value}, ${place.fields.postcode.value} ${place.fields.town.value}`));
  }
}
