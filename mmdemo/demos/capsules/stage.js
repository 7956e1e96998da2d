// Two digits of 28 x 28 pixels on a stage of 36 x 36, dragged over each other: by mouse, touch or key.
const root = element.querySelector(".mm-stage");
const canvas = root.querySelector("canvas");
const place = root.querySelector("[data-part=place]");
const said = JSON.parse(root.dataset.said);
const [SIDE, STAGE, FARTHEST] = [28, 36, 4];
const AREA = SIDE * SIDE;
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const packed = (picture) => btoa(String.fromCharCode(...picture));
const known = bytes(root.dataset.digits);
const hands = [...root.querySelectorAll("button[data-which]")];
const choices = [...root.querySelectorAll("select[data-which]")];
const shifts = [[-3, -2], [3, 2]];
const colours = hands.map((hand) => getComputedStyle(hand.parentElement).getPropertyValue("--hand").match(/\d+/g).map(Number));
const drawn = [null, null];
let active = null; // which one is moved, and has its colour meanwhile
const picture = (which) => {
  const { value } = choices[which];
  if (value === "drawn") return drawn[which];
  const at = (10 * which + Number(value)) * AREA;
  return known.subarray(at, at + AREA);
};
// How bright one digit is at a pixel of the stage.
const ink = (which, x, y) => {
  const [column, row] = [x - FARTHEST - shifts[which][0], y - FARTHEST - shifts[which][1]];
  if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) return 0;
  return picture(which)[row * SIDE + column];
};
const draw = () => {
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(STAGE, STAGE);
  for (let at = 0, y = 0; y < STAGE; y++)
    for (let x = 0; x < STAGE; x++, at += 4) {
      const inks = [ink(0, x, y), ink(1, x, y)];
      const whole = Math.min(255, inks[0] + inks[1]);
      for (let part = 0; part < 3; part++) {
        const own = active === null ? 0 : (inks[active] / 255) * (255 - colours[active][part]);
        pixels.data[at + part] = Math.max(0, whole - own);
      }
      pixels.data[at + 3] = 255;
    }
  pen.putImageData(pixels, 0, 0);
};
const ask = () => {
  root.dataset.wanted = JSON.stringify({
    pictures: [0, 1].map((which) => packed(picture(which))),
    shifts,
    digits: choices.map(({ value }) => (value === "drawn" ? null : Number(value))),
  });
  element.closest(".mm-ask").querySelector(".mm-pull").click();
};
const bounded = (by) => Math.max(-FARTHEST, Math.min(FARTHEST, Math.round(by)));
const move = (which, across, down) => {
  shifts[which] = [bounded(across), bounded(down)];
  const [x, y] = shifts[which];
  const words = { name: hands[which].dataset.name, x, y };
  place.textContent = said.place.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  draw();
};
const hold = (which) => {
  active = which;
  hands.forEach((hand, at) => hand.classList.toggle("mm-held", at === which));
  draw();
};

// === By mouse and touch ===

let drag = null;
const at = ({ clientX, clientY }) => {
  const { left, top, width } = canvas.getBoundingClientRect();
  return [((clientX - left) * STAGE) / width, ((clientY - top) * STAGE) / width];
};
// The digit whose ink is nearest to a point; of two that are as near, the other than was held last.
const nearest = (x, y) => {
  const far = [0, 1].map((which) => {
    let least = Infinity;
    for (let row = 0; row < STAGE; row++)
      for (let column = 0; column < STAGE; column++)
        if (ink(which, column, row) > 100)
          least = Math.min(least, Math.max(1.5, Math.hypot(column + 0.5 - x, row + 0.5 - y)));
    return least;
  });
  if (far[0] === far[1]) return last === 0 ? 1 : 0;
  return far[0] < far[1] ? 0 : 1;
};
let last = 1;
canvas.addEventListener("pointerdown", (event) => {
  const [x, y] = at(event);
  const which = nearest(x, y);
  last = which;
  drag = { which, x, y, from: [...shifts[which]] };
  canvas.setPointerCapture(event.pointerId);
  hold(which);
  event.preventDefault();
});
canvas.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [x, y] = at(event);
  move(drag.which, drag.from[0] + x - drag.x, drag.from[1] + y - drag.y);
});
const drop = () => {
  if (!drag) return;
  const moved = String(drag.from) !== String(shifts[drag.which]);
  drag = null;
  hold(null);
  if (moved) ask();
};
canvas.addEventListener("pointerup", drop);
canvas.addEventListener("pointercancel", drop);

// === By key ===

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let pause;
const soon = () => {
  clearTimeout(pause);
  pause = setTimeout(ask, 400);
};
for (const hand of hands) {
  const which = Number(hand.dataset.which);
  hand.addEventListener("focus", () => hold(which));
  hand.addEventListener("blur", () => hold(null));
  hand.addEventListener("keydown", (event) => {
    const by = KEYS[event.key];
    if (!by) return;
    event.preventDefault();
    move(which, shifts[which][0] + by[0], shifts[which][1] + by[1]);
    soon();
  });
}

// === Other digits ===

for (const choice of choices)
  choice.addEventListener("change", () => {
    draw();
    ask();
  });
// A digit that the visitor drew; `tab.py` calls it.
root.take = (which, text) => {
  drawn[which] = bytes(text);
  const choice = choices[which];
  choice.querySelector("[value=drawn]").hidden = false;
  choice.value = "drawn";
  draw();
  ask();
};
root.ask = ask;
draw();
// Asked as soon as it is seen.
new IntersectionObserver(([{ isIntersecting }], seer) => {
  if (!isIntersecting) return;
  seer.disconnect();
  ask();
}).observe(root);
