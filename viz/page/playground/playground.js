// playground.js lets readers explore a model in a page: an input, its code, and what the model makes of it.
//
//   const shown = await gaetrain.playground(element, spec)   // spec: pictures.playground as JSON
//
// shown has setCode(values), setInput(levels), choose(item), reset(), and the fields code, output and input.
"use strict";
window.gaetrain = window.gaetrain || {};
(() => {
  const {make} = gaetrain, shownSliders = 8, mostSliders = 64;

  gaetrain.playground = async (element, spec) => {
    element.classList.add("playground");
    element.replaceChildren("Reading the networks …");
    try {
      const networks = {};
      for (const json of spec.networks) networks[json.name] = await gaetrain.network(json);
      const items = await gaetrain.unpack(spec.items);
      const bytes = spec.items.images ? await gaetrain.inflate(spec.items.images) : null;
      return new Playground(element, spec, networks, items, bytes);
    } catch (problem) {
      element.replaceChildren(`This browser cannot show the networks: ${problem.message}.`);
      throw problem;
    }
  };

  class Playground {
    constructor(element, spec, networks, items, bytes) {
      Object.assign(this, {element, spec, networks, decodeTime: 0});
      this.encoder = networks.encoder || networks.autoencoder || networks.classifier;
      this.decoder = networks.decoder || networks.generator;
      this.label = 0;
      this.codes = this.rowsOf(items.codes);
      this.entries = this.rowsOf(items.entries);
      this.items = bytes ? this.picturesOf(bytes) : this.rowsOf(items.rows);
      this.build();
      this.reset();
      if (this.encoder ? this.items.length : this.codes.length) this.choose(0);
      this.update();
    }

    rowsOf(array) {
      if (!array) return [];
      const [count, size] = array.shape;
      return Array.from({length: count}, (_, i) => array.values.subarray(i * size, (i + 1) * size));
    }

    picturesOf(bytes) {
      const {count} = this.spec.items, size = bytes.length / count;
      return Array.from({length: count}, (_, i) => Float32Array.from(bytes.subarray(i * size, (i + 1) * size), (v) => v / 255));
    }

    // describe names a test item or a sample of the prior.
    describe(i) {
      const {labels, numbers} = this.spec.items, {classes} = this.spec;
      const noun = this.spec.image ? "image" : "row";
      const name = numbers ? `test ${noun} ${numbers[i]}` : `sample ${i}`;
      return labels && classes ? `${name}: ${classes[labels[i]] || labels[i]}` : name;
    }

    build() {
      const flow = make("div", {className: "playground-flow"});
      if (this.encoder) flow.append(this.inputPanel());
      if (this.spec.code.size) flow.append(this.codePanel());
      flow.append(this.outputPanel());
      this.element.replaceChildren(flow, this.notes());
    }

    panel(name, title, ...children) {
      const panel = make("section", {className: `playground-panel playground-${name}`}, make("h3", {}, title), ...children);
      panel.setAttribute("aria-label", title);
      return panel;
    }

    // inputPanel is where an input is drawn, opened or chosen.
    inputPanel() {
      const {Drawing, RowView} = gaetrain.parts;
      this.told = make("p", {className: "playground-told", role: "status"});
      if (this.spec.image) {
        this.drawing = new Drawing(this.spec.image, this.items, (levels) => this.drawn(levels), (text) => (this.told.textContent = text));
      } else {
        this.drawing = new RowView(this.spec.row, "Input row", (values) => this.drawn(values));
        this.drawing.set = (values) => this.drawing.show(values);
      }
      return this.panel("input", "Input", this.drawing.element, this.told, this.itemList());
    }

    // itemList has a button for each test item that one can start from.
    itemList() {
      const {ImageView} = gaetrain.parts;
      const list = make("div", {className: "playground-items", role: "group"});
      list.setAttribute("aria-label", "Test items to start from");
      if (!this.items.length) return list;
      if (!this.spec.image) {
        return make("label", {}, "start from ", make("select", {onchange: (e) => this.choose(Number(e.target.value))},
          ...this.items.map((_, i) => make("option", {value: i}, this.describe(i)))));
      }
      this.items.forEach((levels, i) => {
        const view = new ImageView({...this.spec.image, low: 0, high: 1}, this.describe(i));
        view.show(levels);
        list.append(make("button", {type: "button", title: this.describe(i), onclick: () => this.choose(i)}, view.element));
      });
      return list;
    }

    // codePanel has the plane, all values as bars and the sliders.
    codePanel() {
      const {Bars, Plane} = gaetrain.parts, {code, plane, items, classes} = this.spec;
      const children = [];
      if (this.decoder && code.size > 1) {
        const mosaic = this.spec.image && {shape: this.spec.image, decode: (values) => this.decode(this.snapped(values))};
        this.plane = new Plane({
          code, principal: plane, noun: code.prior ? "samples of the prior" : "test items", codes: this.codes, labels: items.labels, classes, mosaic, describe: (i) => this.describe(i),
          change: (values) => this.setCode(values), choose: (i) => this.choose(i), reset: () => this.reset(),
        });
        children.push(this.plane.element);
      }
      const drawn = Math.min(code.size, 256);
      if (code.size > 2 || !this.decoder) {
        this.bars = new Bars(drawn, `The values of the code, z0 to z${drawn - 1}`);
        this.most = Math.max(...code.low.map(Math.abs), ...code.high.map(Math.abs)) || 1;
        children.push(this.bars.element, make("p", {className: "playground-small"}, `All values of the code, z0 to z${drawn - 1}, from −${gaetrain.parts.number(this.most)} to ${gaetrain.parts.number(this.most)}.`));
      }
      if (this.decoder) children.push(this.sliderList());
      return this.panel("code", "Code", ...children);
    }

    // sliderList has sliders of values, or of words if the code is made of entries of a codebook.
    sliderList() {
      const {code} = this.spec, {words} = code;
      const order = words ? Array.from({length: words.count}, (_, p) => p) : code.order, noun = words ? "words" : "values";
      this.sliders = [];
      const list = make("div", {className: "playground-list"});
      const add = (count) => order.slice(this.sliders.length, count).forEach((k) => list.append(words ? this.wordSlider(k) : this.slider(k)));
      add(shownSliders);
      const more = make("button", {type: "button", hidden: order.length <= shownSliders, onclick: () => {
        add(mostSliders);
        more.hidden = true;
        this.showSliders();
      }}, order.length > mostSliders ? `Show ${mostSliders} of ${order.length} ${noun}` : `Show all ${order.length} ${noun}`);
      const about = words ? `Each word is one of the ${this.entries.length} entries of the codebook.`
        : code.prior || code.size <= shownSliders ? "" : "Values with the largest variance over the test codes come first.";
      return make("div", {}, list, make("div", {className: "playground-tools"},
        more, make("button", {type: "button", onclick: () => this.reset()}, "Reset"),
        make("button", {type: "button", onclick: () => this.another()}, code.prior ? "New sample" : this.spec.image ? "Random test image" : "Random test row")),
      make("p", {className: "playground-small"}, about));
    }

    // wordSlider chooses the entry of word p.
    wordSlider(p) {
      const input = make("input", {type: "range", min: 0, max: this.entries.length - 1, step: 1}), output = make("output");
      input.setAttribute("aria-label", `entry of word ${p} of the code`);
      input.addEventListener("input", () => {
        const values = Float32Array.from(this.code);
        this.setWord(values, p, this.entries[input.value]);
        this.setCode(values, input);
      });
      this.sliders.push({input, show: (code, moved) => {
        const entry = this.nearestEntry(code, p);
        if (input !== moved) input.value = entry;
        output.textContent = entry;
        input.setAttribute("aria-valuetext", `entry ${entry}`);
      }});
      return make("label", {className: "playground-slider"}, make("span", {}, `word ${p}`), input, output);
    }

    setWord(code, p, entry) {
      const {next, step} = this.spec.code.words;
      entry.forEach((v, d) => (code[p * next + d * step] = v));
    }

    // nearestEntry returns the number of the entry with the smallest distance from word p of a code.
    nearestEntry(code, p) {
      const {next, step} = this.spec.code.words;
      let best = 0, least = Infinity;
      this.entries.forEach((entry, number) => {
        let distance = 0;
        for (let d = 0; d < entry.length; d++) distance += (code[p * next + d * step] - entry[d]) ** 2;
        if (distance < least) [best, least] = [number, distance];
      });
      return best;
    }

    // slider moves one value of the code, over the range of the test codes or over its levels.
    slider(k) {
      const {number} = gaetrain.parts, {low, high, levels} = this.spec.code;
      const input = make("input", levels ? {type: "range", min: 0, max: levels[k].length - 1, step: 1}
        : {type: "range", min: low[k], max: high[k] > low[k] ? high[k] : low[k] + 1, step: (high[k] - low[k]) / 500 || 0.01});
      input.setAttribute("aria-label", `value z${k} of the code`);
      const output = make("output");
      input.addEventListener("input", () => {
        const values = Float32Array.from(this.free);
        values[k] = levels ? levels[k][input.value] : input.value;
        this.setCode(values, input);
      });
      this.sliders.push({input, show: (code, moved) => {
        const v = code[k];
        if (input !== moved) input.value = levels ? levels[k].indexOf(v) : v;
        output.textContent = number(v);
        input.setAttribute("aria-valuetext", output.textContent);
      }});
      return make("label", {className: "playground-slider"}, make("span", {}, `z${k}`), input, output);
    }

    outputPanel() {
      const {ImageView, RowView, Predictions} = gaetrain.parts, {spec} = this;
      const children = [];
      if (this.networks.classifier) {
        this.result = new Predictions(spec.classes);
      } else if (spec.image) {
        this.result = new ImageView(spec.image, this.encoder ? "Reconstruction" : "Generated image");
      } else {
        this.result = new RowView(spec.row, this.encoder ? "Reconstruction" : "Generated row");
      }
      children.push(this.result.element);
      if (spec.conditional) {
        const names = spec.classes;
        this.classes = make("select", {onchange: (e) => this.setLabel(Number(e.target.value))}, ...names.map((name, i) => make("option", {value: i}, name)));
        children.push(make("p", {}, make("label", {}, "class ", this.classes)));
      }
      this.error = make("p", {className: "playground-error"});
      this.time = make("p", {className: "playground-small"});
      children.push(this.error, this.time);
      return this.panel("output", this.networks.classifier ? "Prediction" : this.encoder ? "Reconstruction" : "Image", ...children);
    }

    // notes say how far the page agrees with the program, and what is left out.
    notes() {
      const rate = (v) => v.toExponential(1).replace("-", "−");
      const values = this.spec.image ? "the range of the pixels" : "the range of the values";
      const unit = (n) => ({encoder: "the standard deviation of the codes", classifier: "the standard deviation of the logits"})[n.name] || values;
      const lines = this.spec.networks.map((json) => {
        const n = this.networks[json.name];
        const most = json.most ? "nine tenths of " : "";
        const before = json.before ? " These are outputs before the code is rounded, small values become 0 or entries of a codebook are chosen." : "";
        return `The ${n.name} in this page has rounded weights. Its outputs differ from those of the program by at most ${rate(n.agreement)} of ${unit(n)} on ${n.checked} items that the page has checked, and by at most ${rate(json.error)} on ${most}${json.items} items.${before}`;
      });
      return make("div", {className: "playground-small"}, ...lines.concat(this.spec.missing || []).map((line) => make("p", {}, line)));
    }

    // valuesOf returns the values of the program for levels of an image.
    valuesOf(levels) {
      const {image} = this.spec;
      if (!image) return Float32Array.from(levels);
      const values = Float32Array.from(levels, (v) => image.low + v * (image.high - image.low));
      const norm = image.unit ? Math.hypot(...values) || 1 : 1;
      return norm === 1 ? values : values.map((v) => v / norm);
    }

    // drawn takes an input that the reader has changed.
    drawn(levels) {
      this.input = this.valuesOf(levels);
      this.inputChanged = true;
      this.schedule();
    }

    setInput(levels) {
      this.drawing.set(levels);
      this.drawn(levels);
    }

    // choose starts from a test item, or from a sample of the prior.
    choose(i) {
      const {labels} = this.spec.items;
      if (labels && this.classes) this.setLabel(labels[i]);
      if (this.told) this.told.textContent = this.items[i] ? `This is ${this.describe(i)}.` : `The code is that of ${this.describe(i)}, whose image is not part of this page.`;
      if (this.items[i] && this.drawing) {
        this.setInput(this.items[i]);
        return;
      }
      if (this.drawing) {
        this.input = null;
        this.drawing.set(this.spec.image ? this.drawing.empty() : new Float32Array(this.spec.row.size));
      }
      this.setCode(this.codes[i]);
    }

    another() {
      const {code} = this.spec;
      if (!code.prior) {
        this.choose(Math.floor(Math.random() * (this.items.length || this.codes.length)));
        return;
      }
      const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
      this.setCode(Float32Array.from({length: code.size}, normal));
    }

    reset() {
      if (this.spec.code.size) this.setCode(Float32Array.from(this.spec.code.start));
    }

    // setCode decodes a code in the next frame. moved is the slider that has it already.
    setCode(values, moved) {
      this.free = Float32Array.from(values);
      this.code = this.snapped(this.free);
      this.moved = moved;
      this.codeChanged = true;
      this.inputChanged = false;
      this.schedule();
    }

    // snapped returns a code that the encoder can produce: with the nearest levels or entries.
    snapped(values) {
      const {levels, words} = this.spec.code;
      if (words) {
        const code = Float32Array.from(values);
        for (let p = 0; p < words.count; p++) this.setWord(code, p, this.entries[this.nearestEntry(values, p)]);
        return code;
      }
      if (!levels) return values;
      const nearest = (list, v) => list.reduce((best, level) => (Math.abs(level - v) < Math.abs(best - v) ? level : best));
      return Float32Array.from(values, (v, k) => nearest(levels[k], v));
    }

    setLabel(label) {
      this.label = label;
      this.classes.value = label;
      if (this.input && this.encoder.takes("labels")) this.inputChanged = true;
      this.codeChanged = true;
      if (this.plane) this.plane.fillGrid();
      this.schedule();
    }

    schedule() {
      this.frame = this.frame || requestAnimationFrame(() => this.update());
    }

    decode(code) {
      const outputs = this.decoder.run({code, labels: [this.label]});
      return outputs.reconstruction || outputs.image;
    }

    // update computes and shows what has changed.
    update() {
      cancelAnimationFrame(this.frame);
      this.frame = 0;
      const start = performance.now();
      if (this.inputChanged) this.encode();
      if (this.codeChanged && this.decoder) this.output = this.decode(this.code);
      const time = performance.now() - start;
      if (this.output) this.result.show(this.output);
      if (this.codeChanged && this.code) this.showCode();
      this.showError();
      this.decodeTime = this.decodeTime ? 0.8 * this.decodeTime + 0.2 * time : time;
      this.time.textContent = `Computed in ${this.decodeTime.toFixed(1)} ms in this page.`;
      this.inputChanged = this.codeChanged = false;
    }

    encode() {
      const outputs = this.encoder.run({input: this.input, labels: [this.label]});
      this.output = outputs.probabilities || outputs.reconstruction;
      const code = outputs.code || outputs.mean;
      if (!code) return;
      this.code = this.free = code;
      this.moved = null;
      this.codeChanged = true;
    }

    showCode() {
      if (this.plane) this.plane.show(this.free);
      if (this.bars) this.bars.show(this.code, this.most);
      this.showSliders();
    }

    showSliders() {
      for (const s of this.sliders || []) s.show(this.code, this.moved);
    }

    showError() {
      const {number} = gaetrain.parts;
      if (!this.input || !this.output || this.networks.classifier) {
        this.error.textContent = "";
        return;
      }
      let sum = 0;
      this.output.forEach((v, i) => (sum += (v - this.input[i]) ** 2));
      const mse = sum / this.output.length;
      this.error.textContent = `Squared error: ${mse < 1e-3 ? mse.toExponential(1).replace("-", "−") : mse.toFixed(4)} per ${this.spec.image ? "pixel" : "value"}, ${number(sum)} in total.`;
    }
  }
})();
