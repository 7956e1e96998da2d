// The page: a window that slides over an input which can be written into. Follows sliding.js.
const root = element.querySelector(".mm-conv");
const words = JSON.parse(root.dataset.words);
const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, field) => values[field]);
const find = (name) => root.querySelector(`[data-part=${name}]`);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const START = { size: 5, kernel: 3, stride: 1, padding: "valid", dilation: 1, channels: 1, filters: 1, groups: 1 };
const STARTS = {
  strided: { stride: 2 },
  padded: { padding: "same" },
  dilated: { size: 6, dilation: 2 },
  transposed: { size: 3, stride: 2 },
  depthwise: { channels: 2 },
  depthwise_separable: { channels: 2, filters: 2 },
  pointwise: { channels: 3, size: 4, filters: 2 },
  grouped: { channels: 4, filters: 2, groups: 2, size: 4 },
  causal: { size: 8, dilation: 2, kernel: 2 },
  max_pooling: { size: 6, kernel: 2, stride: 2 },
  average_pooling: { size: 6, kernel: 2, stride: 2 },
};
const POOLED = ["dilation", "filters", "groups"];
const HIDDEN = {
  pointwise: ["kernel", "padding", "dilation"],
  transposed: ["dilation"],
  depthwise: ["filters"],
  causal: ["padding"],
  max_pooling: POOLED,
  average_pooling: POOLED,
};
const SECONDS = 0.8;
let options, x, kernels, maps, stages, number, place, timer;

// === What is worked out ===

const bright = (row, column, channel) => {
  const middle = options.width / 2;
  return (column + channel * row >= middle ? 7 : 1) + ((row + 2 * column) % 3 === 0 ? 1 : 0);
};
const pattern = ([rows, columns]) => (a, b, c, filter) => {
  const across = Math.sign(b - (columns - 1) / 2);
  const down = Math.sign(a - (rows - 1) / 2);
  if (rows * columns === 1) return c === filter ? 2 : 1;
  return [columns > 1 ? across : down, rows > 1 ? down : across, 1][filter % 3];
};
const read = () => {
  const chosen = {};
  for (const field of root.querySelectorAll("[data-option]")) {
    const { option } = field.dataset;
    chosen[option] = option === "kind" || option === "padding" ? field.value : Number(field.value);
  }
  const hidden = HIDDEN[chosen.kind] ?? [];
  if (hidden.includes("dilation")) chosen.dilation = 1;
  if (chosen.kind === "causal") chosen.padding = "valid";
  if (chosen.kind === "pointwise") Object.assign(chosen, { kernel: 1, padding: "valid" });
  return { ...chosen, height: chosen.kind === "causal" ? 1 : chosen.size, width: chosen.size };
};
const same = (one, other) => one && JSON.stringify(one) === JSON.stringify(other);
const rework = () => {
  options = read();
  const hidden = [...(HIDDEN[options.kind] ?? []), ...(options.kind === "grouped" ? [] : ["groups"])];
  for (const field of root.querySelectorAll("[data-option]")) {
    field.closest("label").hidden = hidden.includes(field.dataset.option);
    field.removeAttribute("aria-invalid");
  }
  const problem = conflictOf(options);
  const alert = find("problem");
  alert.hidden = !problem;
  root.classList.toggle("mm-invalid", Boolean(problem));
  if (problem) {
    const reach = reachOf(options.kernel, options.dilation);
    alert.textContent = say(`problem_${problem[0]}`, { ...options, reach });
    const field = root.querySelector(`[data-option=${problem[1]}]`);
    field.setAttribute("aria-invalid", "true");
    field.closest("label").after(alert);
    pause();
    return;
  }
  const wanted = stagesOf(options);
  const shape = [options.height, options.width, options.channels];
  if (!x || !same(shape, [x.length, x[0].length, x[0][0].length])) x = filled(shape, bright);
  kernels = wanted.map((stage, at) => {
    if (isPooling(stage)) return null;
    const kept = stages && same(stages[at] && weightsOf(stages[at]), weightsOf(stage)) && kernels[at];
    return kept || filled(weightsOf(stage), pattern(stage.kernel));
  });
  stages = wanted;
  number = Math.min(number ?? 0, stages.length - 1);
  recompute();
  place = place?.map((at, axis) => Math.min(at, limits()[axis] - 1)) ?? [0, 0, 0];
  build();
  facts();
  costs();
};
const recompute = () => {
  maps = [x];
  stages.forEach((stage, at) => maps.push(stepOf(stage, maps[at], kernels[at])));
};
const limits = () => {
  const out = maps[number + 1];
  return [out.length, out[0].length, out[0][0].length];
};

