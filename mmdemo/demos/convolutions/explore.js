// The explorer works everything out here, at the speed of a finger; reference.py is its oracle.
// An array is x[row][column][channel]; a kernel is k[row][column][input channel of a group][filter].

// === What is computed ===

const POOLING = ["max_pooling", "average_pooling"];
const range = (count) => [...Array(count).keys()];
const made = (shape, fill, place = []) =>
  shape.length ? range(shape[0]).map((at) => made(shape.slice(1), fill, [...place, at])) : fill(...place);
const reaches = ({ kernel, dilation }) => [0, 1].map((axis) => dilation[axis] * (kernel[axis] - 1) + 1);

// The windows that slide, one after the other.
const stages = ({ kind, channels, filters, kernel, stride, padding, dilation, groups }) => {
  const size = kind === "pointwise" ? 1 : kernel;
  const stage = (given) => ({
    operation: "convolution", kernel: [size, size], strides: [stride, stride], padding,
    dilation: [dilation, dilation], groups: 1, channels, filters, ...given,
  });
  const point = { kernel: [1, 1], strides: [1, 1], padding: "valid", dilation: [1, 1] };
  const each = { groups: channels, filters: channels };
  if (POOLING.includes(kind)) return [stage({ ...each, operation: kind.replace("_pooling", "") })];
  if (kind === "causal")
    return [stage({ kernel: [1, size], strides: [1, stride], padding: "causal", dilation: [1, dilation] })];
  if (kind === "spatially_separable")
    return [
      stage({ kernel: [size, 1], strides: [stride, 1], dilation: [dilation, 1] }),
      stage({ kernel: [1, size], strides: [1, stride], dilation: [1, dilation], channels: filters }),
    ];
  if (kind === "depthwise") return [stage(each)];
  if (kind === "depthwise_separable") return [stage(each), stage(point)];
  if (kind === "transposed") return [stage({ operation: "transposed" })];
  return [stage(kind === "grouped" ? { groups } : {})];
};
const pools = (stage) => ["max", "average"].includes(stage.operation);
const shapeOf = (stage) => [...stage.kernel, stage.channels / stage.groups, stage.filters];

// Which options do not go together: [the sentence's name, what it says, the control].
const conflict = (options) => {
  const [stage] = stages(options);
  const { kind, groups, dilation, height, width } = options;
  if (Math.max(...stage.dilation) > 1) {
    if (stage.operation === "transposed") return ["transposed", {}, "dilation"];
    if (pools(stage)) return ["pooling", {}, "dilation"];
    if (Math.max(...stage.strides) > 1) return ["stride", {}, "dilation"];
  }
  if (kind === "grouped")
    for (const name of ["channels", "filters"])
      if (options[name] % groups) return [name, { groups, count: options[name] }, "groups"];
  const [reach, side] = [Math.max(...reaches(stage)), Math.min(height, width)];
  if (stage.padding === "valid" && stage.operation !== "transposed" && reach > side)
    return ["reach", { reach, side }, dilation > 1 && kind !== "pointwise" ? "dilation" : "kernel"];
  return null;
};

// Zeros before and after along one side; of an odd number one more comes after, as in TensorFlow.
const pads = (stage, axis, length) => {
  const [reach, stride] = [reaches(stage)[axis], stage.strides[axis]];
  if (stage.operation === "transposed") {
    const cut = stage.padding === "same" ? Math.max(stage.kernel[axis] - stride, 0) >> 1 : 0;
    return [-cut, 0];
  }
  if (stage.padding === "causal") return [reach - 1, 0];
  if (stage.padding === "valid") return [0, 0];
  const missing = Math.max((Math.ceil(length / stride) - 1) * stride + reach - length, 0);
  return [missing >> 1, missing - (missing >> 1)];
};
const sizeOf = (stage, lengths) =>
  lengths.map((length, axis) => {
    const [kernel, stride] = [stage.kernel[axis], stage.strides[axis]];
    if (stage.operation === "transposed")
      return length * stride + (stage.padding === "valid" ? Math.max(kernel - stride, 0) : 0);
    const [before, after] = pads(stage, axis, length);
    return Math.floor((length + before + after - reaches(stage)[axis]) / stride) + 1;
  });

