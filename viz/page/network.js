// network.js computes recorded networks (export.PageNetwork) for one item at a time.
//
//   const network = await gaetrain.network(json)
//   const { reconstruction } = network.run({ code: [0.5, -1, …], labels: [3] })
//
// Inputs and outputs are lists of numbers by name. The values of labels are numbers of classes.
"use strict";
window.gaetrain = window.gaetrain || {};
(() => {
  const digits = "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{";

  // inflate returns the bytes of a text of export.Compress.
  async function inflate(text) {
    const values = new Uint8Array(128);
    for (let d = 0; d < digits.length; d++) values[digits.charCodeAt(d)] = d;
    const packed = new Uint8Array(Math.floor((text.length * 4) / 5));
    for (let i = 0, at = 0; i < text.length; i += 5) {
      let v = 0;
      for (let k = i; k < i + 5; k++) v = 85 * v + (k < text.length ? values[text.charCodeAt(k)] : 84);
      for (let shift = 24; shift >= 0 && at < packed.length; shift -= 8) packed[at++] = v >>> shift;
    }
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);

  // unpack returns the arrays of export.Packed by name, as {shape, values}.
  async function unpack(packed) {
    const bytes = await inflate(packed.data);
    const words = bytes.length / 4;
    const arrays = {};
    let at = 0;
    for (const {name, shape, step} of packed.tensors) {
      const values = new Float32Array(sizeOf(shape));
      const bits = new Uint32Array(values.buffer);
      for (let i = 0; i < values.length; i++, at++) {
        const word = (bytes[at] | (bytes[words + at] << 8) | (bytes[2 * words + at] << 16) | (bytes[3 * words + at] << 24)) >>> 0;
        if (step) values[i] = step * (word % 2 ? -(word + 1) / 2 : word / 2);
        else bits[i] = word;
      }
      arrays[name] = {shape, values};
    }
    return arrays;
  }

  // A value of a network is {shape, values}. The first dimension of its shape is the batch, which is 1, except for items with
  // several rows, such as words of a code.
  // Functions of nodes get a node, which keeps their buffers from call to call, and the values of its inputs. They return
  // one value, or a list of them.

  // buffer returns the value for an output of a node. It has the numbers of the previous call.
  function buffer(node, shape, name = "y") {
    const kept = node.buffers[name];
    const size = sizeOf(shape);
    if (kept && kept.values.length === size) return kept;
    return (node.buffers[name] = {shape, values: new Float32Array(size)});
  }

  const elu = (v) => (v > 0 ? v : Math.expm1(v));

  function roundToEven(v) {
    const low = Math.floor(v);
    const rest = v - low;
    return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  }

  const each = (f) => (node, x) => {
    const y = buffer(node, x.shape);
    for (let i = 0; i < y.values.length; i++) y.values[i] = f(x.values[i]);
    return y;
  };

  const leaky = (node, x) => {
    const slope = node.attributes.alpha;
    return each((v) => (v > 0 ? v : slope * v))(node, x);
  };

  // widest returns the shape of the elementwise result: missing first dimensions and sides of 1 are repeated.
  function widest(list) {
    const shape = new Array(Math.max(...list.map((a) => a.shape.length))).fill(1);
    for (const a of list) {
      a.shape.forEach((side, i) => {
        const at = shape.length - a.shape.length + i;
        shape[at] = Math.max(shape[at], side);
      });
    }
    return shape;
  }

  // places returns where in an array the elements of the repeated array are; null if it is not repeated.
  function places(a, shape) {
    const size = sizeOf(shape);
    if (a.values.length === size) return null;
    const list = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      let rest = i;
      let step = 1;
      for (let d = 1; d <= a.shape.length; d++) {
        const side = shape[shape.length - d];
        const own = a.shape[a.shape.length - d];
        if (own > 1) {
          list[i] += (rest % side) * step;
          step *= own;
        }
        rest = Math.floor(rest / side);
      }
    }
    return list;
  }

  // elementwise computes a function of arrays that are repeated where needed.
  const elementwise =
    (f) =>
    (node, ...in_) => {
      const shape = widest(in_);
      node.places = node.places || in_.map((a) => places(a, shape));
      const y = buffer(node, shape);
      const [a, b, c] = in_;
      const [ofA, ofB, ofC] = node.places;
      for (let i = 0; i < y.values.length; i++) {
        y.values[i] = f(a.values[ofA ? ofA[i] : i], b.values[ofB ? ofB[i] : i], c && c.values[ofC ? ofC[i] : i]);
      }
      return y;
    };

  function clip(node, x, low, high) {
    return each((v) => Math.min(Math.max(v, low.values[0]), high.values[0]))(node, x);
  }

  function reshape(node, x, to) {
    const shape = Array.from(to.values, (side, i) => side || x.shape[i]);
    const free = shape.indexOf(-1);
    if (free >= 0) shape[free] = x.values.length / -sizeOf(shape);
    return {shape, values: x.values};
  }

  function concat(node, ...parts) {
    const y = buffer(node, [1, parts.reduce((sum, p) => sum + p.values.length, 0)]);
    let at = 0;
    for (const p of parts) {
      y.values.set(p.values, at);
      at += p.values.length;
    }
    return y;
  }

  // gather returns rows of a table.
  function gather(node, table, rows) {
    const width = table.shape[1];
    const y = buffer(node, [rows.values.length, width]);
    rows.values.forEach((row, i) => y.values.set(table.values.subarray(row * width, (row + 1) * width), i * width));
    return y;
  }

  // turned exchanges the last two of three dimensions.
  function turned(node, x) {
    const [, rows, columns] = x.shape;
    const y = buffer(node, [1, columns, rows]);
    for (let i = 0; i < y.values.length; i++) y.values[(i % columns) * rows + Math.floor(i / columns)] = x.values[i];
    return y;
  }

  function scatter(node, x, at, updates) {
    const y = buffer(node, x.shape);
    y.values.set(x.values);
    const adds = node.attributes.reduction === "add";
    for (let i = 0; i < at.values.length; i++) {
      const place = at.values[i];
      y.values[place] = updates.values[i] + (adds ? y.values[place] : 0);
    }
    return y;
  }

  function largest(node, x, count) {
    const k = count.values[0];
    const order = Array.from(x.values.keys()).sort((i, j) => x.values[j] - x.values[i] || i - j);
    const values = buffer(node, [1, k]);
    const at = buffer(node, [1, k], "at");
    for (let i = 0; i < k; i++) {
      at.values[i] = order[i];
      values.values[i] = x.values[order[i]];
    }
    return [values, at];
  }

  // argMax returns the place of the largest value of each row, the first of equal values.
  function argMax(node, x) {
    const width = x.shape.at(-1);
    const rows = x.values.length / width;
    const y = buffer(node, [rows]);
    for (let row = 0; row < rows; row++) {
      let best = 0;
      for (let i = 1; i < width; i++) if (x.values[row * width + i] > x.values[row * width + best]) best = i;
      y.values[row] = best;
    }
    return y;
  }

  function softmax(node, x) {
    const y = buffer(node, x.shape);
    const most = Math.max(...x.values);
    let total = 0;
    for (let i = 0; i < y.values.length; i++) total += y.values[i] = Math.exp(x.values[i] - most);
    for (let i = 0; i < y.values.length; i++) y.values[i] /= total;
    return y;
  }

  // gemm computes W·x + b for each row x.
  function gemm(node, x, w, b) {
    const [units, width] = w.shape;
    const rows = x.values.length / width;
    const y = buffer(node, [rows, units]);
    const ws = w.values;
    for (let row = 0; row < rows; row++) {
      const xs = x.values.subarray(row * width, (row + 1) * width);
      for (let unit = 0, at = 0; unit < units; unit++) {
        let s0 = 0;
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        let i = 0;
        for (; i + 4 <= width; i += 4, at += 4) {
          s0 += xs[i] * ws[at];
          s1 += xs[i + 1] * ws[at + 1];
          s2 += xs[i + 2] * ws[at + 2];
          s3 += xs[i + 3] * ws[at + 3];
        }
        for (; i < width; i++, at++) s0 += xs[i] * ws[at];
        y.values[row * units + unit] = s0 + s1 + s2 + s3 + (b ? b.values[unit] : 0);
      }
    }
    return y;
  }

  // product adds W·P to Y (W: rows×inner, P: inner×columns, Y: rows×columns).
  function product(w, p, y, rows, inner, columns) {
    for (let r = 0; r < rows; r++) {
      const out = r * columns;
      let k = 0;
      for (; k + 4 <= inner; k += 4) {
        const w0 = w[r * inner + k];
        const w1 = w[r * inner + k + 1];
        const w2 = w[r * inner + k + 2];
        const w3 = w[r * inner + k + 3];
        const p0 = k * columns;
        const p1 = p0 + columns;
        const p2 = p1 + columns;
        const p3 = p2 + columns;
        for (let i = 0; i < columns; i++) y[out + i] += w0 * p[p0 + i] + w1 * p[p1 + i] + w2 * p[p2 + i] + w3 * p[p3 + i];
      }
      for (; k < inner; k++) {
        const w0 = w[r * inner + k];
        for (let i = 0; i < columns; i++) y[out + i] += w0 * p[k * columns + i];
      }
    }
  }

  // windowOf is where the taps of filters or of pooling lie.
  function windowOf({kernel_shape: [kh, kw], strides: [sh, sw], dilations: [dh, dw] = [1, 1], pads: [top, left] = [0, 0]}) {
    return {kh, kw, sh, sw, dh, dw, top, left};
  }

  // patches calls visit with the places of each tap in images (channels×height×width) and in the matrix of their patches
  // (channels·kh·kw × oh·ow). Places outside the images are left out.
  function patches(win, channels, height, width, oh, ow, visit) {
    for (let c = 0, row = 0; c < channels; c++) {
      for (let i = 0; i < win.kh; i++) {
        for (let j = 0; j < win.kw; j++, row++) {
          for (let y = 0; y < oh; y++) {
            const line = y * win.sh + i * win.dh - win.top;
            if (line < 0 || line >= height) continue;
            const from = (c * height + line) * width + j * win.dw - win.left;
            const first = Math.max(0, Math.ceil((win.left - j * win.dw) / win.sw));
            const end = Math.min(ow, Math.floor((width - 1 + win.left - j * win.dw) / win.sw) + 1);
            const to = (row * oh + y) * ow;
            for (let x = first; x < end; x++) visit(from + x * win.sw, to + x);
          }
        }
      }
    }
  }

  // indices are the places of patches, as pairs.
  function indices(...of) {
    const list = [];
    patches(...of, (image, patch) => list.push(image, patch));
    return Int32Array.from(list);
  }

  function addBias(y, maps, b) {
    const pixels = y.length / maps;
    for (let f = 0; f < maps; f++) y.fill(b ? b.values[f] : 0, f * pixels, (f + 1) * pixels);
  }

  function convolution(node, x, w, b) {
    const win = windowOf(node.attributes);
    const [, channels, height, width] = x.shape;
    const oh = Math.floor((height + 2 * win.top - win.dh * (win.kh - 1) - 1) / win.sh) + 1;
    const ow = Math.floor((width + 2 * win.left - win.dw * (win.kw - 1) - 1) / win.sw) + 1;
    const maps = w.shape[0];
    const inner = channels * win.kh * win.kw;
    const y = buffer(node, [1, maps, oh, ow]);
    const columns = buffer(node, [inner, oh * ow], "patches").values;
    node.indices = node.indices || indices(win, channels, height, width, oh, ow);
    for (let i = 0; i < node.indices.length; i += 2) columns[node.indices[i + 1]] = x.values[node.indices[i]];
    addBias(y.values, maps, b);
    product(w.values, columns, y.values, maps, inner, oh * ow);
    return y;
  }

  function transposed(node, x, w, b) {
    const win = windowOf(node.attributes);
    const [eh, ew] = node.attributes.output_padding;
    const [, channels, height, width] = x.shape;
    const maps = w.shape[1];
    const oh = (height - 1) * win.sh - 2 * win.top + win.dh * (win.kh - 1) + 1 + eh;
    const ow = (width - 1) * win.sw - 2 * win.left + win.dw * (win.kw - 1) + 1 + ew;
    const outer = maps * win.kh * win.kw;
    const y = buffer(node, [1, maps, oh, ow]);
    const columns = buffer(node, [outer, height * width], "patches").values;
    node.indices = node.indices || indices(win, maps, oh, ow, height, width);
    node.turned = node.turned || Float32Array.from(
      {length: w.values.length},
      (_, i) => w.values[(i % channels) * outer + Math.floor(i / channels)],
    );
    columns.fill(0);
    product(node.turned, x.values, columns, outer, channels, height * width);
    addBias(y.values, maps, b);
    for (let i = 0; i < node.indices.length; i += 2) y.values[node.indices[i]] += columns[node.indices[i + 1]];
    return y;
  }

  // neighbours are the two inputs between which each output of an enlargement lies, and the share of the second one.
  function neighbours(side, factor, linear) {
    return Array.from({length: side * factor}, (_, i) => {
      if (!linear) return [Math.floor(i / factor), Math.floor(i / factor), 0];
      const place = Math.max(0, (i + 0.5) / factor - 0.5);
      const first = Math.min(Math.floor(place), side - 1);
      return [first, Math.min(first + 1, side - 1), place - first];
    });
  }

  function resize(node, x, _, scales) {
    const factor = scales.values[2];
    const [, channels, height, width] = x.shape;
    const linear = node.attributes.mode === "linear";
    node.lines = node.lines || [neighbours(height, factor, linear), neighbours(width, factor, linear)];
    const [rows, columns] = node.lines;
    const y = buffer(node, [1, channels, height * factor, width * factor]);
    let at = 0;
    for (let c = 0; c < channels; c++) {
      for (const [above, below, down] of rows) {
        const a = (c * height + above) * width;
        const b = (c * height + below) * width;
        for (const [left, right, along] of columns) {
          const upper = x.values[a + left] + along * (x.values[a + right] - x.values[a + left]);
          const lower = x.values[b + left] + along * (x.values[b + right] - x.values[b + left]);
          y.values[at++] = upper + down * (lower - upper);
        }
      }
    }
    return y;
  }

  const pool = (average) => (node, x) => {
    const win = windowOf(node.attributes);
    const [, channels, height, width] = x.shape;
    const oh = Math.floor((height - win.kh) / win.sh) + 1;
    const ow = Math.floor((width - win.kw) / win.sw) + 1;
    const y = buffer(node, [1, channels, oh, ow]);
    const at = buffer(node, [1, channels, oh, ow], "at");
    for (let c = 0, out = 0; c < channels; c++) {
      for (let row = 0; row < oh; row++) {
        for (let column = 0; column < ow; column++, out++) {
          const corner = (c * height + row * win.sh) * width + column * win.sw;
          let best = corner;
          let sum = 0;
          for (let i = 0; i < win.kh; i++) {
            for (let j = 0; j < win.kw; j++) {
              const place = corner + i * width + j;
              sum += x.values[place];
              if (x.values[place] > x.values[best]) best = place;
            }
          }
          y.values[out] = average ? sum / (win.kh * win.kw) : x.values[best];
          at.values[out] = best;
        }
      }
    }
    return [y, at];
  };

  function batchNorm(node, x, gain, bias, mean, variance) {
    const y = buffer(node, x.shape);
    const pixels = x.values.length / x.shape[1];
    for (let i = 0; i < y.values.length; i++) {
      const c = Math.floor(i / pixels);
      y.values[i] =
        ((x.values[i] - mean.values[c]) * gain.values[c]) / Math.sqrt(variance.values[c] + node.attributes.epsilon) +
        bias.values[c];
    }
    return y;
  }

  // standardise gives each of the groups of neighbouring values the mean 0 and the variance 1.
  function standardise(node, x, groups) {
    const y = buffer(node, x.shape);
    const size = x.values.length / groups;
    for (let from = 0; from < x.values.length; from += size) {
      let mean = 0;
      let variance = 0;
      for (let i = from; i < from + size; i++) mean += x.values[i] / size;
      for (let i = from; i < from + size; i++) variance += (x.values[i] - mean) ** 2 / size;
      const scale = 1 / Math.sqrt(variance + node.attributes.epsilon);
      for (let i = from; i < from + size; i++) y.values[i] = (x.values[i] - mean) * scale;
    }
    return y;
  }

  function layerNorm(node, x, gain, bias) {
    const y = standardise(node, x, 1);
    for (let i = 0; i < y.values.length; i++) y.values[i] = y.values[i] * gain.values[i] + bias.values[i];
    return y;
  }

  const seluAlpha = 1.6732632423543772;
  const seluGamma = 1.0507009873554805;

  const functions = {
    Abs: each(Math.abs),
    Identity: (node, x) => x,
    Relu: each((v) => Math.max(v, 0)),
    LeakyRelu: leaky,
    Elu: each(elu),
    Selu: each((v) => seluGamma * (v > 0 ? v : seluAlpha * Math.expm1(v))),
    Sigmoid: each((v) => 1 / (1 + Math.exp(-v))),
    Softplus: each((v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))),
    Tanh: each(Math.tanh),
    Round: each(roundToEven),
    Add: elementwise((a, b) => a + b),
    Sub: elementwise((a, b) => a - b),
    Mul: elementwise((a, b) => a * b),
    Div: elementwise((a, b) => a / b),
    Greater: elementwise((a, b) => (a > b ? 1 : 0)),
    Where: elementwise((condition, a, b) => (condition ? a : b)),
    Clip: clip,
    Flatten: (node, x) => ({shape: [1, x.values.length], values: x.values}),
    Reshape: reshape,
    Shape: (node, x) => ({shape: [x.shape.length], values: x.shape}),
    Slice: (node, x, from, to) => ({
      shape: [1, to.values[0] - from.values[0]],
      values: x.values.subarray(from.values[0], to.values[0]),
    }),
    Concat: concat,
    Gather: gather,
    ScatterElements: scatter,
    Transpose: turned,
    TopK: largest,
    ArgMax: argMax,
    Softmax: softmax,
    Gemm: gemm,
    Conv: convolution,
    ConvTranspose: transposed,
    Resize: resize,
    MaxPool: pool(false),
    AveragePool: pool(true),
    BatchNormalization: batchNorm,
    LayerNormalization: layerNorm,
    InstanceNormalization: (node, x) => standardise(node, x, x.shape[1]),
  };

  // Network is a network whose constants are inflated.
  class Network {
    constructor(json, constants) {
      Object.assign(this, {name: json.name, inputs: json.inputs, outputs: json.outputs, unit: json.unit});
      this.constants = constants;
      for (const [name, values] of Object.entries(json.wholes || {})) constants[name] = {shape: [values.length], values};
      this.nodes = json.nodes.map(({kind, in: from, out, attributes = {}}) => {
        if (!Object.prototype.hasOwnProperty.call(functions, kind)) throw new Error(`the operation ${kind} is not known`);
        return {compute: functions[kind], from, out, attributes, buffers: {}};
      });
    }

    takes(name) {
      return this.inputs.some((input) => input.name === name);
    }

    // run computes the outputs for inputs by name.
    run(given) {
      const values = Object.assign(Object.create(null), this.constants);
      for (const {name, value, shape} of this.inputs) {
        values[value] = {shape: [1, ...(shape || [])], values: Float32Array.from(given[name])};
      }
      for (const node of this.nodes) {
        const results = [].concat(node.compute(node, ...node.from.map((name) => values[name])));
        node.out.forEach((name, i) => (values[name] = results[i]));
      }
      const outputs = {};
      for (const {name, value} of this.outputs) outputs[name] = Float32Array.from(values[value].values);
      return outputs;
    }

    // check returns the number of items for which the program's outputs are known, and the largest difference from them in the
    // unit of the network.
    check({want, ...given}) {
      let worst = 0;
      const rows = want ? want.shape[0] : 0;
      const row = ({shape, values}, i) => values.subarray(i * shape[1], (i + 1) * shape[1]);
      for (let i = 0; i < rows; i++) {
        const inputs = Object.fromEntries(Object.entries(given).map(([name, a]) => [name, row(a, i)]));
        const got = this.run(inputs)[this.outputs[0].name];
        row(want, i).forEach((v, k) => {
          const difference = Math.abs(v - got[k]) / this.unit;
          if (!(difference <= worst)) worst = difference;
        });
      }
      return {checked: rows, agreement: worst};
    }
  }

  gaetrain.inflate = inflate;
  gaetrain.unpack = unpack;
  // network returns a Network with the fields that its check returns.
  gaetrain.network = async (json) => {
    const network = new Network(json, await unpack(json));
    return Object.assign(network, network.check(await unpack(json.checks)));
  };
})();
