// Puts what the event stream says about a service where the page shows it.

import { ago } from "./times.js";

const WORDS = { up: "Up", degraded: "Degraded", down: "Down", unknown: "Unknown" };
const WORST = ["down", "unknown", "degraded", "up"];

/** Show a state in the place that tells it: glyph, word and since when. */
function show(place, state, since) {
  place.dataset.state = state;
  for (const element of place.querySelectorAll(":scope .glyph")) {
    if (element.closest("[data-state]") !== place) continue;
    element.setAttribute("class", `glyph s-${state}`);
    element.firstElementChild.setAttribute("href", `#g-${state}`);
  }
  for (const element of place.querySelectorAll(":scope .word")) {
    if (element.closest("[data-state]") !== place) continue;
    element.textContent = "lower" in element.dataset ? state : WORDS[state];
  }
  for (const element of place.querySelectorAll(":scope .for")) {
    if (element.closest("[data-state]") !== place) continue;
    if (since) element.replaceChildren("for ", ago(since));
    else element.replaceChildren();
  }
}

/** Why a service is not up, from those of its checks that are not; as the server words it. */
export function reason(entry) {
  if (entry.state === "up") return "";
  const said = [];
  for (const state of WORST.slice(0, -1)) {
    for (const check of entry.checks) {
      if (check.state === state && check.reason && !said.includes(check.reason)) said.push(check.reason);
    }
  }
  const more = said.length - 3;
  return said.slice(0, 3).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

export function latency(seconds) {
  if (seconds === null || seconds === undefined) return "no data";
  if (seconds < 0.001) return `${Math.floor(seconds * 1e6)} µs`;
  const [value, unit] = seconds < 1 ? [seconds * 1000, "ms"] : [seconds, "s"];
  const scale = value < 10 ? 100 : value < 100 ? 10 : 1;
  return `${(Math.floor(value * scale + 1e-9) / scale).toFixed(Math.log10(scale))} ${unit}`;
}

/** Take over one service; returns the sentence that says what changed, or nothing. */
export function apply(entry) {
  const places = document.querySelectorAll(`[data-service="${CSS.escape(entry.service)}"]`);
  let news = "";
  for (const place of places) {
    if (place.dataset.state !== entry.state) news = `${entry.service} is ${entry.state}`;
    show(place, entry.state, entry.since);
    const why = place.querySelector(":scope > .reason, :scope > a > .reason");
    if (why) why.textContent = reason(entry);
    for (const figure of place.querySelectorAll("[data-figure]")) {
      const shown = entry.shown[figure.dataset.figure];
      if (shown !== undefined) {
        figure.textContent = shown;
        figure.classList.toggle("none", shown === "no data");
      }
    }
    for (const check of entry.checks) {
      const row = place.querySelector(`[data-check="${CSS.escape(check.check)}"]`);
      if (row) applyCheck(row, check);
    }
    const lead = place.querySelector(":scope > #lead");
    if (lead) lead.className = `lead s-${entry.state}`;
  }
  if (document.querySelector("article[data-service]")) {
    document.title = `${entry.service} is ${entry.state} · slawatch`;
  }
  return news;
}

function applyCheck(row, check) {
  show(row, check.state, check.since);
  row.querySelector(":scope > .reason").textContent = check.state === "up" ? "" : check.reason;
  if (check.last_sample) row.querySelector(".last").replaceChildren(ago(check.last_sample), " ago");
  row.querySelector(".took").textContent = latency(check.latency);
}

/** The state of all services in a few words, the worst first; as the server words it. */
export function headline(states) {
  const count = (state) => states.filter((found) => found === state).length;
  if (!states.length) return "Nothing is watched yet";
  if (count("up") === states.length) return states.length === 1 ? "The service is up" : `All ${states.length} services are up`;
  if (states.length === 1) return `The service is ${states[0]}`;
  const parts = [];
  for (const state of WORST.slice(0, -1)) {
    const found = count(state);
    if (!found) continue;
    const total = parts.length ? "" : ` of ${states.length} services`;
    parts.push(`${found}${total} ${found === 1 ? "is" : "are"} ${state}`);
  }
  return parts.join(", ");
}

/** Bring the head of a page about many services up to date, and put those in trouble first. */
export function summarise() {
  const words = document.getElementById("headline");
  if (!words || document.querySelector("[data-partial]")) return;
  const places = [...document.querySelectorAll("[data-service]")];
  const states = places.map((place) => place.dataset.state);
  const worst = WORST.find((state) => states.includes(state)) || "unknown";
  const said = headline(states);
  const lead = document.getElementById("lead");
  if (words.textContent !== said) words.textContent = said;
  lead.className = `lead s-${worst}`;
  show(lead, worst, null);
  document.title = `${said} · slawatch`;
  for (const list of document.querySelectorAll(".services, .tiles")) sort(list);
  const icon = document.querySelector("link[rel=icon]");
  const wanted = `${icon.dataset.icons}${states.includes("down") ? "icon-down.svg" : "icon.svg"}`;
  if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
}

function sort(list) {
  const before = [...list.children];
  const after = before
    .map((element, index) => ({ element, index, rank: WORST.indexOf(element.dataset.state) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map((entry) => entry.element);
  if (after.every((element, index) => element === before[index])) return;
  const focused = document.activeElement;
  list.append(...after);
  if (focused && list.contains(focused)) focused.focus({ preventScroll: true });
}
