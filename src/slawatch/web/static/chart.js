// The latency chart: takes the place of the server's drawing once its numbers are here; without script that stays.

import { latency } from "./states.js";
import { moment, zone } from "./times.js";

const place = document.getElementById("chart");
const windows = document.getElementById("windows");
// Per step: from so many seconds on, how a tick reads, and how the first one of a new day or year does.
const CLOCKS = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{D} {MMM}", null, null, null, null, null, null, 1],
  [60, "{HH}:{mm}", null, null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", null, null, "\n{D} {MMM}", null, null, null, 1],
];
const EVERY = { "1h": 15_000, "24h": 60_000, "7d": 300_000, "30d": 600_000, period: 600_000 };

let chart = null;
let readout = null;
let found = null;
let name = place.dataset.window;
let timer = 0;
let asked = 0;

function colour(token) {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}

async function load() {
  clearTimeout(timer);
  timer = setTimeout(load, EVERY[name]);
  if (document.hidden) return;
  const mine = ++asked;
  try {
    const answer = await fetch(`${place.dataset.chart}?window=${encodeURIComponent(name)}`);
    if (!answer.ok) return;
    const read = await answer.json();
    if (mine !== asked) return;
    found = read;
  } catch {
    return;
  }
  draw();
  figures();
}

function figures() {
  for (const element of document.querySelectorAll("[data-percentile]")) {
    const value = found.overall[element.dataset.percentile];
    element.textContent = element.dataset.percentile === "count" ? value.toLocaleString("en").replaceAll(",", " ") : latency(value);
  }
}

function ceiling(points, limit) {
  const body = Math.max(...points.p95.filter((v) => v !== null), 0);
  const highest = Math.max(...points.max.filter((v) => v !== null), 0);
  const promised = limit && limit <= 4 * body ? Math.max(body, limit * 1.05) : body;
  return (highest <= promised * 2 ? Math.max(highest, promised) : promised * 1.25) || 1;
}

function axis() {
  return {
    stroke: colour("--soft"), font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false },
  };
}

function draw() {
  const { points } = found;
  if (!points.time.length) {
    if (chart) chart.destroy();
    chart = readout = null;
    const words = Object.assign(document.createElement("p"), { className: "empty", textContent: "Nothing was measured in this time." });
    place.replaceChildren(words);
    return;
  }
  if (chart) chart.destroy();
  const limit = Number(place.dataset.limit) || null;
  const top = ceiling(points, limit);
  const line = (label, token, more) => ({ label, stroke: colour(token), points: { show: false }, spanGaps: false, ...more });
  const data = [points.time, points.p95, points.p50, points.max];
  const series = [
    {},
    line("95th percentile", "--p95", { width: 1.2 }),
    line("median", "--p50", { width: 2 }),
    line("slowest", "--max", { width: 1, dash: [2, 3] }),
  ];
  if (limit && limit <= top) {
    data.push(points.time.map(() => limit));
    series.push(line("promised", "--limit", { width: 1.2, dash: [6, 4] }));
  }
  const options = {
    width: place.clientWidth, height: 220, padding: [10, 24, 0, 0], legend: { show: false }, series,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone()),
    bands: [{ series: [1, 2], fill: colour("--band") }],
    scales: { x: { range: () => [Date.parse(found.start) / 1000, Date.parse(found.end) / 1000] }, y: { range: [0, top] } },
    axes: [
      { ...axis(), space: 70, values: CLOCKS },
      { ...axis(), size: 62, values: (_, ticks) => ticks.map((v) => (v === 0 ? "0" : v < 1 ? `${+(v * 1000).toFixed(3)} ms` : `${+v.toFixed(2)} s`)) },
    ],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    hooks: { setCursor: [read] },
  };
  readout = document.createElement("p");
  readout.className = "readout";
  const canvas = document.createElement("div");
  canvas.setAttribute("role", "img");
  const worst = Math.max(...points.p95.filter((v) => v !== null), 0);
  canvas.setAttribute("aria-label", `Latency over time. Highest 95th percentile ${latency(worst)}, slowest answer ${latency(found.overall.max)}.`);
  place.replaceChildren(canvas, readout);
  chart = new uPlot(options, data, canvas);
  read(chart);
}

function read(plot) {
  const index = plot.cursor.idx;
  if (!readout) return;
  if (index === null || index === undefined || found.points.p50[index] === null) {
    readout.textContent = "";
    return;
  }
  const { points } = found;
  const parts = [["median", points.p50], ["95th", points.p95], ["slowest", points.max]].map(([words, column]) => {
    const part = document.createElement("span");
    const value = document.createElement("b");
    value.textContent = latency(column[index]);
    part.append(`${words} `, value);
    return part;
  });
  const when = document.createElement("span");
  when.textContent = moment(points.time[index] * 1000);
  const count = document.createElement("span");
  count.textContent = `${points.count[index]} answers`;
  readout.replaceChildren(when, ...parts, count);
}

windows.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-window]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  name = link.dataset.window;
  for (const other of windows.querySelectorAll("a")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  history.replaceState(null, "", link.getAttribute("href").split("#")[0]);
  load();
});

new ResizeObserver(() => {
  if (chart && chart.width !== place.clientWidth) chart.setSize({ width: place.clientWidth, height: 220 });
}).observe(place);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => found && draw());
document.addEventListener("slawatch:zone", () => found && draw());
document.addEventListener("visibilitychange", () => document.hidden || load());
load();
