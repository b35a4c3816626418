// plane.js is the plane of the playground: two coordinates of a code, which one drags.
"use strict";
window.gaetrain = window.gaetrain || {};
gaetrain.parts = gaetrain.parts || {};
(() => {
  const {make, drawn, parts} = gaetrain, {number} = parts;
  const side = 320; // of the plane, in units of the SVG
  const radius = 3.2; // of points

  class Plane {
    // code: pictures.pageCode; principal: the plane of principal directions or undefined; codes: the codes of a noun, such as
    // "test items", with their labels and the names of the classes or undefined. change is called with a code that the reader
    // chooses, choose with the number of a point, and reset when the reader resets the code. mosaic has the shape of images and
    // decodes codes; undefined: the items are no images.
    constructor({code, principal, noun, codes, labels, classes, describe, change, choose, reset, mosaic}) {
      Object.assign(this, {spec: code, noun, codes, labels, classes, describe, change, choose, reset, mosaic, hidden: new Set()});
      this.modes = [];
      if (principal && code.size > 2) this.modes.push(this.principalMode(principal));
      this.values = [code.order[0], code.order[1]];
      if (code.size === 2) this.values = [0, 1];
      this.mode = this.modes[0] || this.valuesMode();
      this.build();
      this.arrange();
    }

    // A mode has the two coordinates of a code, and moves a code to other coordinates.
    principalMode({mean, directions, share}) {
      const along = (code, direction) => direction.reduce((sum, d, k) => sum + d * (code[k] - mean[k]), 0);
      return {
        of: (code) => directions.map((d) => along(code, d)),
        moved: (code, x, y) => {
          const [a, b] = [x - along(code, directions[0]), y - along(code, directions[1])];
          return code.map((v, k) => v + a * directions[0][k] + b * directions[1][k]);
        },
        names: share.map((part, i) => `principal direction ${i + 1} (${(100 * part).toFixed(0)} %)`),
      };
    }

    valuesMode() {
      const [i, j] = this.values;
      return {
        of: (code) => [code[i], code[j]],
        moved: (code, x, y) => code.map((v, k) => (k === i ? x : k === j ? y : v)),
        names: [`value z${i}`, `value z${j}`],
      };
    }

    build() {
      this.points = drawn("g", {class: "playground-points"});
      this.cross = drawn("g", {class: "playground-cross"}, drawn("line", {x1: -side, x2: side, y1: 0, y2: 0}),
        drawn("line", {y1: -side, y2: side, x1: 0, x2: 0}), drawn("circle", {r: 8}));
      this.svg = drawn("svg", {
        class: "playground-plane", viewBox: `0 0 ${side} ${side}`, tabindex: 0, role: "application",
        "aria-roledescription": "two-dimensional slider", "aria-label": "Plane of codes. Drag, or use the arrow keys; Home resets.",
      }, this.points, this.cross);
      this.grid = make("canvas", {className: "playground-mosaic", hidden: true});
      this.xs = make("div", {className: "playground-x"});
      this.ys = make("div", {className: "playground-y"});
      const about = make("p", {className: "playground-small"}, `Drag in the plane, or move the sliders. A double click resets. Points are the codes of ${this.noun}.`);
      this.element = make("div", {}, about, this.choices(), make("div", {className: "playground-axes"}, this.ys,
        make("div", {className: "playground-field"}, this.grid, this.svg), this.xs), this.legend());
      this.listen();
    }

    choices() {
      const bar = make("div", {className: "playground-tools"});
      const {size, order} = this.spec;
      if (size > 2) {
        const axes = this.values.map((value, at) => make("select", {onchange: (e) => {
          this.values[at] = Number(e.target.value);
          this.mode = this.valuesMode();
          this.arrange();
        }}, ...order.slice(0, 256).map((k) => make("option", {value: k, selected: k === value}, `z${k}`))));
        const own = make("span", {hidden: this.modes.length > 0}, make("label", {}, "across ", axes[0]), " ", make("label", {}, "up ", axes[1]));
        if (this.modes.length) {
          bar.append(make("label", {}, "plane ", make("select", {onchange: (e) => {
            own.hidden = e.target.value === "principal";
            this.mode = own.hidden ? this.modes[0] : this.valuesMode();
            this.arrange();
          }}, make("option", {value: "principal"}, "principal directions"), make("option", {value: "values"}, "two values"))));
        }
        bar.append(own);
      }
      if (this.mosaic) {
        this.wantsGrid = make("input", {type: "checkbox", checked: size === 2, onchange: () => this.fillGrid()});
        const points = make("input", {type: "checkbox", checked: true, onchange: () => this.points.toggleAttribute("hidden", !points.checked)});
        bar.append(make("label", {}, this.wantsGrid, " decoded images"), make("label", {}, points, " points"));
      }
      return bar;
    }

    legend() {
      const list = make("div", {className: "playground-legend", role: "group"});
      list.setAttribute("aria-label", "Classes of the points");
      if (!this.labels || !this.classes) return list;
      const used = [...new Set(this.labels)].sort((a, b) => a - b);
      for (const label of used) {
        const button = make("button", {type: "button", onclick: () => {
          this.hidden.has(label) ? this.hidden.delete(label) : this.hidden.add(label);
          button.setAttribute("aria-pressed", String(!this.hidden.has(label)));
          this.dots.forEach((dot, i) => this.labels[i] === label && dot.classList.toggle("playground-hidden", this.hidden.has(label)));
        }}, drawnMark(label), this.classes[label] || String(label));
        button.setAttribute("aria-pressed", "true");
        list.append(button);
      }
      return list;
    }

    listen() {
      const place = (event) => {
        const box = this.svg.getBoundingClientRect();
        const clamp = (v) => Math.max(0, Math.min(1, v));
        return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
      };
      let start = null;
      this.svg.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        this.svg.setPointerCapture(event.pointerId);
        start = event;
        this.svg.focus({preventScroll: true});
        this.moveTo(...this.inverse(...place(event)));
        event.preventDefault();
      });
      this.svg.addEventListener("pointermove", (event) => {
        if (start) this.moveTo(...this.inverse(...place(event)));
      });
      const end = (event) => {
        const still = start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < 3;
        const point = still && event.type === "pointerup" ? this.nearest(...place(event)) : -1;
        start = null;
        if (point >= 0) this.choose(point);
        if (this.wantsGrid && this.wantsGrid.checked && this.spec.size > 2) this.fillGrid();
      };
      this.svg.addEventListener("pointerup", end);
      this.svg.addEventListener("pointercancel", end);
      this.svg.addEventListener("dblclick", () => this.reset());
      this.svg.addEventListener("keydown", (event) => {
        const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
        if (event.key === "Home") this.reset();
        else if (!steps) return;
        else {
          const step = event.shiftKey ? 0.1 : 0.02;
          const [x, y] = this.mode.of(this.code);
          const at = (v, [low, high], by) => Math.max(low, Math.min(high, v + by * step * (high - low)));
          this.moveTo(at(x, this.x, steps[0]), at(y, this.y, steps[1]));
        }
        event.preventDefault();
      });
    }

    moveTo(x, y) {
      this.change(this.mode.moved(this.code, x, y));
    }

    // place returns where coordinates are in the plane, from 0 to 1; inverse is its inverse.
    place(x, y) {
      return [(x - this.x[0]) / (this.x[1] - this.x[0]), (this.y[1] - y) / (this.y[1] - this.y[0])];
    }

    inverse(x, y) {
      return [this.x[0] + x * (this.x[1] - this.x[0]), this.y[1] - y * (this.y[1] - this.y[0])];
    }

    // nearest returns the number of the visible point at a place; −1 if there is none.
    nearest(x, y) {
      let [best, distance] = [-1, 7 / side];
      this.codes.forEach((code, i) => {
        if (this.labels && this.hidden.has(this.labels[i])) return;
        const [u, v] = this.place(...this.mode.of(code));
        const d = Math.hypot(u - x, v - y);
        if (d < distance) [best, distance] = [i, d];
      });
      return best;
    }

    // arrange draws the points in another mode.
    arrange() {
      const places = this.codes.map((code) => this.mode.of(code));
      const range = (i) => {
        const all = places.map((p) => p[i]);
        const [low, high] = [Math.min(...all), Math.max(...all)];
        const margin = 0.08 * (high - low) || 1;
        return [low - margin, high + margin];
      };
      [this.x, this.y] = [range(0), range(1)];
      this.dots = places.map((p, i) => {
        const [u, v] = this.place(...p);
        const label = this.labels ? this.labels[i] : 0;
        const dot = dotOf(label, side * u, side * v);
        dot.append(drawn("title", {}, this.describe(i)));
        if (this.labels && this.hidden.has(label)) dot.classList.add("playground-hidden");
        return dot;
      });
      this.points.replaceChildren(...this.dots);
      const axis = (to, [low, high], name) => to.replaceChildren(make("span", {}, number(low)), make("span", {}, name), make("span", {}, number(high)));
      axis(this.xs, this.x, `→ ${this.mode.names[0]}`);
      axis(this.ys, this.y, `→ ${this.mode.names[1]}`);
      if (this.code) this.show(this.code);
      this.fillGrid();
    }

    // show moves the handle to a code.
    show(code) {
      const first = !this.code;
      this.code = code;
      if (first) this.fillGrid();
      const [u, v] = this.place(...this.mode.of(code));
      const clamp = (s) => (side * Math.max(0, Math.min(1, s))).toFixed(1);
      this.cross.setAttribute("transform", `translate(${clamp(u)} ${clamp(v)})`);
      this.cross.classList.toggle("playground-outside", u < 0 || u > 1 || v < 0 || v > 1);
    }

    // fillGrid decodes a grid of the plane around the code, a few images per frame.
    fillGrid() {
      if (!this.mosaic || !this.code) return;
      this.grid.hidden = !this.wantsGrid.checked;
      cancelAnimationFrame(this.filling);
      if (this.grid.hidden) return;
      const {shape, decode} = this.mosaic;
      const count = Math.max(5, Math.min(15, Math.round(420 / Math.max(shape.width, shape.height))));
      Object.assign(this.grid, {width: count * shape.width, height: count * shape.height});
      const context = this.grid.getContext("2d");
      const {code, mode} = this;
      let i = 0;
      const fill = () => {
        for (const from = performance.now(); i < count * count && performance.now() - from < 10; i++) {
          const [row, column] = [Math.floor(i / count), i % count];
          const [x, y] = this.inverse((column + 0.5) / count, (row + 0.5) / count);
          const pixels = parts.bytesOf(shape, decode(mode.moved(code, x, y)));
          context.putImageData(new ImageData(pixels, shape.width, shape.height), column * shape.width, row * shape.height);
        }
        if (i < count * count) this.filling = requestAnimationFrame(fill);
      };
      fill();
    }
  }

  // dotOf is the mark of a class.
  function dotOf(label, x, y) {
    const corners = gaetrain.cornersOf(label, radius, x, y), hue = `playground-hue${gaetrain.hueOf(label)}`;
    if (!corners.length) return drawn("circle", {cx: x.toFixed(1), cy: y.toFixed(1), r: radius, class: hue});
    return drawn("polygon", {points: corners.map((p) => p.map((v) => v.toFixed(1)).join()).join(" "), class: hue});
  }

  const drawnMark = (label) => drawn("svg", {viewBox: "0 0 10 10", class: "playground-mark"}, dotOf(label, 5, 5));

  parts.Plane = Plane;
})();