// What one output cell is made of: [row and column of the kernel, row and column of the input].
// Around the input there are zeros; to a transposed one, only some inputs reach.
const taps = (stage, lengths, place) => {
  const along = (axis) =>
    range(stage.kernel[axis]).flatMap((tap) => {
      const stride = stage.strides[axis];
      const [before] = pads(stage, axis, lengths[axis]);
      if (stage.operation !== "transposed")
        return [[tap, place[axis] * stride - before + tap * stage.dilation[axis]]];
      const at = (place[axis] - before - tap) / stride;
      return Number.isInteger(at) && at >= 0 && at < lengths[axis] ? [[tap, at]] : [];
    });
  return along(0).flatMap(([down, row]) => along(1).map(([across, column]) => [down, across, row, column]));
};
// The products behind one output, by input channel; of pooling, the numbers themselves.
const terms = (stage, x, kernel, place, filter) => {
  const lengths = [x.length, x[0].length];
  const depth = stage.channels / stage.groups;
  const first = Math.floor(filter / (stage.filters / stage.groups)) * depth;
  return range(depth).map((within) => {
    const channel = first + within;
    const found = taps(stage, lengths, place).map(([down, across, row, column]) => {
      const value = x[row]?.[column]?.[channel];
      const weight = kernel ? kernel[down][across][within][filter] : 1;
      return { down, across, row, column, value: value ?? 0, weight, inside: value !== undefined };
    });
    return { channel, taps: kernel ? found : found.filter((tap) => tap.inside) };
  });
};
const summed = (found) => found.reduce((sum, { value, weight }) => sum + value * weight, 0);
const result = (stage, found) => {
  if (stage.operation === "max") return Math.max(...found[0].taps.map(({ value }) => value));
  const total = found.reduce((sum, each) => sum + summed(each.taps), 0);
  return stage.operation === "average" ? total / found[0].taps.length : total;
};
const step = (stage, x, kernel) =>
  made([...sizeOf(stage, [x.length, x[0].length]), stage.filters], (row, column, filter) =>
    result(stage, terms(stage, x, kernel, [row, column], filter)),
  );
const run = (options, x, kernels) => stages(options).reduce((given, stage, at) => step(stage, given, kernels[at]), x);
const fieldOf = (options) => {
  const all = stages(options);
  return [options.height, options.width].map((length, axis) => {
    if (all[0].operation === "transposed") return Math.min(Math.ceil(all[0].kernel[axis] / all[0].strides[axis]), length);
    let [field, jump] = [1, 1];
    for (const stage of all) {
      field += (reaches(stage)[axis] - 1) * jump;
      jump *= stage.strides[axis];
    }
    return field;
  });
};
const cost = (options) => {
  let lengths = [options.height, options.width];
  let [parameters, products] = [0, 0];
  for (const stage of stages(options)) {
    const after = sizeOf(stage, lengths);
    const weights = pools(stage) ? 0 : shapeOf(stage).reduce((one, other) => one * other, 1);
    const [rows, columns] = stage.operation === "transposed" ? lengths : after;
    parameters += weights;
    products += weights * rows * columns;
    lengths = after;
  }
  return [parameters, products];
};
const LAYERS = {
  transposed: "Conv2DTranspose", depthwise: "DepthwiseConv2D", depthwise_separable: "SeparableConv2D",
  causal: "Conv1D", max_pooling: "MaxPooling2D", average_pooling: "AveragePooling2D",
};
const code = (options) => {
  const { kind, filters, groups } = options;
  const pair = ([one, other]) => (one === other ? `${one}` : `(${one}, ${other})`);
  const layer = (stage) => {
    const flat = kind === "causal";
    const number = (value) => (flat ? `${value[1]}` : pair(value));
    const parts = pools(stage) || kind === "depthwise" ? [] : [filters];
    parts.push(number(stage.kernel));
    // Pooling without strides would step by its window.
    if (Math.max(...stage.strides) > 1 || pools(stage)) parts.push(`strides=${number(stage.strides)}`);
    if (stage.padding !== "valid") parts.push(`padding="${stage.padding}"`);
    if (Math.max(...stage.dilation) > 1) parts.push(`dilation_rate=${number(stage.dilation)}`);
    if (kind === "grouped") parts.push(`groups=${groups}`);
    if (!pools(stage)) parts.push("use_bias=False");
    return `keras.layers.${LAYERS[kind] ?? "Conv2D"}(${parts.join(", ")})`;
  };
  const all = stages(options);
  if (kind !== "spatially_separable") return layer(all[0]);
  return `keras.Sequential([${all.map(layer).join(", ")}])`;
};

