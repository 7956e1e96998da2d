
// === How each thing was found ===

// Follows `core/ui/regions.js`, whose names it uses: four pictures of a thing's surroundings, from
// the anchor to the mask, drawn from what is in the page.
const POINTS = 28; // of a mask, in each direction
const PLACES = 7; // of a proposal, at which the box head reads the map, in each direction
const HALF = 127.5; // of a mask's values, from 0 to 255
const AROUND = 1.3; // the surroundings are wider than everything that is drawn in them
const DARK = "#111827";
const PAINT = { anchor: "#facc15", proposal: "#38bdf8", box: "#fb923c" };
const ways = new WeakMap(); // what is known of the answer that is shown
const drawn = (name, values) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
  return node;
};
// A line of a colour with a dark one around it, one of which is seen on any ground.
const stroked = (d, color, { wide = 2, more = {} } = {}) =>
  [[DARK, wide + 2], [color, wide]].map(([stroke, width]) =>
    drawn("path", { d, stroke, "stroke-width": width, fill: "none", "vector-effect": "non-scaling-stroke", ...more }),
  );
const FAINT = { wide: 1, more: { opacity: 0.75 } };
const DASHED = { more: { "stroke-dasharray": "6 4" } };
const around = ([left, top, right, bottom]) => `M${left} ${top}H${right}V${bottom}H${left}Z`;
const grid = ([left, top, right, bottom]) => {
  let path = "";
  for (let place = 1; place < PLACES; place++) {
    const [x, y] = [left + ((right - left) * place) / PLACES, top + ((bottom - top) * place) / PLACES];
    path += `M${x} ${top}V${bottom}M${left} ${y}H${right}`;
  }
  return path;
};

// The values of a mask, from 0 to 255, out of the sheet of all.
const maskOf = (sheetOfAll, number) => {
  const across = sheetOfAll.naturalWidth / POINTS;
  const [column, line] = [(number - 1) % across, Math.floor((number - 1) / across)];
  const pen = sheet(POINTS, POINTS).getContext("2d");
  pen.drawImage(sheetOfAll, -column * POINTS, -line * POINTS);
  return pen.getImageData(0, 0, POINTS, POINTS).data.filter((_, place) => place % 4 === 0);
};
// The mask as a picture of as many pixels: the surer, the less is seen through it.
const painted = (mask, color) => {
  const canvas = sheet(POINTS, POINTS);
  const cover = new ImageData(POINTS, POINTS);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  mask.forEach((value, place) => cover.data.set([red, green, blue, 0.8 * value], 4 * place));
  canvas.getContext("2d").putImageData(cover, 0, 0);
  return canvas.toDataURL();
};
// Where a mask passes one half, in points: between two that are on either side of it.
const halfway = (mask) => {
  const at = ([x, y]) => (Math.min(x, y) < 0 || Math.max(x, y) >= POINTS ? 0 : mask[y * POINTS + x]);
  const within = (value) => Math.min(Math.max(value + 0.5, 0), POINTS);
  let path = "";
  for (let y = -1; y < POINTS; y++)
    for (let x = -1; x < POINTS; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
      const ends = corners.flatMap((one, place) => {
        const other = corners[(place + 1) % 4];
        const [here, there] = [at(one), at(other)];
        if (here > HALF === there > HALF) return [];
        const part = (HALF - here) / (there - here);
        return [one.map((from, axis) => within(from + part * (other[axis] - from))).join(" ")];
      });
      for (let end = 0; end < ends.length; end += 2) path += `M${ends[end]}L${ends[end + 1]}`;
    }
  return path;
};

