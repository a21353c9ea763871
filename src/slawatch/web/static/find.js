// Finds services while somebody types: hides those that are not meant; without script the form asks the server.

const form = document.getElementById("find");
const field = document.getElementById("find-text");
const said = document.getElementById("find-said");
const partial = () => document.querySelector("[data-partial]");
const PAUSE = 400;

let timer = 0;

function matches(row, words) {
  const group = row.closest("section").querySelector("h2").textContent;
  const text = `${row.dataset.service} ${row.dataset.about || ""} ${group}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const group of document.querySelectorAll("#services-now > section")) {
    let some = false;
    for (const row of group.querySelectorAll("[data-service]")) {
      row.hidden = !matches(row, words);
      if (!row.hidden) left += 1;
      some ||= !row.hidden;
    }
    group.hidden = !some;
  }
  clearTimeout(timer);
  timer = setTimeout(() => {
    said.textContent = words.length ? `${left || "No"} ${left === 1 ? "service is" : "services are"} like that` : "";
  }, PAUSE);
}

// What the server has left out cannot be shown here: then it is asked again.
field.addEventListener("input", () => {
  if (!partial()) {
    filter();
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), PAUSE);
});
form.addEventListener("submit", (event) => {
  if (!partial()) event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  field.focus();
});
if (partial() && field.value) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
} else if (field.value) filter();
