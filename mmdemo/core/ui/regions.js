// Regions are looked up in the label map that is in the page: nothing is asked again.
const views = new WeakMap();
// What is known of an answer: whose label each pixel has, where each region is, and which are kept.
const view = (root) => {
  if (!views.has(root)) views.set(root, read(root));
  return views.get(root);
};
const pixels = async (address) => {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  return picture;
};
const sheet = (width, height) => Object.assign(document.createElement("canvas"), { width, height });
const read = async (root) => {
  const picture = await pixels(root.dataset.labels);
  const { naturalWidth: width, naturalHeight: height } = picture;
  const pen = sheet(width, height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(picture, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  const ids = new Uint16Array(width * height);
  const [regions, names, kinds, colours, chosen, said] = [
    "regions", "names", "kinds", "colours", "chosen", "said",
  ].map((name) => JSON.parse(root.dataset[name]));
  const boxes = regions.map(() => [width, height, 0, 0]); // left, top, right, bottom
  for (let place = 0, y = 0; y < height; y++)
    for (let x = 0; x < width; x++, place++) {
      const id = data[4 * place] + 256 * data[4 * place + 1];
      const box = boxes[id - 1];
      if (!box) continue;
      ids[place] = id;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x >= box[2]) box[2] = x + 1;
      if (y >= box[3]) box[3] = y + 1;
    }
  const colour = (id) => colours[chosen[id - 1]];
  return { ids, width, height, boxes, regions, names, kinds, said, colour, paths: [], kept: new Set(), lit: 0 };
};

// === Outlines ===

// A region as a path in pixels of the label map, around its holes, too. It goes through the middles
// of the pixels' sides, which smooths the steps.
const outline = (seen, id) => (seen.paths[id] ??= traced(seen, id));
const traced = ({ ids, width, boxes }, id) => {
  const [left, top, right, bottom] = boxes[id - 1];
  const inside = (x, y) => x >= left && x < right && y >= top && y < bottom && ids[y * width + x] === id;
  const ends = new Map(); // of the sides that begin at a corner, the region on their right
  const key = (x, y) => y * (width + 1) + x;
  const add = (x, y, toX, toY) => {
    const from = key(x, y);
    if (ends.has(from)) ends.get(from).push([toX, toY]);
    else ends.set(from, [[toX, toY]]);
  };
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      if (!inside(x, y)) continue;
      if (!inside(x, y - 1)) add(x, y, x + 1, y);
      if (!inside(x + 1, y)) add(x + 1, y, x + 1, y + 1);
      if (!inside(x, y + 1)) add(x + 1, y + 1, x, y + 1);
      if (!inside(x - 1, y)) add(x, y + 1, x, y);
    }
  let path = "";
  for (const [start, open] of ends)
    while (open.length) {
      let [x, y] = [start % (width + 1), Math.floor(start / (width + 1))];
      const middles = [];
      for (let next = open.pop(); next; next = ends.get(key(x, y)).pop()) {
        const [toX, toY] = next;
        middles.push([(x + toX) / 2, (y + toY) / 2]);
        [x, y] = [toX, toY];
      }
      const corners = middles.filter(([atX, atY], place) => {
        const [beforeX, beforeY] = middles.at(place - 1);
        const [afterX, afterY] = middles[(place + 1) % middles.length];
        return atX - beforeX !== afterX - atX || atY - beforeY !== afterY - atY;
      });
      path += `M${corners.map((corner) => corner.join(" ")).join("L")}Z`;
    }
  return path;
};
const SVG = "http://www.w3.org/2000/svg";
const line = (seen, id, stroke, width, fill = "none") => {
  const path = document.createElementNS(SVG, "path");
  const values = {
    d: outline(seen, id), stroke, fill, "stroke-width": width, "stroke-linejoin": "round",
    "fill-rule": "evenodd", "vector-effect": "non-scaling-stroke",
  };
  for (const [name, value] of Object.entries(values)) path.setAttribute(name, value);
  return path;
};
// One that is kept has a dark rim within a white one; one that is lit is brighter, too.
const mark = (root, seen) => {
  const marked = [...seen.kept].flatMap((id) => [
    line(seen, id, "#fff", 5), line(seen, id, "#111827", 2.5, `${seen.colour(id)}66`),
  ]);
  if (seen.lit) marked.push(line(seen, seen.lit, "#fff", 3, "#ffffff55"));
  root.querySelector("[data-part=marks]").replaceChildren(...marked);
};

