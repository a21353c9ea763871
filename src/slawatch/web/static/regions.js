// Takes the parts of a page that change from the server again, as it renders them, when something changed there.

const LEAST = 2_000;
const OFTEN = 30_000;

let asked = 0;
let timer = 0;
let again = false;
let busy = false;

/** Bring the parts up to date; several wishes soon after each other become one. */
export function refresh(soon = true) {
  if (!document.querySelector("[data-live]")) return;
  if (busy) {
    again = true;
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(load, Math.max(soon ? 0 : OFTEN, asked + LEAST - Date.now()));
}

// A request that parses a document itself: no text of ours becomes markup, so the policy on trusted types holds.
function load() {
  busy = true;
  asked = Date.now();
  const request = new XMLHttpRequest();
  request.open("GET", location.href.split("#")[0]);
  request.responseType = "document";
  request.setRequestHeader("Accept", "text/html");
  request.setRequestHeader("X-Slawatch-Part", "live");
  request.timeout = 15_000;
  request.onloadend = () => {
    busy = false;
    if (request.status === 401 || request.status === 403) {
      location.reload();
      return;
    }
    if (request.status === 200 && request.response) replace(request.response);
    if (again) {
      again = false;
      refresh();
    }
  };
  request.send();
}

function replace(found) {
  for (const place of document.querySelectorAll("[data-live]")) {
    const fresh = found.getElementById(place.id);
    if (!fresh || fresh.isEqualNode(place)) continue;
    if (place.querySelector("details[open] form, :is(input, textarea, select):focus")) continue;
    const opened = [...place.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    const focused = path(place, document.activeElement);
    place.className = fresh.className;
    if (fresh.dataset.state) place.dataset.state = fresh.dataset.state;
    place.replaceChildren(...document.importNode(fresh, true).childNodes);
    for (const summary of place.querySelectorAll("details > summary")) {
      if (opened.includes(summary.textContent)) summary.parentElement.open = true;
    }
    focus(place, focused);
  }
  const title = found.querySelector("title");
  if (title && !document.querySelector("article[data-service]")) document.title = title.textContent;
  document.dispatchEvent(new CustomEvent("slawatch:regions"));
}

// Where the keyboard was: who tabs through a list must not be thrown out of it by its news.
function path(place, element) {
  if (!element || !place.contains(element)) return null;
  return { address: element.getAttribute("href"), label: element.getAttribute("aria-label") || element.textContent };
}

function focus(place, wanted) {
  if (!wanted) return;
  for (const element of place.querySelectorAll("a, button, summary")) {
    const label = element.getAttribute("aria-label") || element.textContent;
    if (wanted.address ? element.getAttribute("href") === wanted.address : label === wanted.label) {
      element.focus({ preventScroll: true });
      return;
    }
  }
}