// The steps of one thing: what lies over its surroundings.
const steps = {
  anchor: ({ anchor }) => stroked(around(anchor), PAINT.anchor, DASHED),
  proposal: ({ anchor, proposal }) => [
    ...stroked(around(anchor), PAINT.anchor, { ...FAINT, more: { ...FAINT.more, ...DASHED.more } }),
    ...stroked(around(proposal), PAINT.proposal),
  ],
  box: ({ proposal, box }) => [
    ...stroked(around(proposal), PAINT.proposal, FAINT),
    stroked(grid(proposal), PAINT.proposal, FAINT)[1],
    ...stroked(around(box), PAINT.box),
  ],
  mask({ box, mask, color }) {
    const [left, top, right, bottom] = box;
    const [width, height] = [right - left, bottom - top];
    const transform = `translate(${left} ${top}) scale(${width / POINTS} ${height / POINTS})`;
    const pixel = { href: painted(mask, color), x: left, y: top, width, height, preserveAspectRatio: "none" };
    return [
      drawn("image", { ...pixel, style: "image-rendering:pixelated" }),
      ...stroked(around(box), PAINT.box, FAINT),
      ...stroked(halfway(mask), "#fff", { more: { transform, "stroke-linecap": "round" } }),
    ];
  },
};
const percent = (part) => `${Math.round(100 * part)} %`;
const show = async (root, number) => {
  const part = root.querySelector(".mm-walk");
  const known = ways.get(part);
  const { walks, words } = known;
  const [seen, all] = await Promise.all([view(root), known.masks]);
  if (!part.isConnected || ways.get(part) !== known) return; // of an answer that is gone
  const [anchor, proposal, box, objectness, score, stride] = walks[number - 1];
  const photo = root.querySelector("[data-part=photo]");
  const { width, height } = photo.ownerSVGElement.viewBox.baseVal;
  const sized = (edges) => edges.map((edge, place) => edge * (place % 2 ? height : width));
  const thing = { anchor: sized(anchor), proposal: sized(proposal), box: sized(box) };
  const of = (place, most) => most(thing.anchor[place], thing.proposal[place], thing.box[place]);
  const [left, top, right, bottom] = [of(0, Math.min), of(1, Math.min), of(2, Math.max), of(3, Math.max)];
  const side = AROUND * Math.max(right - left, bottom - top, 1);
  const [x, y] = [(left + right - side) / 2, (top + bottom - side) / 2];
  Object.assign(thing, { mask: maskOf(all, number), color: seen.colour(number) });
  const values = {
    number, stride, anchors: words.anchors, objectness: percent(objectness), score: percent(score),
    kind: seen.kinds[seen.regions[number - 1][0]],
  };
  const filled = (text) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  for (const [name, over] of Object.entries(steps)) {
    const picture = part.querySelector(`[data-step=${name}]`);
    picture.setAttribute("viewBox", `${x} ${y} ${side} ${side}`);
    const ground = photo.cloneNode();
    ground.removeAttribute("data-part"); // there is one photo
    picture.replaceChildren(ground, ...over(thing));
    picture.nextElementSibling.querySelector("span").textContent = filled(words[name]);
  }
  const frame = drawn("g", {});
  frame.append(...stroked(around([x, y, x + side, y + side]), "#fff", { wide: 1.5 }));
  lay(root, "frame", frame);
  part.querySelector("[data-part=walked]").textContent = filled(words.walked);
};
// Puts a layer over the picture, in place of the one before it.
const lay = (root, name, layer) => {
  root.querySelector(`[data-part=${name}]`)?.remove();
  if (!layer) return;
  layer.dataset.part = name;
  root.querySelector("[data-part=marks]").before(layer);
};
const layProposals = (root) => {
  if (!root.querySelector("[data-layer=proposals]")?.checked) return lay(root, "proposals");
  const layer = root.querySelector("[data-part=photo]").cloneNode();
  layer.setAttribute("href", root.querySelector(".mm-walk").dataset.proposals);
  lay(root, "proposals", layer);
};

// Before a thing is marked, whose marks may be what was clicked, and are drawn anew.
const choose = async (event) => {
  const root = answered(event.target);
  if (!root) return;
  const chosen = event.target.closest("[data-region]");
  const number = chosen ? Number(chosen.dataset.region) : await under(root, event);
  if (number) show(root, number);
};
element.addEventListener("click", choose, { capture: true });
element.addEventListener("keydown", ({ key, target }) => {
  if ((key === "Enter" || key === " ") && target.dataset?.region)
    show(answered(target), Number(target.dataset.region));
});
element.addEventListener("change", ({ target }) => {
  if (target.dataset.layer === "proposals") layProposals(answered(target));
});
// Of a new answer the first thing is shown.
const begin = () => {
  for (const part of element.querySelectorAll(".mm-walk")) {
    const data = part.dataset.walks + part.dataset.masks;
    if (ways.get(part)?.data === data) continue;
    const [walks, words] = [part.dataset.walks, part.dataset.words].map((text) => JSON.parse(text));
    ways.set(part, { data, walks, words, masks: pixels(part.dataset.masks) });
    show(answered(part), 1);
    layProposals(answered(part));
  }
};
const isNew = ({ type, addedNodes }) =>
  type === "attributes" || [...addedNodes].some((node) => node.matches?.(".mm-cut") || node.querySelector?.(".mm-walk"));
new MutationObserver((changes) => changes.some(isNew) && begin()).observe(element, {
  childList: true, subtree: true, attributeFilter: ["data-walks", "data-masks"],
});
begin();