// === Lit and kept ===

const row = (root, id) => root.querySelector(`[data-region="${id}"]`);
const light = async (root, id, follow) => {
  const seen = await view(root);
  if (seen.lit === id) return;
  row(root, seen.lit)?.classList.remove("mm-lit");
  seen.lit = id;
  mark(root, seen);
  const told = root.querySelector("[data-part=lit]");
  const lit = row(root, id);
  if (!lit) return (told.textContent = told.dataset.hint);
  lit.classList.add("mm-lit");
  const [area, part, score] = [...lit.querySelectorAll("td.mm-number")].map((cell) => cell.textContent);
  const kind = seen.kinds[seen.regions[id - 1][0]];
  const words = { number: id, kind, area, share: part, score };
  told.textContent = seen.said.lit.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  if (!follow) return;
  // The box of the table alone is moved: the page stays where it is.
  const box = root.querySelector(".mm-cut-rows");
  const head = box.querySelector("thead").offsetHeight;
  if (lit.offsetTop - head < box.scrollTop) box.scrollTop = lit.offsetTop - head;
  const below = lit.offsetTop + lit.offsetHeight - box.clientHeight;
  if (below > box.scrollTop) box.scrollTop = below;
};
const keep = async (root, id) => {
  const seen = await view(root);
  if (!row(root, id)) return;
  if (!seen.kept.delete(id)) seen.kept.add(id);
  row(root, id).setAttribute("aria-selected", seen.kept.has(id));
  const numbers = [...seen.kept].sort((one, other) => one - other).join(", ");
  const told = root.querySelector("[data-part=kept]");
  told.textContent = numbers ? seen.said.kept.replace("{numbers}", numbers) : seen.said.none;
  mark(root, seen);
};
// The region below the pointer, 0 where there is none.
const under = async (root, { clientX, clientY }) => {
  const seen = await view(root);
  const marks = root.querySelector("[data-part=marks]");
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(marks.getScreenCTM().inverse());
  if (x < 0 || y < 0 || x >= seen.width || y >= seen.height) return 0;
  return seen.ids[Math.floor(y) * seen.width + Math.floor(x)];
};

// === To take home ===

