// What a visitor moves on a page: a threshold, a slider along a curve, a cover, a review's words.
// Fetched where an answer holds such a thing. Values stand in data attributes as JSON; sentences
// are written as Python formats them, {name:.1f}.
const say = (text, values) =>
  text.replace(/\{(\w+)(?::\.(\d)f)?\}/g, (_, name, digits) =>
    digits === undefined ? values[name] : Number(values[name]).toFixed(digits),
  );
const set = (element, text) => element && element.textContent !== text && (element.textContent = text);
const clamp = (value, high) => Math.min(Math.max(value, 0), high);

// === A mark that moves along the lines of a chart ===

const mark = (chart, value) => {
  const marker = chart?.querySelector("g.mm-marker");
  if (!marker) return;
  const [low, high, left, right] = JSON.parse(marker.dataset.axis);
  const x = left + ((value - low) / (high - low)) * (right - left);
  const [line, name] = [marker.querySelector("line"), marker.querySelector("text")];
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
  const late = x > (left + right) / 2;
  name.setAttribute("x", x + (late ? -5 : 5));
  name.setAttribute("text-anchor", late ? "end" : "start");
  [...chart.querySelectorAll("polyline")].forEach((drawn, place) => {
    const points = [...drawn.points];
    const after = points.findIndex((point) => point.x > x);
    const [one, other] = [points.at(after > 0 ? after - 1 : after), points.at(after)];
    const part = other.x > one.x ? (x - one.x) / (other.x - one.x) : 0;
    let dot = marker.querySelectorAll("circle")[place];
    if (!dot) {
      dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      dot.setAttribute("r", 5);
      dot.setAttribute("fill", drawn.getAttribute("stroke"));
      marker.append(dot);
    }
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", one.y + part * (other.y - one.y));
  });
};

// === A threshold: what it decides, and both of its error rates ===

const decide = (moved) => {
  const threshold = moved.valueAsNumber;
  if (!Number.isFinite(threshold)) return;
  for (const verdict of document.querySelectorAll("[data-outcomes]")) {
    if (verdict.closest(".mm-both")) continue; // each network has a threshold of its own there
    const { distance, outcomes, meaning, scale, curve } = JSON.parse(verdict.dataset.outcomes);
    const above = curve.thresholds.findIndex((each) => each > threshold);
    const at = (above < 0 ? curve.thresholds.length : above) - 1;
    const far = at < 0 ? 0 : 100 * curve.far[at];
    const frr = at < 0 ? 100 : 100 * curve.frr[at];
    const [heading, kind, why] = outcomes[distance <= threshold ? "same" : "different"];
    verdict.className = `mm-verdict ${kind}`;
    set(verdict.querySelector("h3"), heading);
    set(verdict.querySelector(".mm-why"), why);
    const full = Math.max(2 * threshold, distance * 1.1, 1e-9);
    const drawn = verdict.querySelector(".mm-scale");
    const said = say(meaning, { distance, threshold, far, frr });
    drawn.setAttribute("aria-label", say(scale, { distance, threshold }));
    drawn.querySelector("i").style.width = `${(100 * distance) / full}%`;
    drawn.querySelector("u").style.left = `${(100 * threshold) / full}%`;
    set(verdict.querySelector(".mm-note"), said);
    moved.setAttribute("aria-valuetext", said);
    mark(verdict.closest(".mm-answer, .prose")?.querySelector(".mm-chart:has(.mm-marker)"), threshold);
  }
};

// === A slider with stored rows ===

const along = (box) => {
  const { values, sentence, rows } = JSON.parse(box.dataset.along);
  const slider = box.querySelector("input");
  const said = say(sentence, rows[slider.valueAsNumber]);
  slider.setAttribute("aria-valuetext", said);
  set(box.querySelector("output"), said);
  mark(box.querySelector(".mm-chart"), values[slider.valueAsNumber]);
};

// === A cover over a photo ===

const cover = (box, row, column) => {
  const { cells, sizes, names, plain, answers } = JSON.parse(box.dataset.cover);
  const size = box.querySelector("input").valueAsNumber;
  const found = (value) => clamp(Math.round(value ?? (cells - 1) / 2), cells - 1);
  row = found(row ?? box.dataset.row);
  column = found(column ?? box.dataset.column);
  Object.assign(box.dataset, { row, column });
  const under = answers[size][row * cells + column];
  const square = box.querySelector(".mm-cover");
  const side = 100 * sizes[size];
  const free = (100 - side) / (cells - 1);
  Object.assign(square.style, { width: `${side}%`, height: `${side}%`, left: `${column * free}%`, top: `${row * free}%` });
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  [...box.querySelectorAll("tbody tr")].forEach((line, place) => {
    set(line.querySelector(".mm-number"), percent(under[place]));
    line.querySelector(".mm-under i").style.width = percent(under[place]).replace(" ", "");
    line.querySelector(".mm-under u").style.left = percent(plain[place]).replace(" ", "");
  });
  const best = under.indexOf(Math.max(...under));
  const said = say(box.dataset.said, { row: row + 1, column: column + 1, name: names[best], share: percent(under[best]) });
  square.setAttribute("aria-valuenow", row * cells + column + 1);
  square.setAttribute("aria-valuetext", said);
  set(box.querySelector("[role=status]"), said);
};
const drag = (box, event) => {
  const { cells, sizes } = JSON.parse(box.dataset.cover);
  const side = sizes[box.querySelector("input").valueAsNumber];
  const frame = box.querySelector(".mm-covered").getBoundingClientRect();
  const at = (position, length) => ((position / length - side / 2) / (1 - side)) * (cells - 1);
  cover(box, at(event.clientY - frame.top, frame.height), at(event.clientX - frame.left, frame.width));
};

