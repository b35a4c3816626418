// drawing.js is the input of the playground for images: one draws with the pointer, or chooses a file.
"use strict";
window.gaetrain = window.gaetrain || {};
gaetrain.parts = gaetrain.parts || {};
(() => {
  const {make, parts} = gaetrain;

  // Values of a picture are levels from 0 (black) to 1 (white), channels×height×width.

  // backgroundOf is the usual level at the border of pictures: 0, 1, or null if borders differ.
  function backgroundOf(pictures, {channels, height, width}) {
    let sum = 0;
    let count = 0;
    for (const picture of pictures) {
      for (let i = 0; i < channels * height * width; i++) {
        const y = Math.floor(i / width) % height;
        const x = i % width;
        if (y > 0 && y < height - 1 && x > 0 && x < width - 1) continue;
        sum += picture[i];
        count++;
      }
    }
    const mean = count ? sum / count : 0;
    return mean < 0.25 ? 0 : mean > 0.75 ? 1 : null;
  }

  // contentOf is the box of the pixels that differ from a background; null if there are none.
  function contentOf(values, {channels, height, width}, background) {
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let i = 0; i < channels * height * width; i++) {
      if (Math.abs(values[i] - background) < 0.2) continue;
      const y = Math.floor(i / width) % height;
      const x = i % width;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    return right < 0 ? null : {left, top, width: right + 1 - left, height: bottom + 1 - top};
  }

  // scaled returns a picture of a shape in which a box of another picture fills a box. The mean of the pixels below each pixel is
  // taken.
  function scaled(values, from, box, shape, into, background) {
    const out = new Float32Array(shape.channels * shape.height * shape.width).fill(background);
    const range = (i, size, start, length) => {
      const first = Math.floor(start + (i * length) / size);
      return [first, Math.max(first + 1, Math.floor(start + ((i + 1) * length) / size))];
    };
    for (let c = 0; c < shape.channels; c++) {
      for (let y = 0; y < into.height; y++) {
        const [y0, y1] = range(y, into.height, box.top, box.height);
        for (let x = 0; x < into.width; x++) {
          const [x0, x1] = range(x, into.width, box.left, box.width);
          let sum = 0;
          for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += values[(c * from.height + v) * from.width + u];
          out[(c * shape.height + into.top + y) * shape.width + into.left + x] = sum / ((y1 - y0) * (x1 - x0));
        }
      }
    }
    return out;
  }

  const workingSide = 512; // pixels, to which files are reduced first

  // levelsOf reads a file as a picture of at most workingSide pixels a side.
  async function levelsOf(file, channels) {
    const bitmap = await createImageBitmap(file);
    const reduction = Math.min(1, workingSide / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * reduction));
    const height = Math.max(1, Math.round(bitmap.height * reduction));
    const context = make("canvas", {width, height}).getContext("2d");
    context.fillStyle = "#fff"; // below transparent pixels
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const {data} = context.getImageData(0, 0, width, height);
    const values = new Float32Array(channels * width * height);
    for (let i = 0; i < width * height; i++) {
      const [r, g, b] = [data[4 * i] / 255, data[4 * i + 1] / 255, data[4 * i + 2] / 255];
      if (channels === 1) values[i] = 0.299 * r + 0.587 * g + 0.114 * b;
      else [values[i], values[width * height + i], values[2 * width * height + i]] = [r, g, b];
    }
    return {values, shape: {channels, width, height}, size: `${bitmap.width}×${bitmap.height}`};
  }

  class Drawing {
    // shape: of the images; pictures: examples of them; change is called with the picture when it has changed, and tell with a
    // sentence for the reader.
    constructor(shape, pictures, change, tell) {
      Object.assign(this, {shape, change, tell});
      this.background = pictures.length ? backgroundOf(pictures, shape) : 0;
      this.side = Math.max(...pictures.map((p) => this.longest(p)), Math.max(shape.width, shape.height) / 2);
      if (pictures.length) this.side = pictures.reduce((sum, p) => sum + this.longest(p), 0) / pictures.length || this.side;
      this.view = new parts.ImageView({...shape, low: 0, high: 1}, "Input image. Draw with the mouse, a pen or a finger.");
      this.view.element.classList.add("playground-drawing");
      this.element = make("div", {}, this.view.element, this.tools());
      this.values = this.empty();
      this.view.show(this.values);
      this.listen();
    }

    longest(picture) {
      const box = this.background === null ? null : contentOf(picture, this.shape, this.background);
      return box ? Math.max(box.width, box.height) : 0;
    }

    empty() {
      return new Float32Array(this.shape.channels * this.shape.height * this.shape.width).fill(this.background || 0);
    }

    // set shows a picture without telling the others.
    set(values) {
      this.values = Float32Array.from(values);
      this.view.show(this.values);
    }

    replace(values) {
      this.set(values);
      this.change(this.values);
    }

    tools() {
      const {width, height} = this.shape;
      const side = Math.max(width, height);
      this.pen = make("input", {type: "range", min: side / 60, max: side / 6, step: side / 600, value: side / 25});
      this.colour = make("input", {type: "color", value: this.background === 1 ? "#000000" : "#ffffff"});
      this.eraser = make("input", {type: "checkbox"});
      this.file = make("input", {type: "file", accept: "image/*", hidden: true});
      this.file.addEventListener("change", () => {
        if (this.file.files.length) this.open(this.file.files[0]);
        this.file.value = "";
      });
      const button = (text, onclick) => make("button", {type: "button", onclick}, text);
      const tools = make("div", {className: "playground-tools"},
        button("Clear", () => {
          this.replace(this.empty());
          this.tell("");
        }),
        button("Open an image file", () => this.file.click()), this.file,
        make("label", {}, "pen ", this.pen),
        make("label", {}, this.eraser, " erase"));
      if (this.shape.channels === 3) tools.append(make("label", {}, "colour ", this.colour));
      if (this.background !== null) tools.append(button("Centre", () => this.centre()));
      return tools;
    }

    listen() {
      const canvas = this.view.element;
      const at = (event) => {
        const box = canvas.getBoundingClientRect();
        return [((event.clientX - box.left) / box.width) * this.shape.width, ((event.clientY - box.top) / box.height) * this.shape.height];
      };
      canvas.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        canvas.setPointerCapture(event.pointerId);
        this.base = Float32Array.from(this.values);
        this.mask = new Float32Array(this.shape.height * this.shape.width);
        this.last = at(event);
        this.stroke(this.last);
        event.preventDefault();
      });
      canvas.addEventListener("pointermove", (event) => {
        if (!this.mask) return;
        const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
        for (const move of moves.length ? moves : [event]) this.stroke(at(move));
      });
      const end = () => (this.mask = null);
      canvas.addEventListener("pointerup", end);
      canvas.addEventListener("pointercancel", end);
      this.element.addEventListener("dragover", (event) => {
        event.preventDefault();
        this.element.classList.add("playground-drop");
      });
      this.element.addEventListener("dragleave", () => this.element.classList.remove("playground-drop"));
      this.element.addEventListener("drop", (event) => {
        event.preventDefault();
        this.element.classList.remove("playground-drop");
        if (event.dataTransfer.files.length) this.open(event.dataTransfer.files[0]);
      });
    }

    // ink returns the levels of the pen.
    ink() {
      if (this.eraser.checked) return [this.background || 0, this.background || 0, this.background || 0];
      if (this.shape.channels === 1) return [this.background === 1 ? 0 : 1];
      return [1, 3, 5].map((i) => parseInt(this.colour.value.slice(i, i + 2), 16) / 255);
    }

    // stroke draws a line with soft edges from the last place to another.
    stroke(to) {
      const {channels, height, width} = this.shape;
      const radius = Number(this.pen.value);
      const [[x0, y0], [x1, y1]] = [this.last, to];
      const length = Math.hypot(x1 - x0, y1 - y0) || 1e-6;
      const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [u, v] = [x + 0.5 - x0, y + 0.5 - y0];
          const along = Math.max(0, Math.min(length, u * dx + v * dy));
          const cover = Math.min(1, radius + 0.5 - Math.hypot(u - along * dx, v - along * dy));
          if (cover > this.mask[y * width + x]) this.mask[y * width + x] = cover;
        }
      }
      const ink = this.ink();
      for (let i = 0; i < this.values.length; i++) {
        const cover = this.mask[i % (height * width)];
        this.values[i] = this.base[i] * (1 - cover) + ink[Math.floor(i / (height * width)) % channels] * cover;
      }
      this.last = to;
      this.replace(this.values);
    }

    // centre moves the content to the centre.
    centre() {
      const box = contentOf(this.values, this.shape, this.background);
      if (!box) return;
      this.replace(scaled(this.values, this.shape, box, this.shape, this.centred(box.width, box.height), this.background));
      this.tell("The content was moved to the centre.");
    }

    // centred is the box of a size in the middle of the image.
    centred(width, height) {
      return {
        left: Math.round((this.shape.width - width) / 2), top: Math.round((this.shape.height - height) / 2), width, height,
      };
    }

    // open reads a file, and fits it to the images of the model. It tells the reader what was done.
    async open(file) {
      let picture;
      try {
        picture = await levelsOf(file, this.shape.channels);
      } catch {
        this.tell(`${file.name} is not an image that this browser can read.`);
        return;
      }
      const {values, shape, size} = picture;
      const done = this.shape.channels === 1 ? ["converted to grey"] : [];
      const {width, height} = this.shape;
      if (this.background === null) {
        const share = Math.min(shape.width / width, shape.height / height);
        const box = {width: share * width, height: share * height};
        box.left = (shape.width - box.width) / 2;
        box.top = (shape.height - box.height) / 2;
        this.replace(scaled(values, shape, box, this.shape, {left: 0, top: 0, width, height}, 0));
        done.push(`cut to the middle of ${size} pixels`, `scaled to ${width}×${height}`);
      } else {
        const border = backgroundOf([values], shape);
        if (border !== null && border !== this.background) {
          values.forEach((v, i) => (values[i] = 1 - v));
          done.push(`inverted, because the test images have a ${this.background ? "white" : "black"} background`);
        }
        const box = contentOf(values, shape, this.background) || {left: 0, top: 0, width: shape.width, height: shape.height};
        const share = Math.min(this.side / Math.max(box.width, box.height), width / box.width, height / box.height);
        const into = this.centred(Math.max(1, Math.round(box.width * share)), Math.max(1, Math.round(box.height * share)));
        this.replace(scaled(values, shape, box, this.shape, into, this.background));
        done.push(`scaled from ${size} pixels so that its content is as large as in the test images, and centred`);
      }
      this.tell(`${file.name} was ${done.join(", ")}.`);
    }
  }

  parts.Drawing = Drawing;
})();