// === What is shown ===

const root = element.querySelector("[data-explorer]");
const { names, meanings, conflicts, controls, texts, start, kernels: named, fills } = JSON.parse(root.dataset.explorer);
const CHOICES = {
  size: [1, 9], channels: [1, 4], filters: [1, 4], kernel: [1, 5], stride: [1, 3], dilation: [1, 3], groups: [1, 4],
};
const COMPARED = [
  "basic", "spatially_separable", "grouped", "depthwise_separable", "depthwise", "pointwise", "transposed", "max_pooling",
];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PACE = 800;
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const shown = (value) => String(Math.round(100 * value) / 100 + 0).replace("-", "−");
const h = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    key.startsWith("on") ? node.addEventListener(key.slice(2), value) : value !== undefined && node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const state = { options: start.basic, x: [], kernels: [], stage: 0, filter: 0, place: [0, 0], timer: 0 };
const layer = { side: 56, channels: 64, filters: 128 }; // whose costs are compared
let view = {}; // what `draw` made, for `show`

const number = (old, fresh) => (old === undefined ? fresh : old);
const fit = () => {
  const { height, width, channels } = state.options;
  state.x = made([height, width, channels], (i, j, c) => number(state.x[i]?.[j]?.[c], (3 * i + 5 * j + i * j + 2 * c) % 4));
  state.kernels = stages(state.options).map((stage, at) =>
    made(shapeOf(stage), (i, j, c, f) =>
      number(state.kernels[at]?.[i]?.[j]?.[c]?.[f], stage.kernel[1] > 1 ? [1, 0, -1][(j + c + f) % 3] : [1, -1, 2][(i + c + f) % 3]),
    ),
  );
};
const inputOf = (at) => stages(state.options).slice(0, at).reduce((x, stage, place) => step(stage, x, state.kernels[place]), state.x);
const stop = () => {
  clearInterval(state.timer);
  state.timer = 0;
  view.play?.replaceChildren("▶");
  view.play?.setAttribute("aria-label", texts.play);
};
const choose = (changes) => {
  stop();
  Object.assign(state.options = { ...state.options }, changes);
  Object.assign(state, { stage: 0, filter: 0, place: [0, 0] });
  fit();
  draw();
};
const reset = (kind) => {
  state.kernels = [];
  state.x = [];
  choose(start[kind]);
};
const tint = (node, value) => {
  const strength = Math.min(Math.abs(value) / 6, 1) * 45;
  node.style.background = value ? `color-mix(in srgb, ${value > 0 ? "#3b82f6" : "#f97316"} ${strength}%, transparent)` : "";
};
const label = (what, row, column, channel) => say(texts.cell, { what, row: row + 1, column: column + 1, channel: channel + 1 });
const grid = (what, columns, ...cells) =>
  h("div", { class: "mm-cells", role: "group", "aria-label": what, style: `--columns: ${columns}` }, ...cells);

