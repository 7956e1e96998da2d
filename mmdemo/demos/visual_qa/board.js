// Shapes on a stage of 1 x 1, dragged by mouse, touch or key. The scene lies in a field that is not
// seen, as JSON: where the visitor changes it, it is written there, and the page asks anew.
const root = element.querySelector(".mm-vqa");
const stage = root.querySelector("[data-part=stage]");
const place = root.querySelector("[data-part=place]");
const { colours, words, name, place: placed, sizes } = JSON.parse(root.dataset.said);
const [SMALLEST, LARGEST] = sizes;
const STEP = 0.02; // of a key
const GROW = 1.15; // at a press
const REST = 400; // milliseconds until what is moved counts as let go
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const drawn = (tag, attributes = {}) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
// Within 1 of the middle, as the program draws them.
const OUTLINES = {
  circle: () => drawn("circle", { r: 1 }),
  square: () => drawn("rect", { x: -1, y: -1, width: 2, height: 2 }),
  rectangle: () => drawn("rect", { x: -1, y: -0.75, width: 2, height: 1.5 }),
  triangle: () => drawn("polygon", { points: "0,-0.866 -1,0.866 1,0.866" }),
};
let things = [];
let held = 0; // the one that was touched last: tools are for it
let asked; // the scene as it was asked last
const called = ({ shape, colour }) => say(name, { shape: words[shape], colour: words[colour] });
const shapes = () => [...stage.querySelectorAll("g")];

// === What is seen ===

const show = (which) => {
  const [thing, group] = [things[which], shapes()[which]];
  group.setAttribute("transform", `translate(${thing.x} ${thing.y}) scale(${thing.size})`);
  group.setAttribute("aria-label", called(thing));
};
const reshape = (which) => {
  const [thing, group] = [things[which], shapes()[which]];
  group.replaceChildren(
    drawn("circle", { r: 1.9, class: "mm-vqa-near" }), // a finger is broad
    Object.assign(OUTLINES[thing.shape]()),
  );
  group.lastChild.setAttribute("fill", colours[thing.colour]);
  group.lastChild.classList.add("mm-vqa-ink");
  show(which);
};
const hold = (which) => {
  held = which;
  shapes().forEach((group, at) => group.classList.toggle("mm-held", at === which && things.length > 1));
  const { shape, colour } = things[which];
  for (const button of root.querySelectorAll("[data-shape], [data-colour]"))
    button.ariaPressed = String(button.dataset.shape === shape || button.dataset.colour === colour);
  root.style.setProperty("--held", colours[colour]);
};
const tell = (which) => {
  const [x, y] = ["x", "y"].map((axis) => Math.round(100 * things[which][axis]));
  place.textContent = say(placed, { name: called(things[which]), x, y });
};
const take = (text) => {
  if (text === asked) return;
  asked = text;
  things = JSON.parse(text).map(([shape, colour, x, y, size]) => ({ shape, colour, x, y, size }));
  stage.replaceChildren(...things.map((_, at) => drawn("g", { role: "button", tabindex: 0, "data-at": at })));
  things.forEach((_, which) => reshape(which));
  hold(Math.min(held, things.length - 1));
};

// === Asked anew ===

let pause;
const ask = () => {
  clearTimeout(pause);
  const rounded = (number) => Math.round(1000 * number) / 1000;
  const text = JSON.stringify(
    things.map(({ shape, colour, x, y, size }) => [shape, colour, rounded(x), rounded(y), rounded(size)]),
  );
  if (text === asked) return;
  asked = text;
  const field = element.closest(".mm-ask").querySelector(".mm-vqa-scene :is(textarea, input)");
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const soon = () => {
  clearTimeout(pause);
  pause = setTimeout(ask, REST);
};

// === Moved ===

const apart = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
const inside = ({ size }, x, y) => {
  const [left, right] = [size, 1 - size];
  return { x: Math.max(left, Math.min(right, x)), y: Math.max(left, Math.min(right, y)) };
};
// Beside others, not over them: it slides along their rims, and stays where there is no room.
const move = (which, x, y) => {
  const thing = things[which];
  const others = things.filter((other) => other !== thing);
  let at = inside(thing, x, y);
  for (const other of others) {
    const [least, far] = [thing.size + other.size, apart(at, other)];
    if (far >= least) continue;
    const [right, down] = far ? [(at.x - other.x) / far, (at.y - other.y) / far] : [1, 0];
    at = inside(thing, other.x + least * right, other.y + least * down);
  }
  if (others.some((other) => apart(at, other) < thing.size + other.size - 1e-6)) return;
  Object.assign(thing, at);
  show(which);
  tell(which);
};
const where = ({ clientX, clientY }) => {
  const { left, top, width } = stage.getBoundingClientRect();
  return [(clientX - left) / width, (clientY - top) / width];
};
let drag = null;
stage.addEventListener("pointerdown", (event) => {
  const group = event.target.closest("g");
  if (!group || event.button) return;
  const which = Number(group.dataset.at);
  const [x, y] = where(event);
  drag = { which, right: things[which].x - x, down: things[which].y - y };
  stage.setPointerCapture(event.pointerId);
  group.focus({ preventScroll: true });
  hold(which);
  event.preventDefault();
});
stage.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [x, y] = where(event);
  move(drag.which, x + drag.right, y + drag.down);
  soon(); // where it rests, it is asked before it is let go
});
for (const end of ["pointerup", "pointercancel"])
  stage.addEventListener(end, () => {
    if (drag) ask();
    drag = null;
  });
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
stage.addEventListener("keydown", (event) => {
  const by = KEYS[event.key];
  if (!by) return;
  event.preventDefault();
  move(held, things[held].x + STEP * by[0], things[held].y + STEP * by[1]);
  soon();
});
stage.addEventListener("focusin", ({ target }) => target.dataset.at && hold(Number(target.dataset.at)));

// === Tools ===

for (const button of root.querySelectorAll("[data-shape]"))
  button.firstElementChild.append(OUTLINES[button.dataset.shape]());
root.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { shape, colour, size, part } = button.dataset;
  if (part === "another") return element.closest(".mm-ask").querySelector(".mm-vqa-another").click();
  const thing = things[held];
  if (shape) thing.shape = shape;
  if (colour) thing.colour = colour;
  if (size) {
    const wanted = thing.size * GROW ** Number(size);
    thing.size = Math.max(SMALLEST, Math.min(LARGEST, wanted));
    move(held, thing.x, thing.y);
  }
  reshape(held);
  hold(held);
  tell(held);
  ask();
});
root.take = take; // where the page chose another scene; `tab.py` calls it
take(root.dataset.scene);