// === Grids ===

const written = (value) => String(Math.round(value * 100) / 100).replace("-", "−");
const made = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const grid = (title, rows, columns, cell) => {
  const table = made("div", { class: "mm-cells", style: `--columns:${columns.length}` });
  for (const row of rows) for (const column of columns) table.append(cell(row, column));
  return made("figure", {}, made("figcaption", {}, title), table);
};
const count = (from, to) => Array.from({ length: to - from }, (_, at) => from + at);
const field = (value, label, key) =>
  made("input", { value: written(value), inputmode: "text", "aria-label": label, "data-write": key.join(), size: 1 });
const build = () => {
  const stage = stages[number];
  const [map, out] = [maps[number], maps[number + 1]];
  const [height, width] = [map.length, map[0].length];
  const around = [height, width].map((length, axis) =>
    stage.operation === "transposed"
      ? [0, 0]
      : padsOf(length, reachOf(stage.kernel[axis], stage.dilation[axis]), stage.strides[axis], stage.padding),
  );
  const [rows, columns] = [height, width].map((length, axis) => count(-around[axis][0], length + around[axis][1]));
  const many = (list, name, one) => (list.length > 1 ? say(one, { number: name + 1 }) : "");
  const inputs = count(0, stage.channels).map((channel) =>
    grid(`${say(number ? "between" : "input")} ${many(count(0, stage.channels), channel, "channel")}`, rows, columns, (row, column) => {
      const at = { "data-at": [row, column, channel].join() };
      if (row < 0 || column < 0 || row >= height || column >= width)
        return made("span", { class: "mm-pad", ...at }, isPooling(stage) ? "" : "0");
      if (number) return made("span", at, written(map[row][column][channel]));
      const label = say("cell", { row: row + 1, column: column + 1 });
      const cell = field(map[row][column][channel], label, ["x", row, column, channel]);
      cell.setAttribute("data-at", at["data-at"]);
      return cell;
    }),
  );
  const outputs = count(0, stage.filters).map((filter) =>
    grid(`${say("output")} ${many(count(0, stage.filters), filter, "channel")}`, count(0, out.length), count(0, out[0].length), (row, column) =>
      made("button", { type: "button", "data-out": [row, column, filter].join(), tabindex: -1 }),
    ),
  );
  find("inputs").replaceChildren(...inputs);
  find("outputs").replaceChildren(...outputs);
  const steps = find("steps");
  steps.hidden = stages.length < 2;
  for (const button of steps.children) button.setAttribute("aria-pressed", String(Number(button.value) === number));
  kernelShown = null;
  refresh();
};
let kernelShown;
const showKernel = () => {
  const [stage, kernel, filter] = [stages[number], kernels[number], place[2]];
  const key = `${number} ${filter}`;
  if (kernelShown === key) return;
  kernelShown = key;
  if (!kernel) return find("kernels").replaceChildren();
  const depth = stage.channels / stage.groups;
  const group = Math.floor(filter / (stage.filters / stage.groups));
  find("kernels").replaceChildren(
    ...count(0, depth).map((c) =>
      grid(
        `${say("kernel")}${stage.channels > 1 ? ` ${say("channel", { number: group * depth + c + 1 })}` : ""}`,
        count(0, stage.kernel[0]),
        count(0, stage.kernel[1]),
        (a, b) => field(kernel[a][b][c][filter], say("weight", { row: a + 1, column: b + 1 }), ["k", a, b, c, filter]),
      ),
    ),
  );
};
const refresh = () => {
  showKernel();
  const stage = stages[number];
  const [map, out] = [maps[number], maps[number + 1]];
  const terms = termsOf(stage, [map.length, map[0].length], place);
  const met = new Set(terms.map(({ row, column, channel }) => `${row},${column},${channel}`));
  for (const cell of root.querySelectorAll("[data-at]")) cell.classList.toggle("mm-met", met.has(cell.dataset.at));
  for (const cell of root.querySelectorAll("[data-out]")) {
    const [row, column, filter] = cell.dataset.out.split(",").map(Number);
    const here = same([row, column, filter], place);
    cell.textContent = written(out[row][column][filter]);
    cell.setAttribute("aria-label", say("result", { row: row + 1, column: column + 1, value: written(out[row][column][filter]) }));
    cell.tabIndex = here ? 0 : -1;
    cell.classList.toggle("mm-met", here);
  }
  const used = new Set(terms.map(({ weight }) => weight.join()));
  for (const cell of root.querySelectorAll("[data-write^=k]"))
    cell.classList.toggle("mm-met", used.has(cell.dataset.write.slice(2)));
  const value = written(numberOf(stage, map, kernels[number], place));
  const numbers = terms.map(({ row, column, channel, weight: [a, b, c, filter], inside }) => {
    const met = inside ? written(map[row][column][channel]) : "0";
    return kernels[number] ? `${met}·${bracketed(written(kernels[number][a][b][c][filter]))}` : met;
  });
  const sums = {
    max: () => `max(${numbers.join(", ")})`,
    average: () => `(${numbers.join(" + ")}) / ${numbers.length}`,
  };
  const sum = (sums[stage.operation] ?? (() => numbers.join(" + ") || "0"))();
  find("sum").replaceChildren(made("span", {}, `${sum} = `), made("b", {}, value));
};
const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);

