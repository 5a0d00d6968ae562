// Keeps a page up to date (app/live.py). In a list, what somebody is reading stays where it is: rows change in place, new ones push nothing
// about on the screen, and those that are done turn pale before they go. Other pages say that there is something new, and where.
const EVERY_MS = 1250, AWAY_MS = 10_000, PALE_MS = 8000;
const note = document.querySelector("[data-live]"), words = JSON.parse(note.dataset.liveNote);
const region = document.querySelector("[data-live-rows]") ?? document.getElementById("main");
let etag = note.dataset.live, waiting = null, failures = 0;

document.documentElement.style.overflowAnchor = "none"; // what stays in place is decided here

async function look() {
  const answer = await fetch(location.href, { headers: { "If-None-Match": etag, "X-Live": "part" }, cache: "no-store", redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return say(words.out), false;
  if (answer.status !== 304 && !answer.ok) throw new Error(answer.status);
  if (failures > 1) say("");
  failures = 0;
  etag = answer.headers.get("ETag")?.replace(/^W\//, "") ?? etag;
  if (answer.status === 200) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return true;
}

async function follow() {
  let pause = EVERY_MS;
  try {
    if (!document.hidden && !(await look())) return;
  } catch {
    failures += 1;
    pause = AWAY_MS;
    if (failures > 1) say(words.away);
  }
  setTimeout(follow, pause);
}

function say(text) {
  if (!note.firstElementChild && note.textContent !== text) note.textContent = text;
}

function show(fresh) {
  const there = fresh.querySelector("[data-live-rows]") ?? fresh.getElementById("main");
  if (!region.matches("[data-live-rows]")) {
    refresh(fresh);
    const news = document.querySelector("[data-live-news]").content;
    if (plain(region) !== plain(there) && !note.firstElementChild) note.replaceChildren(document.importNode(news, true));
    return;
  }
  const [rows, others] = [region, there].map((part) => part.querySelector("tbody"));
  if (rows && others) keepInPlace(() => (refresh(fresh), merge(rows, others, there)));
  else if (!region.contains(document.activeElement)) refresh(fresh), region.replaceChildren(...there.childNodes);
  else waiting = fresh;
}

/** What stands beside the list and changes with it. */
function refresh(fresh) {
  for (const part of document.querySelectorAll("[data-live-too]")) {
    const other = fresh.querySelector(`[data-live-too="${part.dataset.liveToo}"]`);
    if (other && plain(part) !== plain(other) && !part.contains(document.activeElement)) part.replaceChildren(...other.childNodes);
  }
}

region.addEventListener("focusout", () => setTimeout(() => {
  const fresh = waiting;
  waiting = null;
  if (fresh) show(fresh);
}));

/** What is shown, without what differs from one answer to the next anyway. */
function plain(part) {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrf_token], script, .gone, [data-live]")) token.remove();
  return copy.innerHTML;
}

/** Let what somebody looks at stay where it is on the screen: where they type, what they point at, or else the first row in view. */
function keepInPlace(change) {
  const visible = (part) => part && part.getBoundingClientRect().bottom > 0 && part.getBoundingClientRect().top < innerHeight;
  const focused = document.activeElement === document.body ? null : document.activeElement;
  const looked = [focused?.closest("tr") ?? focused, region.querySelector("tr:hover"), ...region.querySelectorAll("tr[data-key]")].find(visible);
  const before = looked?.getBoundingClientRect().top;
  change();
  if (looked?.isConnected) scrollBy({ top: looked.getBoundingClientRect().top - before, behavior: "instant" });
}

function merge(rows, others, there) {
  const was = new Map([...rows.querySelectorAll("tr[data-key]:not(.gone)")].map((row) => [row.dataset.key, row]));
  const fresh = [...others.rows], keys = new Set(fresh.map((row) => row.dataset.key));
  for (const [key, row] of was) if (!keys.has(key)) leave(row);
  let at = rows.firstElementChild, more = 0, changed = 0;
  for (const other of fresh) {
    while (at?.classList.contains("gone")) at = at.nextElementSibling;
    const known = was.get(other.dataset.key), row = known ?? document.importNode(other, true);
    if (!known) more += mark(row, "new");
    else if (plain(row) !== plain(other)) changed += update(row, other, there);
    if (row === at) at = at.nextElementSibling;
    else rows.insertBefore(row, at);
  }
  for (const name of ["caption", ".pagination"]) {
    const [one, two] = [region, there].map((part) => part.querySelector(name));
    if (one && two && plain(one) !== plain(two)) one.replaceChildren(...two.childNodes);
  }
  if (more || changed) say([more && words.more.replace("#", more), changed && words.changed.replace("#", changed)].filter(Boolean).join(" "));
}

function update(row, other, there) {
  if (row.contains(document.activeElement)) {
    waiting = there.ownerDocument;
    return 0;
  }
  row.replaceChildren(...document.importNode(other, true).childNodes);
  return mark(row, "new");
}

function mark(row, name) {
  if (!row.querySelector("td")) return 0; // a heading
  row.classList.add(name);
  setTimeout(() => row.classList.remove(name), PALE_MS);
  return 1;
}

function leave(row) {
  row.classList.add("gone");
  row.inert = true;
  setTimeout(() => keepInPlace(() => row.remove()), PALE_MS);
}

setTimeout(follow, EVERY_MS);
document.addEventListener("visibilitychange", () => !document.hidden && look().catch(() => {}));
