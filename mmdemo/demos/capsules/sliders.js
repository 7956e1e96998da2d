// A pose moved by hand. All pictures that one slider can lead to are in the sheet that came with the
// answer, so that they follow at once; where a slider is let go, the server is asked for the sheet
// around the pose that it left.
const shown = () => element.querySelector(".mm-caps");
const sliders = () => [...element.querySelectorAll(".mm-caps input[type=range]")];
const [SIDE, STEPS, MIDDLE, STEP] = [28, 11, 5, 0.05]; // in the middle a number is its own
const pen = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE }).getContext("2d");
let own; // the address of the sheet around the network's own pose
let sheet; // that is shown, a promise of an image
let last; // the slider that was moved last
const use = (address) => {
  const image = new Image();
  image.src = address;
  shown().style.setProperty("--sheet", `url(${image.src})`); // the whole address, not that from a style sheet
  sheet = image.decode().then(() => image);
};
const signed = (at) => (at === MIDDLE ? "0" : `${at > MIDDLE ? "+" : "−"}${Math.abs((at - MIDDLE) * STEP).toFixed(2)}`);
const mark = (slider) => {
  const at = Number(slider.value);
  slider.setAttribute("aria-valuetext", signed(at));
  slider.closest(".mm-caps-row").style.setProperty("--column", at);
};
const turn = async (slider) => {
  last = slider;
  mark(slider);
  shown().querySelector("[data-part=back]").disabled = sliders().every(({ value }) => Number(value) === MIDDLE);
  pen.drawImage(await sheet, -SIDE * slider.value, -SIDE * slider.dataset.number);
  shown().querySelector("[data-part=now]").src = pen.canvas.toDataURL();
};
const begin = () => {
  if (!shown()) return;
  own = shown().dataset.sheet;
  use(own);
  delete shown().dataset.wanted;
  shown().take = (text) => {
    const answer = JSON.parse(text);
    if (answer.asked !== shown().dataset.wanted) return;
    use(answer.sheet);
    turn(last); // what it showed was drawn without what had been moved before
  };
  for (const slider of sliders()) {
    slider.value = MIDDLE;
    mark(slider);
  }
};
const ask = () => {
  const { pose, digit, preset } = shown().dataset;
  const moved = sliders().map(({ value }) => Math.round((value - MIDDLE) * STEP * 100) / 100);
  delete shown().dataset.wanted; // an answer that is under way is none to this
  if (moved.every((by) => by === 0)) return use(own);
  shown().dataset.wanted = JSON.stringify({ pose: JSON.parse(pose), moved, digit: Number(digit), preset });
  element.closest(".mm-answer").querySelector(".mm-caps-asked").click();
};
element.addEventListener("input", ({ target }) => target.dataset.number && turn(target));
element.addEventListener("change", ({ target }) => target.dataset.number && ask());
element.addEventListener("click", ({ target, clientX }) => {
  if (target.dataset.part === "back") {
    for (const slider of sliders()) {
      slider.value = MIDDLE;
      mark(slider);
    }
    ask();
    return turn(sliders()[0]);
  }
  const strip = target.closest(".mm-caps-strip");
  if (!strip) return;
  const { left, width } = strip.getBoundingClientRect();
  const slider = strip.parentElement.querySelector("input");
  slider.value = Math.floor((STEPS * (clientX - left)) / width);
  turn(slider);
  ask();
});
watch("value", begin);
begin();
