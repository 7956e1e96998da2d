// What reference.py works out, at the speed of a finger; a test in the browser compares the two.
// Arrays are x[row][column][channel]; kernels k[row][column][input channel of a group][filter].
const isPooling = ({ operation }) => operation === "max" || operation === "average";
const stagesOf = (o) => {
  const [square, strides, dilation] = [
    o.kind === "pointwise" ? 1 : o.kernel, o.stride, o.dilation,
  ].map((side) => [side, side]);
  const stage = (more) => ({
    operation: "convolution", kernel: square, strides, padding: o.padding, dilation, groups: 1,
    channels: o.channels, filters: o.filters, ...more,
  });
  if (o.kind.endsWith("_pooling"))
    return [stage({ operation: o.kind.split("_")[0], groups: o.channels, filters: o.channels })];
  if (o.kind === "causal") {
    const along = ([, last]) => [1, last];
    return [stage({
      kernel: along(square), strides: along(strides), dilation: along(dilation), padding: "causal",
    })];
  }
  if (o.kind === "spatially_separable")
    return [
      stage({ kernel: [o.kernel, 1], strides: [o.stride, 1], dilation: [o.dilation, 1] }),
      stage({
        kernel: [1, o.kernel], strides: [1, o.stride], dilation: [1, o.dilation],
        channels: o.filters,
      }),
    ];
  if (o.kind.startsWith("depthwise")) {
    const each = stage({ groups: o.channels, filters: o.channels });
    const one = [1, 1];
    const point = stage({ kernel: one, strides: one, dilation: one, padding: "valid" });
    return o.kind === "depthwise" ? [each] : [each, point];
  }
  if (o.kind === "transposed") return [stage({ operation: "transposed" })];
  return [stage({ groups: o.kind === "grouped" ? o.groups : 1 })];
};
const weightsOf = ({ kernel, channels, groups, filters }) => [...kernel, channels / groups, filters];
const reachOf = (kernel, dilation) => dilation * (kernel - 1) + 1;
const padsOf = (length, reach, stride, padding) => {
  if (padding === "causal") return [reach - 1, 0];
  if (padding === "valid") return [0, 0];
  const missing = Math.max((Math.ceil(length / stride) - 1) * stride + reach - length, 0);
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
};
const sizeOf = (stage, lengths) =>
  lengths.map((length, axis) => {
    const [kernel, stride] = [stage.kernel[axis], stage.strides[axis]];
    if (stage.operation === "transposed")
      return length * stride + (stage.padding === "valid" ? Math.max(kernel - stride, 0) : 0);
    const reach = reachOf(kernel, stage.dilation[axis]);
    const [before, after] = padsOf(length, reach, stride, stage.padding);
    return Math.floor((length + before + after - reach) / stride) + 1;
  });
// Which inputs meet which weights for one number of the output: places outside of the input are
// padding, whose value is 0; pooling looks past them.
const termsOf = (stage, lengths, [i, j, filter]) => {
  const group = Math.floor(filter / (stage.filters / stage.groups));
  const depth = stage.channels / stage.groups;
  const at = (place, tap, axis) => {
    const [kernel, stride] = [stage.kernel[axis], stage.strides[axis]];
    if (stage.operation === "transposed") {
      const top = stage.padding === "same" ? Math.floor(Math.max(kernel - stride, 0) / 2) : 0;
      return (place + top - tap) / stride;
    }
    const reach = reachOf(kernel, stage.dilation[axis]);
    return place * stride + tap * stage.dilation[axis] - padsOf(lengths[axis], reach, stride, stage.padding)[0];
  };
  const terms = [];
  for (let a = 0; a < stage.kernel[0]; a++)
    for (let b = 0; b < stage.kernel[1]; b++) {
      const [row, column] = [at(i, a, 0), at(j, b, 1)];
      const inside =
        row >= 0 && row < lengths[0] && column >= 0 && column < lengths[1] &&
        Number.isInteger(row) && Number.isInteger(column);
      if (!inside && (isPooling(stage) || stage.operation === "transposed")) continue;
      for (let c = 0; c < depth; c++)
        terms.push({ row, column, channel: group * depth + c, weight: [a, b, c, filter], inside });
    }
  return terms;
};
const numberOf = (stage, x, kernel, place) => {
  const products = termsOf(stage, [x.length, x[0].length], place).map(
    ({ row, column, channel, weight: [a, b, c, filter], inside }) =>
      (inside ? x[row][column][channel] : 0) * (kernel ? kernel[a][b][c][filter] : 1),
  );
  if (stage.operation === "max") return Math.max(...products);
  const sum = products.reduce((one, other) => one + other, 0);
  return stage.operation === "average" ? sum / products.length : sum;
};
const filled = ([count, ...rest], make, place = []) =>
  Array.from({ length: count }, (_, at) =>
    rest.length ? filled(rest, make, [...place, at]) : make(...place, at),
  );
