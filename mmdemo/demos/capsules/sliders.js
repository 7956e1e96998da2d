// A pose moved by hand. All pictures that one slider can lead to are in the sheet that came with the
// answer, so that they follow at once; where a slider is let go, the server is asked for the sheet
// around the pose that it left.
const shown = () => element.querySelector(".mm-caps");
const sliders = () => [...element.querySelectorAll(".mm-caps input[type=range]")];
const MIDDLE = 5; // where a number is its own
const STEP = 0.05;
const signed = (at) => (at === MIDDLE ? "0" : `${at > MIDDLE ? "+" : "−"}${Math.abs((at - MIDDLE) * STEP).toFixed(2)}`);
let own; // the sheet around the network's own pose
const mark = (slider) => {
  const at = Number(slider.value);
  slider.setAttribute("aria-valuetext", signed(at));
  slider.closest(".mm-caps-row").style.setProperty("--column", at);
};
const turn = (slider) => {
  mark(slider);
  shown().style.setProperty("--row", slider.dataset.number);
  shown().style.setProperty("--column", slider.value);
  shown().querySelector("[data-part=back]").disabled = sliders().every(({ value }) => Number(value) === MIDDLE);
};
const begin = () => {
  if (!shown()) return;
  own = shown().style.getPropertyValue("--sheet");
  delete shown().dataset.wanted;
  for (const slider of sliders()) {
    slider.value = MIDDLE;
    mark(slider);
  }
};
const ask = () => {
  const { pose, digit, preset } = shown().dataset;
  const moved = sliders().map(({ value }) => Math.round((value - MIDDLE) * STEP * 100) / 100);
  delete shown().dataset.wanted; // an answer that is under way is none to this
  if (moved.every((by) => by === 0)) return shown().style.setProperty("--sheet", own);
  shown().dataset.wanted = JSON.stringify({ pose: JSON.parse(pose), moved, digit: Number(digit), preset });
  element.closest(".mm-answer").querySelector(".mm-caps-asked").click();
};
element.addEventListener("input", ({ target }) => target.dataset.number && turn(target));
element.addEventListener("change", ({ target }) => target.dataset.number && ask());
element.addEventListener("click", (event) => {
  if (event.target.dataset.part === "back") {
    for (const slider of sliders()) slider.value = MIDDLE;
    sliders().forEach(turn);
    return ask();
  }
  const strip = event.target.closest(".mm-caps-strip");
  if (!strip) return;
  const { left, width } = strip.getBoundingClientRect();
  const slider = strip.parentElement.querySelector("input");
  slider.value = Math.floor((11 * (event.clientX - left)) / width);
  turn(slider);
  ask();
});
watch("value", begin);
begin();
