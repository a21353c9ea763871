// Times on the page: how long ago, kept right while the page is open, and moments in the viewer's zone on request.

const KEY = "slawatch-zone";
const MINUTE = 60, HOUR = 3600, DAY = 86400;

/** Roughly how long something took, in one or two units, as the server words it. */
export function about(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
  if (s < DAY) {
    const minutes = Math.floor((s % HOUR) / MINUTE);
    return `${Math.floor(s / HOUR)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  const days = Math.floor(s / DAY), hours = Math.floor((s % DAY) / HOUR);
  return days < 10 && hours ? `${days} d ${hours} h` : `${days} d`;
}

// The browser's clock may be wrong; the server's is what the record is made with.
let ahead = 0;

/** Take the server's time as now. */
export function synchronise(at) {
  ahead = Date.parse(at) - Date.now();
}

export function now() {
  return Date.now() + ahead;
}

export function viewersZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** The zone in which moments are shown: of the page, or of a part of it, unless the viewer chose theirs. */
export function zone(place = document.body) {
  return chosen() === "mine" ? viewersZone() : place.closest("[data-zone]").dataset.zone;
}

function chosen() {
  try {
    return localStorage.getItem(KEY) || "";
  } catch {
    return "";
  }
}

function offset(at, timeZone) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "longOffset" });
  const name = format.formatToParts(at).find((part) => part.type === "timeZoneName").value.replace("GMT", "");
  return name || "+00:00";
}

/** What follows a time within three hours of a change of the clocks: its offset; else nothing. */
function nearChange(at, timeZone) {
  const near = 3 * 3600e3, here = offset(at, timeZone);
  const even = [-near, near].every((step) => offset(Number(at) + step, timeZone) === here);
  return even ? "" : ` ${here}`;
}

/** A moment as the server words it: "Sun 4 Oct 2026, 09:05:01". */
export function moment(at, timeZone = zone()) {
  const parts = {};
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  for (const part of format.formatToParts(at)) parts[part.type] = part.value;
  const month = parts.month.slice(0, 3);
  return `${parts.weekday} ${parts.day} ${month} ${parts.year}, ${parts.hour}:${parts.minute}:${parts.second}${nearChange(at, timeZone)}`;
}

/** The same without year and seconds: "Sun 4 Oct, 09:05". */
export function minute(at, timeZone = zone()) {
  return moment(at, timeZone).replace(/ \d{4}, (\d\d:\d\d):\d\d/, ", $1");
}

export function clock(at, timeZone = zone()) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return format.format(at) + nearChange(at, timeZone);
}

/** A `<time>` that says how long ago something was. */
export function ago(stamp) {
  const element = document.createElement("time");
  element.className = "ago";
  element.dateTime = stamp;
  refresh(element);
  return element;
}

function refresh(element) {
  const at = Date.parse(element.dateTime);
  const words = about((now() - at) / 1000);
  if (element.textContent !== words) element.textContent = words;
  element.title = moment(at);
}

export function tick() {
  for (const element of document.querySelectorAll("time.ago")) refresh(element);
  for (const element of document.querySelectorAll("time.until")) {
    const left = (Date.parse(element.dateTime) - now()) / 1000;
    const words = left <= 0 ? "now" : `in ${about(left)}`;
    if (element.textContent !== words) element.textContent = words;
  }
}

/** Show the moments of the page in the zone that the viewer chose. */
export function showMoments() {
  if (chosen() !== "mine") {
    tick();
    return;
  }
  moments();
}

function moments() {
  for (const element of document.querySelectorAll("time.at")) {
    const at = Date.parse(element.dateTime), here = zone(element), kinds = element.classList;
    element.textContent = kinds.contains("clock") ? clock(at, here) : kinds.contains("minute") ? minute(at, here) : moment(at, here);
  }
  tick();
}

/** Let the viewer choose between the page's zone and theirs; remembered in this browser. */
export function offerZone(changed) {
  const button = document.getElementById("zone-switch"), name = document.getElementById("zone");
  const mine = viewersZone();
  const others = [...document.querySelectorAll("[data-zone]")].some((place) => place.dataset.zone !== mine);
  const words = name ? name.textContent : "";
  const say = () => {
    const theirs = chosen() === "mine";
    if (name) name.textContent = theirs ? `in ${mine.replaceAll("_", " ")}` : words;
    button.textContent = theirs ? `Show them ${words}` : "Show them in mine";
  };
  if (!button || !others) return;
  if (chosen() === "mine") moments();
  button.hidden = false;
  say();
  button.addEventListener("click", () => {
    try {
      localStorage.setItem(KEY, chosen() === "mine" ? "" : "mine");
    } catch {
      return;
    }
    moments();
    say();
    changed();
  });
}