const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const layer = (root, part) => pixels(root.querySelector(`[data-part=${part}]`).getAttribute("href"));
const saves = {
  async table(root) {
    const { regions, names } = await view(root);
    const rows = regions.map(([kind, ...values], place) => {
      const name = /[",\n]/.test(names[kind]) ? `"${names[kind].replaceAll('"', '""')}"` : names[kind];
      return [place + 1, name, ...values].join(",");
    });
    const text = ["id,kind,area,share,score,x,y", ...rows, ""].join("\r\n");
    save(new Blob([text], { type: "text/csv" }), "regions.csv");
  },
  async picture(root) {
    const seen = await view(root);
    const photo = await layer(root, "photo");
    const { naturalWidth: width, naturalHeight: height } = photo;
    const canvas = sheet(width, height);
    const pen = canvas.getContext("2d");
    pen.drawImage(photo, 0, 0);
    for (const part of ["fills", "rims"]) {
      pen.globalAlpha = Number(root.querySelector(`[data-part=${part}]`).getAttribute("opacity") ?? 1);
      pen.drawImage(await layer(root, part), 0, 0, width, height);
    }
    pen.globalAlpha = 1;
    pen.lineJoin = "round";
    const [across, down] = [width / seen.width, height / seen.height];
    for (const id of seen.kept) {
      const path = new Path2D();
      path.addPath(new Path2D(outline(seen, id)), new DOMMatrix([across, 0, 0, down, 0, 0]));
      for (const [color, wide] of [["#fff", 5], ["#111827", 2.5]]) {
        Object.assign(pen, { strokeStyle: color, lineWidth: (wide * Math.max(width, height)) / 640 });
        pen.stroke(path);
      }
    }
    canvas.toBlob((blob) => save(blob, "regions.png"), "image/png");
  },
  // What is kept, or else everything, out of the photo; the rest is clear, and cut away.
  async pieces(root) {
    const seen = await view(root);
    const photo = await layer(root, "photo");
    const { naturalWidth: width, naturalHeight: height } = photo;
    const wanted = (id) => id && (!seen.kept.size || seen.kept.has(id));
    const boxes = seen.boxes.filter(([left, , right], place) => left < right && wanted(place + 1));
    // The map in the page may have no pixel of it.
    if (!boxes.length) return (root.querySelector("[data-part=kept]").textContent = seen.said.small);
    const mask = sheet(seen.width, seen.height);
    const cover = new ImageData(seen.width, seen.height);
    seen.ids.forEach((id, place) => (cover.data[4 * place + 3] = wanted(id) ? 255 : 0));
    mask.getContext("2d").putImageData(cover, 0, 0);
    const [across, down] = [width / seen.width, height / seen.height];
    const edge = (side, most) => most(...boxes.map((box) => box[side]));
    const left = Math.floor(edge(0, Math.min) * across);
    const top = Math.floor(edge(1, Math.min) * down);
    const right = Math.ceil(edge(2, Math.max) * across);
    const bottom = Math.ceil(edge(3, Math.max) * down);
    const canvas = sheet(Math.max(1, right - left), Math.max(1, bottom - top));
    const pen = canvas.getContext("2d");
    pen.drawImage(photo, -left, -top);
    pen.globalCompositeOperation = "destination-in";
    pen.drawImage(mask, -left, -top, width, height);
    canvas.toBlob((blob) => save(blob, "cut-outs.png"), "image/png");
  },
};

// === What a visitor does ===

const answered = (target) => target.closest?.(".mm-cut[data-labels]");
element.addEventListener("pointermove", async (event) => {
  const root = answered(event.target);
  if (root && event.target.closest("svg")) light(root, await under(root, event), true);
});
element.addEventListener("pointerover", ({ target }) => {
  const over = target.closest("[data-region]");
  if (over) light(answered(over), Number(over.dataset.region));
});
element.addEventListener("pointerout", ({ target, relatedTarget, pointerType }) => {
  const left = target.closest(".mm-cut svg, .mm-cut tbody");
  if (left && pointerType !== "touch" && !left.contains(relatedTarget) && answered(left)) light(answered(left), 0);
});
element.addEventListener("focusin", ({ target }) => {
  if (target.dataset?.region) light(answered(target), Number(target.dataset.region), true);
});
element.addEventListener("click", async (event) => {
  const { target } = event;
  const root = answered(target);
  if (!root) return;
  const button = target.closest("[data-save]");
  if (button) return saves[button.dataset.save](root);
  const over = target.closest("[data-region]");
  if (over) return keep(root, Number(over.dataset.region));
  if (!target.closest("svg")) return;
  const id = await under(root, event);
  await light(root, id, true); // a finger does not point before it touches
  keep(root, id);
});
const goals = {
  ArrowDown: (id) => id + 1,
  ArrowUp: (id) => id - 1,
  PageDown: (id, last) => Math.min(id + 10, last),
  PageUp: (id) => Math.max(id - 10, 1),
  Home: () => 1,
  End: (_, last) => last,
};
element.addEventListener("keydown", (event) => {
  const here = event.target;
  if (!here.dataset?.region) return;
  const root = answered(here);
  const id = Number(here.dataset.region);
  if (event.key === "Enter" || event.key === " ") keep(root, id);
  else if (event.key in goals) {
    const goal = row(root, goals[event.key](id, here.parentElement.rows.length));
    if (!goal) return event.preventDefault();
    here.tabIndex = -1; // the table is one stop of the Tab key
    goal.tabIndex = 0;
    goal.focus({ preventScroll: true });
  } else return;
  event.preventDefault();
});
const strengthen = (root) => {
  const slider = root.querySelector("[data-slide=opacity]");
  const strength = Number(slider.value) / 100;
  root.querySelector("[data-part=fills]").setAttribute("opacity", strength);
  root.querySelector("[data-part=rims]").setAttribute("opacity", Math.min(1, 4 * strength));
  slider.parentElement.querySelector("output").value = `${slider.value} %`;
};
element.addEventListener("input", ({ target }) => {
  if (target.dataset.slide === "opacity" && answered(target)) strengthen(answered(target));
});
// Gradio writes another answer into the elements of the last one, but the slider stays where it was.
new MutationObserver((changes) => {
  for (const { target } of changes) {
    views.delete(target);
    if (answered(target)) strengthen(target);
  }
}).observe(element, { subtree: true, attributeFilter: ["data-labels", "data-regions"] });
