// Keeps a public status page fresh: asks for it again each minute while somebody looks at it.

import { refresh } from "./regions.js";
import { offerZone, showMoments, tick } from "./times.js";

const MINUTE = 60_000;

offerZone(() => {});
document.addEventListener("slawatch:regions", () => showMoments());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
setInterval(tick, 1000);
setInterval(() => {
  if (!document.hidden) refresh();
}, MINUTE);
