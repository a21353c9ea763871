// Keeps a page true: follows the event stream, connects again when it breaks, and says when the page is stale.

import { refresh } from "./regions.js";
import { apply, summarise } from "./states.js";
import { moment, offerZone, showMoments, synchronise, tick } from "./times.js";

const SILENT = 25_000;
const HIDDEN = 5_000;
const AGAIN = 5_000;

const body = document.body;
const root = document.documentElement;
const live = document.getElementById("live");
const stale = document.getElementById("stale");
const news = document.getElementById("news");

let stream = null;
let seen = body.dataset.since;
let heard = 0;
let at = "";
let retry = 0;
let away = 0;
let problem = "";
let said = [];

function address() {
  const url = new URL(body.dataset.stream, location.href);
  url.searchParams.set("since", seen);
  return url;
}

function connect() {
  clearTimeout(retry);
  if (stream) stream.close();
  stream = new EventSource(address());
  stream.addEventListener("open", () => heed());
  stream.addEventListener("error", () => {
    problem = "the connection to slawatch is lost; trying again";
    show();
    if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, AGAIN + Math.random() * AGAIN);
  });
  stream.addEventListener("now", (event) => {
    const found = JSON.parse(event.data);
    at = found.at;
    synchronise(at);
    fill("queued", found.queued);
    fill("lag", found.lag ? `${found.lag.toFixed(1)} s` : "0 s");
    heed(event);
    announce();
  });
  stream.addEventListener("service", (event) => {
    const sentence = apply(JSON.parse(event.data));
    if (sentence) said.push(sentence);
    summarise();
    if (document.querySelector("[data-partial]")) refresh();
    heed(event);
    document.dispatchEvent(new CustomEvent("slawatch:service", { detail: event.data }));
  });
  stream.addEventListener("alerting", (event) => {
    applyAlerting(JSON.parse(event.data));
    heed(event);
    refresh();
  });
  stream.addEventListener("daemon", (event) => {
    applyDaemon(JSON.parse(event.data));
    heed(event);
  });
  stream.addEventListener("config", () => location.reload());
}

function heed(event) {
  heard = Date.now();
  problem = "";
  if (event && event.lastEventId) seen = event.lastEventId;
  show();
}

// Said once the whole batch is in: a screen reader hears one sentence, not one for each service.
function announce() {
  if (!said.length) return;
  news.textContent = said.length > 4 ? `${said.length} services changed` : `${said.join(". ")}.`;
  said = [];
}

function fill(id, text) {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}

// The number beside the word in the navigation, and a sentence for those who do not see the page change.
function applyAlerting(found) {
  const place = document.getElementById("open-count");
  if (!place) return;
  const before = place.textContent;
  place.replaceChildren();
  if (found.open) {
    const words = Object.assign(document.createElement("span"), { className: "off", textContent: " open" });
    place.append(String(found.open), words);
  }
  if (found.news && place.textContent !== before) said.push(found.news);
}

function applyDaemon(found) {
  const unheard = document.getElementById("unheard");
  const words = found.unheard && `${found.unheard[0].toUpperCase()}${found.unheard.slice(1)}.`;
  if (unheard && unheard.textContent.trim() !== words) {
    const line = Object.assign(document.createElement("p"), { className: "notice refused", textContent: words });
    unheard.replaceChildren(...(words ? [line] : []));
  }
  const own = document.getElementById("own");
  if (!own) return;
  const well = found.ready && !found.trouble.length;
  const state = well ? "up" : "degraded";
  own.className = `lead s-${state}`;
  const glyph = own.querySelector(".glyph");
  glyph.setAttribute("class", `glyph s-${state}`);
  glyph.firstElementChild.setAttribute("href", `#g-${state}`);
  fill("own-words", well ? "slawatch is well" : "slawatch is in trouble");
  const others = found.trouble.filter((line) => line !== found.unheard);
  document.getElementById("trouble").replaceChildren(
    ...others.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
  );
}

function show() {
  if (!problem && heard && Date.now() - heard > SILENT) problem = "nothing has come from slawatch for a while";
  root.classList.toggle("is-live", Boolean(heard) && !problem);
  root.classList.toggle("is-stale", Boolean(problem));
  const words = live.querySelector(".words");
  const since = at ? moment(Date.parse(at)) : words.dataset.since || words.textContent.replace("As of ", "");
  words.dataset.since = since;
  if (problem) {
    words.textContent = "Not live";
    const text = `This page is out of date: it shows what was true at ${since}; ${problem}.`;
    if (stale.textContent !== text) stale.textContent = text;
  } else {
    if (heard) words.textContent = "Live";
    live.title = at ? `As of ${since}` : "";
    stale.textContent = "";
  }
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(away);
  if (document.hidden && !root.classList.contains("wall")) {
    away = setTimeout(() => {
      clearTimeout(retry);
      if (stream) stream.close();
      stream = null;
    }, HIDDEN);
  } else if (!stream) {
    heard = 0;
    connect();
  }
});

offerZone(() => {
  show();
  document.dispatchEvent(new CustomEvent("slawatch:zone"));
});
// A form that was sent is not sent twice by a second click: to tell the next level twice is to tell two levels.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

document.addEventListener("slawatch:regions", () => showMoments());
connect();
setInterval(() => {
  tick();
  show();
}, 1000);