const stepOf = (stage, x, kernel) =>
  filled([...sizeOf(stage, [x.length, x[0].length]), stage.filters], (...place) =>
    numberOf(stage, x, kernel, place),
  );
const runOf = (options, x, kernels) =>
  stagesOf(options).reduce((map, stage, number) => stepOf(stage, map, kernels[number]), x);
const costOf = (options) => {
  let [parameters, products, lengths] = [0, 0, [options.height, options.width]];
  for (const stage of stagesOf(options)) {
    const after = sizeOf(stage, lengths);
    const weights = isPooling(stage) ? 0 : weightsOf(stage).reduce((one, other) => one * other, 1);
    const [rows, columns] = stage.operation === "transposed" ? lengths : after;
    parameters += weights;
    products += weights * rows * columns;
    lengths = after;
  }
  return [parameters, products];
};
// The name of a sentence and the control that it belongs to; null where all goes together.
const conflictOf = (o) => {
  const [stage] = stagesOf(o);
  const wide = Math.max(...stage.dilation) > 1;
  if (wide && stage.operation === "transposed") return ["spread", "dilation"];
  if (wide && isPooling(stage)) return ["pooled", "dilation"];
  if (wide && Math.max(...stage.strides) > 1) return ["both", "stride"];
  if (o.kind === "grouped" && o.channels % o.groups) return ["channels", "groups"];
  if (o.kind === "grouped" && o.filters % o.groups) return ["filters", "groups"];
  const reach = reachOf(o.kind === "pointwise" ? 1 : o.kernel, o.dilation);
  if (stage.padding === "valid" && stage.operation !== "transposed" && reach > Math.min(o.height, o.width))
    return ["large", "kernel"];
  return null;
};
// The layers of Keras that do it, a line each.
const kerasOf = (o) => {
  const said = (name, value, usual) => (value === usual ? [] : [`${name}=${value}`]);
  const moved = [...said("strides", o.stride, 1), ...said("padding", `"${o.padding}"`, '"valid"')];
  const wide = said("dilation_rate", o.dilation, 1);
  const layer = (name, ...given) => `keras.layers.${name}(${[...given, "use_bias=False"].join(", ")})`;
  const pool = (name) =>
    `keras.layers.${name}(${[o.kernel, `strides=${o.stride}`, ...moved.filter((one) => one.startsWith("p"))].join(", ")})`;
  switch (o.kind) {
    case "max_pooling": return pool("MaxPooling2D");
    case "average_pooling": return pool("AveragePooling2D");
    case "causal":
      return layer("Conv1D", o.filters, o.kernel, ...said("strides", o.stride, 1), 'padding="causal"', ...wide);
    case "transposed": return layer("Conv2DTranspose", o.filters, o.kernel, ...moved);
    case "depthwise": return layer("DepthwiseConv2D", o.kernel, ...moved, ...wide);
    case "depthwise_separable": return layer("SeparableConv2D", o.filters, o.kernel, ...moved, ...wide);
    case "spatially_separable": {
      const padding = said("padding", `"${o.padding}"`, '"valid"');
      const turned = (name, value, down) =>
        value === 1 ? [] : [`${name}=${down ? `(${value}, 1)` : `(1, ${value})`}`];
      return [true, false]
        .map((down) =>
          layer(
            "Conv2D", o.filters, down ? `(${o.kernel}, 1)` : `(1, ${o.kernel})`,
            ...turned("strides", o.stride, down), ...padding, ...turned("dilation_rate", o.dilation, down),
          ),
        )
        .join("\n");
    }
    default:
      return layer(
        "Conv2D", o.filters, o.kind === "pointwise" ? 1 : o.kernel, ...moved, ...wide,
        ...(o.kind === "grouped" ? [`groups=${o.groups}`] : []),
      );
  }
};