// === The words of a review, struck out and brought back ===

let number = 0;
const pressed = (box) =>
  [...box.querySelectorAll("mark")].flatMap((word, place) => (word.ariaPressed === "true" ? [place] : []));
const strike = (word) => {
  const box = word.closest("[data-strike]");
  word.ariaPressed = String(word.ariaPressed !== "true");
  const struck = pressed(box);
  box.dataset.number = ++number;
  const answer = box.closest(".mm-reading");
  answer.querySelector(".mm-verdict").classList.add("mm-waiting");
  const ask = document.querySelector(".mm-struck-out");
  ask.dataset.asked = JSON.stringify({ ...JSON.parse(box.dataset.strike), struck, number });
  clearTimeout(strike.waiting);
  strike.waiting = setTimeout(() => ask.click(), 40);
};
export const struck = ([reply]) => {
  const { number: answered, html } = JSON.parse(reply || "{}");
  const box = document.querySelector(`[data-strike][data-number="${answered}"]`);
  if (!box) return; // the words have changed meanwhile, or the review
  const old = box.closest(".mm-reading").querySelector(".mm-verdict");
  const made = document.createElement("template");
  made.innerHTML = html;
  old.className = made.content.firstElementChild.className;
  old.replaceChildren(...made.content.firstElementChild.childNodes); // what is read aloud stays
  box.dataset.answered = JSON.stringify(pressed(box));
};
export const failed = () => {
  // The verdict is the one before: so are the words.
  for (const verdict of document.querySelectorAll(".mm-verdict.mm-waiting")) {
    verdict.classList.remove("mm-waiting");
    const box = verdict.closest(".mm-reading").querySelector("[data-strike]");
    const answered = JSON.parse(box.dataset.answered ?? "[]");
    box.querySelectorAll("mark").forEach((word, place) => (word.ariaPressed = String(answered.includes(place))));
  }
};
const walk = (word, step) => {
  const words = [...word.closest("[data-strike]").querySelectorAll("mark")];
  const next = words[clamp(words.indexOf(word) + step, words.length - 1)];
  word.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
};

// === What is there, and what is done to it ===

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
let held = null;

addEventListener("input", ({ target }) => {
  if (target.closest(".mm-threshold")) decide(target);
  const box = target.closest("[data-along], [data-cover]");
  if (box) (box.matches("[data-along]") ? along : cover)(box);
});
addEventListener("pointerdown", (event) => {
  const photo = event.target.closest?.(".mm-covered");
  if (!photo || event.button) return;
  held = photo.closest("[data-cover]");
  photo.setPointerCapture(event.pointerId);
  photo.querySelector(".mm-cover").focus({ preventScroll: true });
  event.preventDefault();
  drag(held, event);
});
addEventListener("pointermove", (event) => held && drag(held, event));
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (held = null));
addEventListener("click", ({ target }) => {
  const word = target.closest?.("[data-strike] mark");
  if (!word) return;
  for (const other of word.closest("[data-strike]").querySelectorAll("mark")) other.tabIndex = other === word ? 0 : -1;
  strike(word);
});
addEventListener("keydown", (event) => {
  const square = event.target.closest?.(".mm-cover");
  const word = event.target.closest?.("[data-strike] mark");
  const step = STEPS[event.key];
  if (square && step) {
    const box = square.closest("[data-cover]");
    cover(box, Number(box.dataset.row) + step[0], Number(box.dataset.column) + step[1]);
  } else if (word && step) {
    walk(word, step[0] + step[1]);
  } else if (word && ["Enter", " "].includes(event.key)) {
    strike(word);
  } else return;
  event.preventDefault();
});
const arrive = () => {
  for (const box of document.querySelectorAll("[data-along]:not(.mm-live-now)")) {
    box.classList.add("mm-live-now");
    along(box);
  }
  for (const box of document.querySelectorAll("[data-cover]:not(.mm-live-now)")) {
    box.classList.add("mm-live-now");
    cover(box);
  }
  for (const box of document.querySelectorAll("[data-strike]:not(.mm-live-now)")) {
    box.classList.add("mm-live-now");
    box.querySelectorAll("mark").forEach((word, place) => {
      word.setAttribute("role", "button");
      word.ariaPressed = "false";
      word.tabIndex = place ? -1 : 0;
    });
  }
};
new MutationObserver(arrive).observe(document, { childList: true, subtree: true });
arrive();