// === What is said beside it ===

const facts = () => {
  const stage = stages[0];
  const axis = 1;
  const [n, k, s, d] = [options.width, stage.kernel[axis], stage.strides[axis], stage.dilation[axis]];
  const whole = stages.length > 1 && options.kind === "spatially_separable" ? stages[1] : stage;
  const [size, stride] = [whole.kernel[axis], whole.strides[axis]];
  const reach = reachOf(size, whole.dilation[axis]);
  const result = maps.at(-1)[0].length;
  const formulas = {
    transposed: stage.padding === "same" ? `n·s = ${n}·${s}` : `n·s + max(k − s, 0) = ${n}·${s} + ${Math.max(k - s, 0)}`,
    same: `⌈n / s⌉ = ⌈${n} / ${stride}⌉`,
    causal: `⌈n / s⌉ = ⌈${n} / ${s}⌉`,
    valid: `⌊(n − (d·(k − 1) + 1)) / s⌋ + 1 = ⌊(${n} − ${reach}) / ${stride}⌋ + 1`,
  };
  const shape = (map) => (map.length === 1 && options.kind === "causal" ? `${map[0].length}` : `${map.length} × ${map[0].length}`) + ` × ${map[0][0].length}`;
  find("shape").textContent = `${shape(x)} → ${shape(maps.at(-1))}`;
  find("formula").textContent = `${formulas[stage.operation === "transposed" ? "transposed" : stage.padding]} = ${result}`;
  find("field").textContent =
    stage.operation === "transposed"
      ? say("field_transposed", { cells: Math.ceil(k / s) })
      : say(options.kind === "causal" ? "field_causal" : "field", { cells: reach, stacked: (size - 1) * 15 + 1 });
  find("dilated").textContent = say("dilated", { rate: options.dilation, gaps: options.dilation - 1 });
  find("dilated").hidden = (HIDDEN[options.kind] ?? []).includes("dilation");
  find("keras").textContent = kerasOf(options);
  find("about").textContent = words[`about_${options.kind}`];
};
const COMPARED = ["basic", "transposed", "spatially_separable", "grouped", "depthwise_separable", "pointwise", "depthwise", "max_pooling"];
const costs = () => {
  const [channels, filters] = ["cost_in", "cost_out"].map((name) => Number(find(name).value));
  const kernel = options.kind === "pointwise" ? 3 : options.kernel;
  const given = { height: options.width, width: options.width, channels, filters, kernel, stride: 1, padding: "same", dilation: 1, groups: 4 };
  const found = COMPARED.map((kind) => [kind, ...costOf({ ...given, kind })]);
  const most = [1, 2].map((at) => Math.max(...found.map((row) => row[at])));
  const current = COMPARED.includes(options.kind) ? options.kind : options.kind === "average_pooling" ? "max_pooling" : options.kind === "causal" ? "" : "basic";
  const names = Object.fromEntries([...root.querySelectorAll("[data-option=kind] option")].map((one) => [one.value, one.textContent]));
  find("bars").replaceChildren(
    ...found.map(([kind, ...amounts]) =>
      made("tr", kind === current ? { class: "mm-ours" } : {}, made("th", { scope: "row" }, kind === "max_pooling" ? say("pooling") : names[kind]),
        ...amounts.map((amount, at) => {
          const bar = made("i", { style: `width:${(100 * amount) / most[at]}%` });
          return made("td", {}, made("div", { class: "mm-bar" }, bar), made("small", {}, amount.toLocaleString("en")));
        }),
      ),
    ),
  );
  find("given").textContent = say("given", { size: options.width, kernel });
};