// A number that can be changed.
const editable = (what, array, i, j, channel, at, after) => {
  const cell = h("input", {
    type: "number", step: "any", value: Math.round(100 * at.get(array)) / 100, "aria-label": label(what, i, j, channel),
    oninput: ({ target }) => {
      stop();
      at.set(array, Number.isFinite(target.valueAsNumber) ? Math.min(Math.max(target.valueAsNumber, -999), 999) : 0);
      tint(target, at.get(array));
      after();
    },
    onfocus: ({ target }) => target.select(),
  });
  tint(cell, at.get(array));
  return cell;
};
const draw = () => {
  const { options } = state;
  const problem = conflict(options);
  const keep = document.activeElement?.closest?.("[data-explorer]") === root ? document.activeElement.dataset.name : null;
  root.replaceChildren(top(), problem ? h("div", { class: "mm-board" }) : board(), settings(problem), ...(problem ? [] : facts()));
  if (keep) root.querySelector(`[data-name="${keep}"]`)?.focus();
  if (!problem) show();
};
const top = () =>
  h("div", { class: "mm-top" },
    h("label", {}, h("span", {}, texts.kind),
      h("select", { "data-name": "kind", onchange: ({ target }) => reset(target.value) },
        ...Object.keys(names).map((kind) => h("option", { value: kind, ...(kind === state.options.kind && { selected: "" }) }, names[kind])))),
    h("p", { class: "mm-note" }, meanings[state.options.kind]));
