// Regions are merged in the page: the map of the first ones, and who meets whom, are in it.
const known = new WeakMap();
const learn = async (root) => {
  const picture = new Image();
  picture.src = root.dataset.labels;
  await picture.decode();
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(picture, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  const labels = Uint16Array.from({ length: width * height }, (_, at) => data[4 * at] + 256 * data[4 * at + 1] - 1);
  const [colours, steps] = ["colours", "steps"].map((name) => JSON.parse(root.dataset[name]));
  const sizes = colours.map(() => 0);
  for (const label of labels) sizes[label]++;
  // A merged region has the colour of the larger one: what changes is what was swallowed.
  for (const [first, second] of steps) {
    colours.push(colours[sizes[first] >= sizes[second] ? first : second]);
    sizes.push(sizes[first] + sizes[second]);
  }
  return { width, height, labels, colours, steps, canvas, pen };
};
const learnt = (root) => {
  const text = root.dataset.labels + root.dataset.steps;
  if (known.get(root)?.text !== text) known.set(root, { text, seen: learn(root) });
  return known.get(root).seen;
};
const SVG = "http://www.w3.org/2000/svg";
const rect = ([left, top, right, bottom], stroke, wide, opacity) => {
  const node = document.createElementNS(SVG, "rect");
  const values = {
    x: left, y: top, width: right - left, height: bottom - top, stroke, opacity,
    "stroke-width": wide, "vector-effect": "non-scaling-stroke",
  };
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
  return node;
};
const show = async (root) => {
  const { width, height, labels, colours, steps, canvas, pen } = await learnt(root);
  const slider = root.querySelector("[data-slide=merges]");
  const done = Number(slider.value);
  slider.parentElement.querySelector("output").value = done;
  const first = colours.length - steps.length;
  const now = colours.map((_, region) => region); // from the last merge back: where each one went
  for (let step = done - 1; step >= 0; step--)
    for (const part of steps[step].slice(0, 2)) now[part] = now[first + step];
  const drawn = new ImageData(width, height);
  const words = new Uint32Array(drawn.data.buffer);
  const paint = now.map((region) => {
    const [red, green, blue] = colours[region];
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });
  labels.forEach((label, at) => (words[at] = paint[label]));
  pen.putImageData(drawn, 0, 0);
  root.querySelector("[data-part=regions]").setAttribute("href", canvas.toDataURL());
  const latest = steps.slice(Math.max(0, done - Number(root.dataset.latest)), done);
  root.querySelector("[data-part=boxes]").replaceChildren(
    ...latest.flatMap(([, , ...box], place) => {
      const age = (place + 1) / latest.length;
      return [rect(box, "#fff", 4, age / 2), rect(box, "#111827", 2, age)];
    }),
  );
  const values = { left: first - done, done };
  root.querySelector("[data-part=said]").textContent = root.dataset.said.replace(/\{(\w+)\}/g, (_, name) => values[name]);
};
const players = new WeakMap();
const stop = (root) => {
  clearInterval(players.get(root)?.timer);
  root.querySelector("[data-part=said]").removeAttribute("aria-live"); // as its role says
  if (players.has(root)) root.querySelector("[data-play]").textContent = players.get(root).word;
  players.delete(root);
};
const play = (root) => {
  const button = root.querySelector("[data-play]");
  if (players.has(root)) return stop(root);
  const slider = root.querySelector("[data-slide=merges]");
  const last = Number(slider.max);
  if (Number(slider.value) >= last) slider.value = 0;
  const timer = setInterval(() => {
    // The first merges are many and small, the last ones few and large.
    const left = last - Number(slider.value);
    slider.value = Number(slider.value) + Math.max(1, Math.round(left / 40));
    show(root);
    if (Number(slider.value) >= last || !root.isConnected) stop(root);
  }, 120);
  players.set(root, { timer, word: button.textContent });
  root.querySelector("[data-part=said]").setAttribute("aria-live", "off"); // eight times a second
  button.textContent = button.dataset.play;
};
element.addEventListener("input", ({ target }) => {
  const root = target.closest(".mm-merging");
  if (!root) return;
  stop(root);
  show(root);
});
element.addEventListener("click", ({ target }) => {
  const root = target.closest(".mm-merging");
  if (root && target.closest("[data-play]")) play(root);
});
new MutationObserver((changes) => {
  for (const { target } of changes) {
    stop(target);
    target.querySelector("[data-slide=merges]").value = 0;
    show(target);
  }
}).observe(element, { subtree: true, attributeFilter: ["data-labels", "data-steps"] });
