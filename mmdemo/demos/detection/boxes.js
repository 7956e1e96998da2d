// Boxes move with the sliders at once: all candidates are in the page, and nothing is asked again.
const OVERLAP = (a, b) => {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return 0;
  const area = (c) => (c[2] - c[0]) * (c[3] - c[1]);
  return (across * down) / (area(a) + area(b) - across * down);
};
// Non-maximum suppression; candidates are [left, top, right, bottom, score, kind], likeliest first.
const remaining = (candidates, threshold, most) => {
  const kept = [];
  candidates.forEach((box, place) => {
    if (box[4] < threshold) return;
    if (kept.every((other) => candidates[other][5] !== box[5] || OVERLAP(candidates[other], box) <= most))
      kept.push(place);
  });
  return kept;
};
const read = (root) => {
  const candidates = JSON.parse(root.dataset.boxes);
  const [threshold, most] = ["threshold", "suppression"].map(
    (name) => Number(root.querySelector(`[data-slide=${name}]`).value) / 100,
  );
  return { candidates, kept: remaining(candidates, threshold, most) };
};
const SVG = "http://www.w3.org/2000/svg";
const made = (name, attributes, ...children) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const draw = (root) => {
  const { candidates, kept } = read(root);
  const layer = root.querySelector(".mm-boxes");
  const { width, height } = layer.ownerSVGElement.viewBox.baseVal;
  const [kinds, colours] = [root.dataset.kinds, root.dataset.colours].map((text) => JSON.parse(text));
  layer.replaceChildren(
    ...kept.map((place) => {
      const [left, top, right, bottom, score, kind] = candidates[place];
      const edges = {
        x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height,
      };
      return made(
        "g",
        {},
        made("title", {}, `${kinds[kind]} ${Math.round(100 * score)} %`),
        made("rect", { ...edges, stroke: "#fff", "stroke-width": 4, opacity: 0.75 }),
        made("rect", { ...edges, stroke: colours[kind % colours.length], "stroke-width": 2 }),
      );
    }),
  );
  for (const cell of root.querySelectorAll("[data-count]"))
    cell.textContent = kept.filter((place) => candidates[place][5] === Number(cell.dataset.count)).length;
  for (const slider of root.querySelectorAll("[data-slide]"))
    slider.parentElement.querySelector("output").value = `${slider.value} %`;
};
const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const saves = {
  json(root) {
    const { candidates, kept } = read(root);
    const { width, height } = root.dataset;
    const names = JSON.parse(root.dataset.names);
    const annotations = kept.map((place, number) => {
      const [left, top, right, bottom, score, kind] = candidates[place];
      const bbox = [left * width, top * height, (right - left) * width, (bottom - top) * height];
      const round = (value) => Math.round(value * 100) / 100;
      return {
        id: number + 1,
        image_id: 1,
        category_id: kind + 1,
        bbox: bbox.map(round),
        area: round(bbox[2] * bbox[3]),
        iscrowd: 0,
        score,
      };
    });
    const images = [{ id: 1, width: Number(width), height: Number(height) }];
    const categories = names.map((name, place) => ({ id: place + 1, name }));
    const text = JSON.stringify({ images, categories, annotations }, null, 1);
    save(new Blob([text], { type: "application/json" }), "boxes.json");
  },
  async picture(root) {
    const { candidates, kept } = read(root);
    const picture = new Image();
    picture.src = root.querySelector("svg image").getAttribute("href");
    await picture.decode();
    const canvas = document.createElement("canvas");
    const { naturalWidth: width, naturalHeight: height } = picture;
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    const colours = JSON.parse(root.dataset.colours);
    for (const [wide, of] of [[5, () => "#fff"], [2.5, (kind) => colours[kind % colours.length]]])
      for (const place of kept) {
        const [left, top, right, bottom, , kind] = candidates[place];
        pen.lineWidth = wide;
        pen.strokeStyle = of(kind);
        pen.strokeRect(left * width, top * height, (right - left) * width, (bottom - top) * height);
      }
    canvas.toBlob((blob) => save(blob, "boxes.png"), "image/png");
  },
};
element.addEventListener("input", ({ target }) => {
  const root = target.closest(".mm-found");
  if (!root) return;
  if (target.dataset.layer)
    for (const layer of root.querySelectorAll(`g.mm-layer-${target.dataset.layer}`))
      layer.style.display = target.checked ? "" : "none";
  else draw(root);
});
element.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-save]");
  if (button) saves[button.dataset.save](button.closest(".mm-found"));
});