const board = () => {
  const all = stages(state.options);
  const stage = all[state.stage];
  const x = inputOf(state.stage);
  const [rows, columns] = [x.length, x[0].length];
  const padded = stage.operation === "transposed" ? [[0, 0], [0, 0]] : [pads(stage, 0, rows), pads(stage, 1, columns)];
  view = { stage, x, inputs: [], cells: [], outputs: [], windows: [], padded };
  const after = () => {
    refresh();
    show();
  };
  const what = state.stage ? texts.between : texts.input;
  const ins = range(stage.channels).map((channel) => {
    const cells = [];
    view.inputs.push({});
    for (let i = -padded[0][0]; i < rows + padded[0][1]; i++)
      for (let j = -padded[1][0]; j < columns + padded[1][1]; j++) {
        const inside = x[i]?.[j] !== undefined;
        const at = { get: (array) => array[i][j][channel], set: (array, value) => (array[i][j][channel] = value) };
        const cell = !inside
          ? h("span", { class: "mm-zero" }, pools(stage) ? "" : "0")
          : state.stage ? h("span", {}, shown(x[i][j][channel])) : editable(what, state.x, i, j, channel, at, after);
        if (inside && state.stage) tint(cell, x[i][j][channel]);
        view.inputs[channel][`${i},${j}`] = cell;
        cells.push(cell);
      }
    const window = h("i", { class: "mm-window" });
    view.windows.push(window);
    return grid(what, columns + padded[1][0] + padded[1][1], ...cells, window);
  });
  const [high, wide] = sizeOf(stage, [rows, columns]);
  const outs = range(stage.filters).map((filter) =>
    grid(texts.output, wide, ...made([high, wide], (i, j) => {
      const cell = h("button", { type: "button", onclick: () => go([i, j], filter) });
      view.outputs.push({ cell, i, j, filter });
      return cell;
    }).flat()));
  view.size = [high, wide];
  view.play = h("button", { type: "button", "aria-label": texts.play, "data-name": "play", onclick: () => (state.timer ? stop() : play()) }, "▶");
  const move = (by, name, sign) => h("button", { type: "button", "aria-label": name, "data-name": name, onclick: () => { stop(); walk(by); } }, sign);
  const parts = all.length < 2 ? [] : range(all.length).map((at) =>
    h("button", { type: "button", "aria-pressed": at === state.stage, "data-name": `part${at}`, onclick: () => turn(at) }, say(texts.part, { number: at + 1 })));
  view.work = h("div", { class: "mm-work" });
  view.sum = h("p", { class: "mm-total", role: "status" });
  const kernel = pools(stage) ? [] : [weightsOf(stage, after)];
  outs.forEach((out) => out.addEventListener("keydown", keys));
  const drawn = h("div", { class: "mm-board" },
    h("div", { class: "mm-side" }, h("b", {}, what), h("div", { class: "mm-grids" }, ...ins)),
    h("div", { class: "mm-side" }, h("b", {}, texts.output), h("div", { class: "mm-grids" }, ...outs)),
    h("div", { class: "mm-steps" }, ...parts, move(-1, texts.back, "◀"), view.play, move(1, texts.on, "▶︎▏"), view.sum),
    ...kernel,
    h("div", { class: "mm-side" }, h("b", {}, texts.products), view.work));
  refresh();
  return drawn;
};
// The kernel of the chosen filter, a grid per input channel of its group.
const weightsOf = (stage, after) => {
  const [high, wide, depth] = shapeOf(stage);
  const kernel = state.kernels[state.stage];
  view.weights = h("div", { class: "mm-grids" });
  view.drawWeights = () => view.weights.replaceChildren(...range(depth).map((within) =>
    grid(texts.weights, wide, ...made([high, wide], (i, j) => {
      const at = { get: (array) => array[i][j][within][state.filter], set: (array, value) => (array[i][j][within][state.filter] = value) };
      return editable(texts.weights, kernel, i, j, within, at, after);
    }).flat())));
  const fitting = Object.keys(fills).filter((name) => high === wide && named[name].length === high);
  const fill = ({ target }) => {
    for (const [i, row] of (named[target.value] ?? []).entries())
      for (const [j, weight] of row.entries()) for (const channel of range(depth)) kernel[i][j][channel][state.filter] = weight;
    view.drawWeights();
    after();
  };
  const choice = fitting.length
    ? [h("select", { class: "mm-fill", "aria-label": texts.fill, onchange: fill }, h("option", { value: "" }, texts.own),
        ...fitting.map((name) => h("option", { value: name }, fills[name])))]
    : [];
  return h("div", { class: "mm-side" }, h("b", {}, texts.weights), view.weights, ...choice);
};
// All outputs anew, after a number was changed.
const refresh = () => {
  const out = step(view.stage, view.x, state.kernels[state.stage]);
  for (const { cell, i, j, filter } of view.outputs) {
    const value = out[i][j][filter];
    cell.textContent = shown(value);
    cell.setAttribute("aria-label", `${label(texts.output, i, j, filter)}: ${shown(value)}`);
    tint(cell, value);
  }
  view.drawWeights && !view.weights.childElementCount && view.drawWeights();
};
// Where the window is, what it sees, and what comes of it.
const show = () => {
  const { stage, x } = view;
  const { place, filter } = state;
  const found = terms(stage, x, pools(stage) ? null : state.kernels[state.stage], place, filter);
  for (const cells of view.inputs) for (const cell of Object.values(cells)) cell.classList.remove("mm-on");
  view.windows.forEach((window) => (window.hidden = true));
  for (const { channel, taps: all } of found) {
    for (const { row, column } of all) view.inputs[channel][`${row},${column}`]?.classList.add("mm-on");
    if (stage.operation === "transposed") continue;
    const [high, wide] = reaches(stage);
    const window = view.windows[channel];
    window.hidden = false;
    window.style.cssText = `--row: ${place[0] * stage.strides[0]}; --column: ${place[1] * stage.strides[1]}; --high: ${high}; --wide: ${wide}`;
  }
  for (const { cell, i, j, filter: own } of view.outputs) {
    const current = i === place[0] && j === place[1] && own === filter;
    cell.tabIndex = current ? 0 : -1;
    current ? cell.setAttribute("aria-current", "true") : cell.removeAttribute("aria-current");
  }
  const total = shown(result(stage, found));
  view.work.replaceChildren(...found.map(({ taps: all }) => {
    const met = Object.fromEntries(all.map((tap) => [`${tap.down},${tap.across}`, tap]));
    return grid(texts.products, stage.kernel[1], ...made(stage.kernel, (i, j) => {
      const tap = met[`${i},${j}`];
      const cell = h("span", {}, ...(!tap ? [] : pools(stage) ? [h("b", {}, shown(tap.value))]
        : [h("small", {}, `${shown(tap.value)}·${shown(tap.weight)}`), h("b", {}, shown(tap.value * tap.weight))]));
      if (tap) tint(cell, tap.value * tap.weight);
      return cell;
    }).flat());
  }));
  const sums = found.map((each) => shown(summed(each.taps))).join(" + ").replaceAll("+ −", "− ");
  view.sum.textContent =
    stage.operation === "max" ? say(texts.largest, { total })
    : stage.operation === "average" ? say(texts.mean, { sum: sums, count: found[0].taps.length, total })
    : say(found.length > 1 ? texts.channel_sums : texts.sum, { sums, total });
};
const go = (place, filter = state.filter) => {
  stop();
  const other = filter !== state.filter;
  Object.assign(state, { place, filter });
  if (other) view.drawWeights?.();
  show();
};
const turn = (at) => {
  stop();
  Object.assign(state, { stage: at, filter: 0, place: [0, 0] });
  draw();
};
const walk = (by) => {
  const [high, wide] = view.size;
  const count = high * wide * view.stage.filters;
  const at = (state.filter * high + state.place[0]) * wide + state.place[1] + by;
  const next = ((at % count) + count) % count;
  const filter = Math.floor(next / (high * wide));
  if (filter !== state.filter) {
    state.filter = filter;
    view.drawWeights?.();
  }
  state.place = [Math.floor(next / wide) % high, next % wide];
  show();
  return at < count;
};
const play = (passes = Infinity) => {
  view.play.replaceChildren("❚❚");
  view.play.setAttribute("aria-label", texts.pause);
  state.timer = setInterval(() => {
    if (!root.isConnected) return stop();
    if (root.offsetParent && !walk(1) && --passes < 1) stop();
  }, PACE);
};
const keys = (event) => {
  const by = ARROWS[event.key];
  if (!by) return;
  event.preventDefault();
  go(state.place.map((at, axis) => Math.min(Math.max(at + by[axis], 0), view.size[axis] - 1)));
  view.outputs.find(({ cell }) => cell.ariaCurrent === "true")?.cell.focus();
};
const settings = (problem) => {
  const { options } = state;
  const { kind } = options;
  const left = { // what a kind has no use for
    filters: kind === "depthwise" || POOLING.includes(kind), groups: kind !== "grouped", kernel: kind === "pointwise", padding: kind === "causal",
  };
  const value = (name) => (name === "size" ? options.width : options[name]);
  const control = (name) => {
    const values = name === "padding" ? ["valid", "same"] : range(CHOICES[name][1]).map((at) => at + CHOICES[name][0]);
    const change = ({ target }) => {
      const chosen = name === "padding" ? target.value : Number(target.value);
      choose(name === "size" ? { width: chosen, height: kind === "causal" ? 1 : chosen } : { [name]: chosen });
    };
    return h("label", {}, h("span", {}, controls[name]),
      h("select", { "data-name": name, "aria-invalid": problem?.[2] === name ? "true" : undefined, "aria-describedby": problem?.[2] === name ? "mm-conflict" : undefined, onchange: change },
        ...values.map((each) => h("option", { value: each, ...(each === value(name) && { selected: "" }) }, each))));
  };
  return h("div", { class: "mm-settings" }, ...Object.keys(controls).filter((name) => !left[name]).map(control),
    ...(problem ? [h("p", { class: "mm-notice", role: "alert", id: "mm-conflict" }, say(conflicts[problem[0]], problem[1]))] : []));
};
const formula = (stage, lengths) =>
  [0, 1].map((axis) => {
    const [n, k, s, d] = [lengths[axis], stage.kernel[axis], stage.strides[axis], stage.dilation[axis]];
    const out = sizeOf(stage, lengths)[axis];
    if (stage.operation === "transposed")
      return stage.padding === "same" ? `${n} · ${s} = ${out}` : `${n} · ${s} + max(${k} − ${s}, 0) = ${out}`;
    const [before, after] = pads(stage, axis, n);
    const around = before + after ? ` + ${before} + ${after}` : "";
    const reach = d > 1 ? `(${d} · (${k} − 1) + 1)` : k;
    return `⌊(${n}${around} − ${reach}) / ${s}⌋ + 1 = ${out}`;
  });
