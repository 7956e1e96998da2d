// What stands in front of something else: the rest is blurred, greyed or taken away.
// Of each kind, how much of a pixel is in front: within the border, people did not decide.
const FRONT = { pet: 255, border: 128, background: 0 };
const behind = {
  // Scaled down in steps and up again: every browser smooths, few have a filter for it.
  blurred: (pen, photo, width, height) => {
    let small = photo;
    for (const parts of [4, 8, 16, 24]) {
      const next = sheet(Math.max(1, Math.round(width / parts)), Math.max(1, Math.round(height / parts)));
      next.getContext("2d").drawImage(small, 0, 0, next.width, next.height);
      small = next;
    }
    pen.imageSmoothingQuality = "high";
    pen.drawImage(small, 0, 0, width, height);
  },
  grey: (pen, photo, width, height) => {
    pen.drawImage(photo, 0, 0);
    const seen = pen.getImageData(0, 0, width, height);
    for (let at = 0; at < seen.data.length; at += 4) {
      const [red, green, blue] = seen.data.subarray(at, at + 3);
      seen.data.fill(0.299 * red + 0.587 * green + 0.114 * blue, at, at + 3);
    }
    pen.putImageData(seen, 0, 0);
  },
  white: (pen, _photo, width, height) => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, height);
  },
  clear: () => {},
};
const put = new WeakMap(); // what each canvas shows
const putBehind = async (root) => {
  const part = root.querySelector("[data-part=behind]");
  if (!part) return;
  const choice = () => part.querySelector("input:checked").value;
  const wanted = () => root.dataset.labels + choice();
  if (put.get(part) === wanted()) return;
  put.set(part, wanted());
  const seen = await view(root);
  const photo = await layer(root, "photo");
  const { naturalWidth: width, naturalHeight: height } = photo;
  const cover = new ImageData(seen.width, seen.height);
  seen.ids.forEach((id, place) => {
    if (id) cover.data[4 * place + 3] = FRONT[seen.names[seen.regions[id - 1][0]]];
  });
  const mask = sheet(seen.width, seen.height);
  mask.getContext("2d").putImageData(cover, 0, 0);
  const front = sheet(width, height);
  const pen = front.getContext("2d");
  pen.drawImage(photo, 0, 0);
  pen.globalCompositeOperation = "destination-in";
  pen.drawImage(mask, 0, 0, width, height);
  const canvas = part.querySelector("canvas");
  Object.assign(canvas, { width, height });
  const whole = canvas.getContext("2d", { willReadFrequently: true });
  behind[choice()](whole, photo, width, height); // as it is by now
  whole.drawImage(front, 0, 0);
  part.dataset.shown = choice();
};
saves.behind = (root) =>
  root.querySelector("[data-part=behind] canvas").toBlob((blob) => save(blob, "cut-out.png"), "image/png");
element.addEventListener("change", ({ target }) => {
  if (target.closest("[data-part=behind]")) putBehind(answered(target));
});
// Of a new answer, too: the choice stays.
const putAll = () => element.querySelectorAll(".mm-cut[data-labels]").forEach(putBehind);
new MutationObserver(putAll).observe(element, {
  childList: true, subtree: true, attributeFilter: ["data-labels", "data-regions"],
});
putAll();
