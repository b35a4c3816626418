// views.js shows items and codes: images, rows of numbers and bars. All take values in the units of the program.
"use strict";
window.gaetrain = window.gaetrain || {};
gaetrain.parts = gaetrain.parts || {};
(() => {
  const {make, drawn, parts} = gaetrain;

  // number writes a value with three significant digits.
  const number = parts.number = (v) => {
    if (!Number.isFinite(v)) return "–";
    const size = Math.abs(v);
    if (size !== 0 && (size < 1e-3 || size >= 1e5)) return v.toExponential(1).replace(/-/g, "−");
    const digits = size < 1e-9 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(size)));
    return v.toFixed(Math.min(digits, 3)).replace("-", "−");
  };

  // bytesOf writes the pixels of an image (channels×height×width) as RGBA.
  parts.bytesOf = ({channels, height, width, low, high}, values, to = new Uint8ClampedArray(4 * height * width)) => {
    const pixels = height * width;
    const scale = 255 / (high - low);
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < 3; c++) to[4 * i + c] = (values[i + (channels === 3 ? c * pixels : 0)] - low) * scale;
      to[4 * i + 3] = 255;
    }
    return to;
  };

  // ImageView shows an image.
  class ImageView {
    constructor(shape, label) {
      this.shape = shape;
      this.element = make("canvas", {className: "playground-image", width: shape.width, height: shape.height, role: "img"});
      this.element.setAttribute("aria-label", label);
      this.context = this.element.getContext("2d");
      this.data = this.context.createImageData(shape.width, shape.height);
    }

    show(values) {
      parts.bytesOf(this.shape, values, this.data.data);
      this.context.putImageData(this.data, 0, 0);
    }
  }

  const mostListed = 24; // columns

  // RowView shows a row of numbers: each column with its name and value, or as a curve. change is called with the row when the
  // reader moves a value; without it, values cannot be moved.
  class RowView {
    constructor(row, label, change) {
      this.row = row;
      if (row.size > mostListed) {
        this.line = drawn("path", {class: "playground-curve"});
        this.element = drawn("svg", {class: "playground-chart", viewBox: "0 0 300 160", preserveAspectRatio: "none", role: "img", "aria-label": label}, this.line);
        return;
      }
      this.element = make("div", {className: "playground-list playground-columns", role: "group"});
      this.element.setAttribute("aria-label", label);
      this.fields = Array.from({length: row.size}, (_, i) => {
        const name = row.names ? row.names[i] : String(i);
        const step = (row.high - row.low) / 500 || 1;
        const input = make("input", {type: "range", min: row.low, max: row.high, step, disabled: !change});
        input.setAttribute("aria-label", name);
        const output = make("output");
        input.addEventListener("input", () => {
          this.values[i] = Number(input.value);
          this.show(this.values);
          change(this.values);
        });
        this.element.append(make("label", {className: "playground-slider"}, make("span", {title: name}, name), input, output));
        return {input, output};
      });
    }

    // inUnits returns a value in the units of the data.
    inUnits(v, i) {
      const {offset, scale, size} = this.row;
      return scale ? v * scale[Math.floor((i * scale.length) / size)] + offset[Math.floor((i * scale.length) / size)] : v;
    }

    show(values) {
      this.values = Float32Array.from(values);
      if (!this.line) {
        this.fields.forEach(({input, output}, i) => {
          input.value = values[i];
          output.textContent = number(this.inUnits(values[i], i));
        });
        return;
      }
      const {low, high} = this.row;
      const at = (v, i) => `${((300 * i) / (values.length - 1)).toFixed(1)} ${(150 - (140 * (v - low)) / (high - low || 1)).toFixed(1)}`;
      this.line.setAttribute("d", "M" + Array.from(values, at).join("L"));
    }
  }

  // Bars shows numbers as bars around 0, such as all values of a code.
  class Bars {
    constructor(count, label) {
      this.count = count;
      this.path = drawn("path");
      const zero = drawn("line", {x1: 0, x2: count, y1: 50, y2: 50});
      this.element = drawn("svg", {class: "playground-bars", viewBox: `0 0 ${count} 100`, preserveAspectRatio: "none", role: "img", "aria-label": label}, zero, this.path);
    }

    // show draws values from −most to most.
    show(values, most) {
      let d = "";
      for (let i = 0; i < this.count; i++) {
        const height = Math.max(-50, Math.min(50, (50 * values[i]) / most)) || 0;
        d += `M${i + 0.1} 50h0.8v${(-height).toFixed(2)}h-0.8z`;
      }
      this.path.setAttribute("d", d);
    }
  }

  const mostPredicted = 10;

  // Predictions shows the probabilities of classes, the largest first.
  class Predictions {
    constructor(classes) {
      this.classes = classes;
      this.element = make("ol", {className: "playground-predictions"});
      this.element.setAttribute("aria-label", "Predicted classes");
      this.lines = classes.slice(0, mostPredicted).map(() => {
        const line = {name: make("span"), value: make("output"), bar: make("div", {className: "playground-share"})};
        this.element.append(make("li", {}, line.name, line.bar, line.value));
        return line;
      });
    }

    show(probabilities) {
      const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
      this.lines.forEach((line, i) => {
        line.name.textContent = this.classes[order[i]];
        line.value.textContent = `${(100 * probabilities[order[i]]).toFixed(1)} %`;
        line.bar.style.setProperty("--share", probabilities[order[i]]);
      });
    }
  }

  Object.assign(parts, {ImageView, RowView, Bars, Predictions});
})();
