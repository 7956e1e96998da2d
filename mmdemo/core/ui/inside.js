// A box of the diagram opens its layer, a place of a picture its arithmetic: by click or by key.
const root = element.closest(".mm-looking");
const state = () => JSON.parse(root.dataset.asked || "{}");
let back = null; // where a key press came from
let moving = false;

const ask = (change) => {
  const open = element.querySelector(".mm-inside");
  root.dataset.asked = JSON.stringify({ ...change, number: Number(open?.dataset.number || 0) });
  root.querySelector(".mm-asking")?.click();
  mark(change.layer);
};
const mark = (layer) => {
  for (const box of root.querySelectorAll("svg [data-layer]"))
    box.classList.toggle("mm-open", box.dataset.layer === layer);
  const choice = root.querySelector(".mm-layer-choice");
  if (choice) choice.value = layer || "";
};
const placed = (picture, event) => {
  const frame = picture.getBoundingClientRect();
  let [row, column] = picture.dataset.start.split(",").map(Number);
  if (event.detail > 0) {
    const { rows, columns } = picture.dataset;
    row = Math.min(rows - 1, Math.floor(((event.clientY - frame.top) / frame.height) * rows));
    column = Math.min(columns - 1, Math.floor(((event.clientX - frame.left) / frame.width) * columns));
  }
  return picture.dataset.map.replace("r", row).replace("c", column);
};
root.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const byKey = event.detail === 0;
  const layer = at("[data-layer]"), picture = at("[data-map]"), place = at("[data-place]"), look = at("[data-look]");
  if (at("[data-close]")) {
    ask({});
    back?.focus();
  } else if (layer) {
    if (byKey && !element.contains(layer)) back = layer;
    moving = byKey || element.contains(layer);
    ask({ layer: layer.dataset.layer });
  } else if (look) {
    ask({ ...state(), place: undefined, ...JSON.parse(look.dataset.look) });
  } else if (picture || place) {
    const where = picture ? placed(picture, event) : place.dataset.place;
    ask({ ...state(), place: where.split(",").map(Number) });
  }
});
root.addEventListener("keydown", (event) => {
  const button = event.target.closest("[role=button]");
  if (event.key === "Escape" && element.querySelector(".mm-inside")) {
    ask({});
    back?.focus();
  }
  if (!button || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
});
root.addEventListener("change", (event) => {
  if (!event.target.matches(".mm-layer-choice")) return;
  if (event.target.value) ask({ layer: event.target.value });
});
watch("value", () => {
  const sum = element.querySelector(".mm-sum");
  if (sum) sum.scrollIntoView({ block: "nearest" });
  else if (moving) element.querySelector("h3")?.focus({ preventScroll: true });
  moving = false;
});