const facts = () => {
  const { options } = state;
  const [down, across] = formula(view.stage, [view.x.length, view.x[0].length]);
  const [height, width] = fieldOf(options);
  const line = code(options);
  const copy = h("button", { type: "button", "data-name": "copy", onclick: async () => {
    await navigator.clipboard.writeText(line);
    copy.textContent = texts.copied;
  } }, texts.copy);
  const said = [
    [texts.size, down === across || options.kind === "causal" ? across : `${down}  ×  ${across}`],
    [texts.field, say(texts.cells, { height, width })],
  ];
  const gaps = options.dilation > 1 ? [h("p", { class: "mm-note" }, say(texts.gaps, { rate: options.dilation, gaps: options.dilation - 1 }))] : [];
  return [
    h("p", { class: "mm-note" }, texts.hint),
    h("dl", { class: "mm-known" }, ...said.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]),
      h("dt", {}, texts.code), h("dd", {}, h("code", { translate: "no" }, line), " ", copy)),
    ...gaps, costs()];
};
const costs = () => {
  const { options } = state;
  const own = ["strided", "padded", "dilated"].includes(options.kind) ? "basic" : options.kind;
  const body = h("tbody");
  const fill = () => {
    const kinds = COMPARED.includes(own) ? COMPARED : [own, ...COMPARED];
    const rows = kinds.map((kind) => {
      const given = { ...options, ...layer, kind, height: kind === "causal" ? 1 : layer.side, width: layer.side };
      if (kind === "grouped") given.groups = Math.max(options.groups, 2);
      return [kind, conflict(given) ? null : cost(given)];
    });
    const most = [0, 1].map((at) => Math.max(1, ...rows.map(([, found]) => found?.[at] ?? 0)));
    body.replaceChildren(...rows.map(([kind, found]) =>
      h("tr", kind === own ? { class: "mm-ours" } : {}, h("th", { scope: "row" }, names[kind]),
        ...[0, 1].map((at) => h("td", {}, ...(found ? [h("span", {}, found[at].toLocaleString("en")),
          h("div", { class: "mm-bar" }, h("i", { style: `width: ${(100 * found[at]) / most[at]}%` }))] : ["—"]))))));
  };
  const field = (name, text, most) => h("label", {}, h("span", {}, text), h("input", {
    type: "number", min: 1, max: most, value: layer[name],
    oninput: ({ target }) => {
      layer[name] = Math.min(Math.max(Math.round(target.valueAsNumber) || 1, 1), most);
      fill();
    },
  }));
  fill();
  return h("section", { class: "mm-costs" }, h("h2", {}, texts.costs),
    h("div", { class: "mm-settings" }, field("side", texts.side, 1024), field("channels", texts.in, 4096), field("filters", texts.out, 4096)),
    h("table", { class: "mm-table" }, h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, texts.parameters), h("th", { scope: "col" }, texts.multiply_adds))), body),
    h("p", { class: "mm-note" }, texts.same_cost));
};
reset("basic");
element.convolution = { stages, conflict, run, sizeOf, fieldOf, cost, code };
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play(1);
