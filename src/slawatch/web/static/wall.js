// The clock of a screen that nobody touches, in the page's own time zone.

import { clock, now } from "./times.js";

const place = document.getElementById("clock");

function show() {
  const words = clock(now(), document.body.dataset.zone);
  if (place.textContent !== words) place.textContent = words;
}

show();
setInterval(show, 1000);