// === The hand ===

const go = (steps) => {
  const [rows, columns, filters] = limits();
  const all = rows * columns * filters;
  const at = ((place[2] * rows + place[0]) * columns + place[1] + steps + all) % all;
  place = [Math.floor(at / columns) % rows, at % columns, Math.floor(at / columns / rows)];
  refresh();
  return at;
};
const pause = () => {
  clearInterval(timer);
  timer = undefined;
  find("play").textContent = `▶ ${say("play")}`;
  find("sum").setAttribute("aria-live", "polite");
};
const play = (once) => {
  pause();
  find("play").textContent = `❚❚ ${say("pause")}`;
  find("sum").setAttribute("aria-live", "off");
  timer = setInterval(() => {
    if (!root.isConnected) return clearInterval(timer);
    if (root.offsetParent && go(1) === 0 && once) pause();
  }, 1000 * SECONDS);
};
const choose = (kind) => {
  for (const [name, value] of Object.entries({ ...START, ...STARTS[kind] }))
    root.querySelector(`[data-option=${name}]`).value = value;
  [x, stages, place, number] = [];
  rework();
};
root.addEventListener("change", ({ target }) => {
  if (target.dataset.option === "kind") choose(target.value);
  else if (target.dataset.option) rework();
  else if (target.dataset.part?.startsWith("cost_")) costs();
});
root.addEventListener("input", ({ target }) => {
  if (!target.dataset.write) return;
  pause();
  const value = Number(target.value.replace("−", "-").replace(",", "."));
  const good = target.value.trim() !== "" && Number.isFinite(value) && Math.abs(value) <= 999;
  target.setAttribute("aria-invalid", String(!good));
  if (!good) return;
  const [kind, ...at] = target.dataset.write.split(",");
  let array = kind === "x" ? x : kernels[number];
  for (const index of at.slice(0, -1)) array = array[index];
  array[at.at(-1)] = value;
  recompute();
  refresh();
});
root.addEventListener("focusin", ({ target }) => target.dataset.write && target.select());
root.addEventListener("click", async ({ target }) => {
  const cell = target.closest("[data-out]");
  if (cell) {
    pause();
    place = cell.dataset.out.split(",").map(Number);
    return refresh();
  }
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.part === "play") return timer ? pause() : play();
  if (button.dataset.part === "copy") {
    await navigator.clipboard.writeText(find("keras").textContent);
    find("copied").textContent = say("copied");
    return;
  }
  if (button.dataset.move) {
    pause();
    return go(Number(button.dataset.move));
  }
  if (button.parentElement === find("steps")) {
    number = Number(button.value);
    place = [0, 0, 0];
    build();
  }
});
root.addEventListener("keydown", (event) => {
  const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  const move = moves[event.key];
  if (!move || !event.target.dataset.out) return;
  event.preventDefault();
  pause();
  const most = limits();
  place = place.map((at, axis) => Math.min(Math.max(at + (move[axis] ?? 0), 0), most[axis] - 1));
  refresh();
  root.querySelector(`[data-out="${place.join()}"]`).focus();
});
root.worked = { run: runOf, size: sizeOf, stages: stagesOf, cost: costOf, conflict: conflictOf, keras: kerasOf };
choose("basic");
if (!still.matches) play(true);
