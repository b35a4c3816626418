// gaetrain.curves(element, options) draws training curves: a panel for each figure, with all splits and runs in it.
//
// options:
//   series     [{run, name, unit, split, colour, epochs: […], values: […]}]; epochs ascend. A value that is not a finite number
//              is a gap. colour is the number of a hue of the style sheet (1…8); without it, a single run has a hue for each
//              split, and several runs have a hue for each run.
//   marks      [{x, label}] vertical lines, such as the best epoch
//   stages     [{name, from, to}] of training; lines are broken between stages
//   xLabel     "epoch" by default
//   controls   false: no log scale, smoothing and splits to choose (default true)
//   log, smoothing   initial choices: false and 0
//
// It returns {update(series, marks, stages), replace(series, marks, stages), destroy()}. update appends points to the series that it
// knows by run, name, unit and split, and adds new series; marks and stages stay if they are not given.
//
// The pointer shows values and drags a range to zoom into; a double click resets. A focused panel knows the arrow keys, Home, End,
// + and − (zoom at the cursor) and Escape (reset).
"use strict";
window.gaetrain = window.gaetrain || {};
(() => {
  const {make, drawn} = gaetrain, hues = 8, shownInLegend = 6, height = 220, strokes = {train: [], validation: [2, 3], test: [7, 3]};

  gaetrain.curves = (element, options = {}) => new Curves(element, options).handle();

  // format writes a value with four significant digits.
  gaetrain.format = (v) => {
    if (v === null || v === undefined || !Number.isFinite(v)) return "–";
    const size = Math.abs(v);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return v.toExponential(2).replace("-", "−");
    const digits = size === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
    return v.toFixed(Number.isInteger(v) ? 0 : digits).replace("-", "−");
  };

  // smooth returns the exponential moving average of values, corrected for its start at 0. Gaps stay gaps.
  gaetrain.smooth = (values, factor) => {
    let average = 0, weight = 0;
    return values.map((v) => {
      if (v === null || v === undefined) return v;
      average = factor * average + (1 - factor) * v;
      weight = factor * weight + (1 - factor);
      return average / weight;
    });
  };

  const keyOf = (s) => JSON.stringify([s.run || "", s.name, s.unit || "", s.split || ""]);

  class Curves {
    constructor(element, options) {
      this.element = element;
      this.options = Object.assign({xLabel: "epoch", controls: true, log: false, smoothing: 0}, options);
      this.log = this.options.log;
      this.smoothing = this.options.smoothing;
      this.hidden = new Set(); // splits
      this.zoom = null; // [from, to]
      this.panels = new Map();
      this.sync = uPlot.sync("curves-" + (Curves.count = (Curves.count || 0) + 1));
      this.toolbar = make("div", {className: "curves-bar"});
      this.grid = make("div", {className: "curves-grid"});
      element.classList.add("curves");
      element.replaceChildren(this.toolbar, this.grid);
      if (this.options.controls) this.addControls();
      this.toolbar.append(this.reset = make("button", {type: "button", hidden: true, onclick: () => this.setZoom(null)}, "Reset zoom"));
      this.repaint = () => { this.colours = null; this.panels.forEach((p) => p.plot.redraw(false)); };
      this.media = ["(prefers-color-scheme: dark)", "print"].map((q) => matchMedia(q));
      this.media.forEach((m) => m.addEventListener("change", this.repaint));
      this.observer = new ResizeObserver(() => this.panels.forEach((p) => p.resize()));
      this.observer.observe(this.grid);
      this.replace(this.options.series || [], this.options.marks, this.options.stages);
    }

    handle() {
      return {
        update: (series, marks, stages) => this.update(series, marks, stages),
        replace: (series, marks, stages) => this.replace(series, marks, stages),
        destroy: () => this.destroy(),
      };
    }

    destroy() {
      this.observer.disconnect();
      this.media.forEach((m) => m.removeEventListener("change", this.repaint));
      this.panels.forEach((p) => p.plot.destroy());
      this.element.replaceChildren();
    }

    addControls() {
      const value = make("output", {}, String(this.smoothing));
      this.toolbar.append(
        make("label", {}, make("input", {type: "checkbox", checked: this.log, onchange: (e) => {
          this.log = e.target.checked;
          this.panels.forEach((p) => p.build());
        }}), " log scale"),
        make("label", {title: "Exponential moving average. The line without smoothing stays pale."}, "smoothing ",
          make("input", {type: "range", min: 0, max: 0.98, step: 0.02, value: this.smoothing, oninput: (e) => {
            this.smoothing = Number(e.target.value);
            value.textContent = this.smoothing.toFixed(2).replace(/\.?0+$/, "") || "0";
            this.panels.forEach((p) => p.refresh());
          }}), " ", value),
        this.splits = make("span", {className: "curves-splits"}));
    }

    // replace shows other series. Panels whose set of series stays are not built again.
    replace(series, marks = [], stages = []) {
      this.marks = marks || [];
      this.stages = stages || [];
      this.series = new Map();
      series.forEach((s) => this.put(s));
      this.arrange();
    }

    update(series, marks = this.marks, stages = this.stages) {
      this.marks = marks;
      this.stages = stages;
      series.forEach((s) => this.put(s));
      this.arrange();
    }

    // put adds a series or the later points of one.
    put(s) {
      const key = keyOf(s), known = this.series.get(key);
      if (!known) {
        this.series.set(key, {...s, key, epochs: [...s.epochs], values: [...s.values]});
        return;
      }
      if (s.colour) known.colour = s.colour;
      s.epochs.forEach((x, i) => {
        while (known.epochs.length && known.epochs[known.epochs.length - 1] >= x) {
          known.epochs.pop(); // a resumed run repeats epochs
          known.values.pop();
        }
        known.epochs.push(x);
        known.values.push(s.values[i]);
      });
    }

    // arrange distributes the series to panels.
    arrange() {
      const groups = new Map();
      for (const s of this.series.values()) {
        const key = JSON.stringify([s.name, s.unit || ""]);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(s);
      }
      this.runs = [...new Set([...this.series.values()].map((s) => s.run || ""))];
      this.updateSplits();
      for (const [key, panel] of this.panels) {
        if (groups.has(key)) continue;
        panel.destroy();
        this.panels.delete(key);
      }
      for (const [key, list] of groups) {
        if (!this.panels.has(key)) this.panels.set(key, new Panel(this, list[0]));
        this.panels.get(key).show(list);
      }
      const order = [...groups.keys()].map((k) => this.panels.get(k).box);
      if (order.some((box, i) => this.grid.children[i] !== box)) this.grid.replaceChildren(...order);
      this.panels.forEach((p) => p.resize());
    }

    updateSplits() {
      if (!this.splits) return;
      const splits = [...new Set([...this.series.values()].map((s) => s.split || ""))].filter(Boolean);
      if (splits.join() === this.shownSplits) return;
      this.shownSplits = splits.join();
      this.splits.replaceChildren(...splits.map((split) => make("label", {},
        make("input", {type: "checkbox", checked: !this.hidden.has(split), onchange: (e) => {
          if (e.target.checked) this.hidden.delete(split); else this.hidden.add(split);
          this.panels.forEach((p) => p.refresh());
        }}), " ", sample(strokes[split]), " " + split)));
    }

    setZoom(range) {
      this.zoom = range;
      this.reset.hidden = !range;
      this.panels.forEach((p) => p.rescale());
    }

    // colour returns a colour of the style sheet. Canvases need its value.
    colour(name) {
      this.colours = this.colours || {style: getComputedStyle(this.element)};
      return this.colours[name] = this.colours[name] || this.colours.style.getPropertyValue("--" + name).trim() || "#777";
    }

    hueOf(s) {
      const split = {train: 1, validation: 3, test: 2}[s.split] || 4;
      return (s.colour || (this.runs.length > 1 ? this.runs.indexOf(s.run || "") % hues + 1 : split));
    }
  }

  // sample draws the stroke of a split.
  const sample = (dashes, hue) => {
    const line = drawn("line", {x1: 0, x2: 26, y1: 4, y2: 4, "stroke-width": 2, "stroke-dasharray": (dashes || []).join(" ")});
    line.style.stroke = hue ? `var(--hue${hue})` : "var(--muted)";
    return drawn("svg", {width: 26, height: 8, "aria-hidden": "true", class: "curves-sample"}, line);
  };

  // Panel is the plot of one figure.
  class Panel {
    constructor(curves, first) {
      this.curves = curves;
      this.name = first.name;
      this.title = make("h3", {}, first.name, first.unit ? make("span", {className: "unit"}, " " + first.unit) : "");
      this.legend = make("ul", {className: "curves-legend"});
      this.note = make("p", {className: "curves-note", hidden: true});
      this.canvas = make("div", {className: "curves-plot", tabIndex: 0, role: "group", onkeydown: (e) => this.key(e)});
      this.canvas.setAttribute("aria-label", `${first.name}: curve. Arrow keys move the cursor, + and − zoom, Escape resets.`);
      this.box = make("section", {className: "curves-panel"}, this.title, this.legend, this.canvas, this.note);
    }

    destroy() {
      this.plot.destroy();
      this.box.remove();
    }

    // show takes the series of the panel and builds the plot again only if other series are in it.
    show(list) {
      const identity = JSON.stringify(list.map((s) => [s.key, this.curves.hueOf(s)]));
      this.list = list;
      if (identity !== this.identity) {
        this.identity = identity;
        this.build();
      } else this.refresh();
    }

    // align returns the columns of the plot: places, then the raw and the smoothed values of each series. A place that a series
    // does not have is undefined, so its line passes; a value that is not finite is null, so its line has a gap.
    align() {
      const {stages, smoothing} = this.curves, breaks = stages.slice(1).map((s) => s.from - 0.5), {xs, at} = this.places(breaks);
      const columns = [xs];
      this.dropped = 0;
      for (const s of this.list) {
        const raw = new Array(xs.length);
        breaks.forEach((x) => { raw[at(x)] = null; });
        s.epochs.forEach((x, i) => {
          const v = s.values[i], finite = typeof v === "number" && Number.isFinite(v);
          if (finite && v <= 0 && this.logarithmic) this.dropped++;
          raw[at(x)] = finite && !(this.logarithmic && v <= 0) ? v : null;
        });
        columns.push(raw, smoothing > 0 ? gaetrain.smooth(raw, smoothing) : raw);
      }
      return columns;
    }

    // places returns all places in order, and the index of each. Epochs mostly follow each other, which is fast.
    places(breaks) {
      let low = Infinity, high = -Infinity, most = 0, whole = !breaks.length;
      for (const {epochs} of this.list) {
        most = Math.max(most, epochs.length);
        low = Math.min(low, epochs[0]);
        high = Math.max(high, epochs[epochs.length - 1]);
        whole = whole && epochs.every(Number.isInteger);
      }
      if (whole && high - low < most) return {xs: Array.from({length: high - low + 1}, (_, i) => low + i), at: (x) => x - low};
      const xs = [...new Set([...this.list.flatMap((s) => s.epochs), ...breaks])].sort((a, b) => a - b), index = new Map(xs.map((x, i) => [x, i]));
      return {xs, at: (x) => index.get(x)};
    }

    build() {
      const positive = this.list.some((s) => s.values.some((v) => typeof v === "number" && Number.isFinite(v) && v > 0));
      this.logarithmic = this.curves.log && positive;
      if (this.plot) this.plot.destroy();
      this.plot = new uPlot(this.configuration(), this.align(), this.canvas);
      this.refresh();
    }

    configuration() {
      const c = this.curves, font = '12px "Liberation Sans", Arial, Helvetica, sans-serif';
      const axis = (more) => Object.assign({font, stroke: () => c.colour("muted"), grid: {stroke: () => c.colour("line"), width: 1},
        ticks: {stroke: () => c.colour("line"), width: 1, size: 4}}, more);
      const series = [{}];
      for (const s of this.list) {
        const hue = "hue" + c.hueOf(s), dash = strokes[s.split || "train"] || [9, 3, 2, 3], points = {show: false};
        series.push({stroke: () => c.colour(hue), alpha: 1, width: 1.75, dash, points}, {stroke: () => c.colour(hue), width: 2, dash, points});
      }
      return {
        width: Math.max(this.canvas.clientWidth, 160), height, series, legend: {show: false}, pxAlign: false,
        scales: {x: {time: false, range: (u, low, high) => this.range(low, high)}, y: {distr: this.logarithmic ? 3 : 1, range: (u, low, high) => this.spread(low, high)}},
        axes: [axis({space: 45, size: 24, label: c.options.xLabel, labelFont: font, labelSize: 16, labelGap: 0, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 1e5, 1e6]}),
          axis({space: 30, size: (u, values) => Math.max(44, 14 + 7 * Math.max(0, ...(values || []).map((v) => String(v || "").length))),
            splits: this.logarithmic ? (u, i, low, high) => powers(low, high) : undefined, filter: (u, splits) => splits,
            values: (u, splits) => splits.map(label)})],
        cursor: {y: false, points: {size: 7}, drag: {x: true, y: false, setScale: false},
          sync: {key: c.sync.key, setSeries: false, scales: ["x", null], filters: {pub: (type) => type === "mousemove" || type === "mouseleave"}},
          bind: {dblclick: () => () => c.setZoom(null)}},
        hooks: {setCursor: [(u) => this.showValues(u.cursor.idx, u.cursor.top)], setSelect: [(u) => this.select(u)], draw: [(u) => this.drawMarks(u)]},
      };
    }

    // range is the range of the horizontal axis: the chosen one, or all. A single place has half a unit at each side.
    range(low, high) {
      if (this.curves.zoom) return this.curves.zoom;
      if (low === null || high === null) return [0, 1];
      return low === high ? [low - 0.5, high + 0.5] : [low, high];
    }

    // spread is the range of the vertical axis: that of the values and a margin.
    spread(low, high) {
      if (low === null || high === null) return this.logarithmic ? [1, 10] : [0, 1];
      if (this.logarithmic) {
        const margin = Math.max(Math.pow(high / low, 0.05), 1.02);
        return [low / margin, high * margin];
      }
      const margin = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
      return [low >= 0 && low < margin && high > low ? 0 : low - margin, high + margin];
    }

    // refresh gives the plot its data.
    refresh() {
      const {smoothing, hidden} = this.curves, u = this.plot;
      u.batch(() => {
        this.list.forEach((s, i) => {
          const visible = !hidden.has(s.split || "");
          u.series[2 * i + 1].alpha = smoothing > 0 ? 0.3 : 1;
          if (u.series[2 * i + 1].show !== visible) u.setSeries(2 * i + 1, {show: visible});
          if (u.series[2 * i + 2].show !== (visible && smoothing > 0)) u.setSeries(2 * i + 2, {show: visible && smoothing > 0});
        });
        u.setData(this.align(), true);
      });
      const texts = [];
      if (this.curves.log && !this.logarithmic) texts.push("linear scale: no value is positive");
      if (this.dropped) texts.push(`${this.dropped} values are not positive and not shown on the log scale`);
      this.note.textContent = texts.join("; ");
      this.note.hidden = !texts.length;
      this.showValues(u.cursor.idx, u.cursor.top);
    }

    rescale() {
      const [low, high] = this.range(this.plot.data[0][0], this.plot.data[0][this.plot.data[0].length - 1]);
      this.plot.setScale("x", {min: low, max: high});
    }

    resize() {
      const width = this.canvas.clientWidth;
      if (width > 0 && Math.abs(width - this.plot.width) > 0.5) this.plot.setSize({width, height});
    }

    select(u) {
      if (u.select.width < 4) return;
      this.curves.setZoom([u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")]);
      u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    }

    // showValues writes the values at a place, or the last ones. Of many series, it lists those nearest to the cursor.
    showValues(index, top) {
      const {runs, hidden, smoothing} = this.curves, u = this.plot, hovering = index !== null && index !== undefined;
      let entries = [];
      this.list.forEach((s, i) => {
        if (hidden.has(s.split || "")) return;
        const column = u.data[2 * i + (smoothing > 0 ? 2 : 1)], place = hovering ? nearest(column, index) : last(column);
        const v = place === null ? null : column[place];
        entries.push({s, v, place, raw: place === null ? null : u.data[2 * i + 1][place], far: typeof v === "number" && top >= 0 ? Math.abs(u.valToPos(v, "y") - top) : Infinity});
      });
      const total = entries.length;
      if (total > shownInLegend) entries = hovering ? entries.sort((a, b) => a.far - b.far).slice(0, shownInLegend) : entries.slice(0, shownInLegend);
      const rows = entries.map(({s, v, raw}) => {
        const label = [runs.length > 1 ? s.run : "", s.split].filter(Boolean).join(" · ") || s.run || s.name;
        const value = gaetrain.format(v) + (smoothing > 0 && raw !== null && total <= 3 ? ` (raw ${gaetrain.format(raw)})` : "");
        return make("li", {}, sample(strokes[s.split || "train"], this.curves.hueOf(s)), make("span", {className: "curves-name", title: label}, label), " ", make("b", {}, value));
      });
      if (total > entries.length) rows.push(make("li", {className: "curves-more"}, `and ${total - entries.length} more`));
      const place = hovering ? index : entries.length && entries.every((e) => e.place === entries[0].place) ? entries[0].place : null;
      if (rows.length) rows.unshift(make("li", {className: "curves-at"}, place === null ? "latest" : `${this.curves.options.xLabel} ${gaetrain.format(u.data[0][place])}`));
      this.legend.replaceChildren(...rows);
    }

    drawMarks(u) {
      const {ctx, bbox} = u, c = this.curves, ratio = devicePixelRatio;
      ctx.save();
      ctx.font = `${11 * ratio}px "Liberation Sans", Arial, sans-serif`;
      ctx.fillStyle = ctx.strokeStyle = c.colour("muted");
      ctx.textBaseline = "top";
      const line = (x, text, dash, level) => {
        const at = u.valToPos(x, "x", true);
        if (!(at >= bbox.left && at <= bbox.left + bbox.width)) return;
        if (dash) {
          ctx.setLineDash(dash.map((d) => d * ratio));
          ctx.beginPath();
          ctx.moveTo(at, bbox.top);
          ctx.lineTo(at, bbox.top + bbox.height);
          ctx.stroke();
        }
        const left = at + ctx.measureText(text).width + 6 * ratio > bbox.left + bbox.width;
        ctx.textAlign = left ? "right" : "left";
        ctx.fillText(text, at + (left ? -4 : 4) * ratio, bbox.top + (2 + 14 * level) * ratio);
      };
      if (c.stages.length > 1) c.stages.forEach((s, i) => line(i ? s.from - 0.5 : Math.max(s.from, u.scales.x.min), s.name, i ? [] : null, 0));
      c.marks.forEach((m) => line(m.x, m.label || "", [4, 3], c.stages.length > 1 ? 1 : 0));
      ctx.restore();
    }

    // key moves the cursor, zooms and resets.
    key(event) {
      const u = this.plot, xs = u.data[0], index = u.cursor.idx ?? xs.length - 1;
      const {min, max} = u.scales.x;
      const to = (i) => {
        i = Math.min(Math.max(i, 0), xs.length - 1);
        u.setCursor({left: u.valToPos(xs[i], "x"), top: u.over.clientHeight / 2}, true, true);
      };
      const zoom = (factor) => {
        const width = (max - min) * factor, at = xs[index], from = at - (at - min) * factor;
        this.curves.setZoom(width >= xs[xs.length - 1] - xs[0] ? null : [from, from + width]);
      };
      const actions = {ArrowLeft: () => to(index - 1), ArrowRight: () => to(index + 1), Home: () => to(0), End: () => to(xs.length - 1),
        "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), Escape: () => this.curves.setZoom(null)};
      if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      actions[event.key]();
    }
  }

  // nearest returns the place of the value of a column that is nearest to a place, null outside the column's range.
  const nearest = (column, index) => {
    let before = index, after = index;
    while (before >= 0 && column[before] === undefined) before--;
    while (after < column.length && column[after] === undefined) after++;
    if (before < 0 || after === column.length) return null;
    return index - before <= after - index ? before : after;
  };

  const last = (column) => {
    for (let i = column.length - 1; i >= 0; i--) if (typeof column[i] === "number") return i;
    return null;
  };

  // label writes a value of an axis with as many digits as it needs.
  const label = (v) => {
    if (v === null) return "";
    const text = Math.abs(v) >= 1e5 || v !== 0 && Math.abs(v) < 1e-3 ? v.toExponential() : String(v);
    return text.replace("-", "−");
  };

  // powers returns the places of lines across a logarithmic axis: powers of ten, for a short axis also their multiples.
  const powers = (low, high) => {
    const decades = Math.log10(high / low), digits = decades > 4 ? [1] : decades > 1.3 ? [1, 2, 5] : decades > 0.5 ? [1, 2, 3, 4, 5, 7] : null;
    const places = [];
    if (!digits) {
      const rough = (high - low) / 5, unit = Math.pow(10, Math.floor(Math.log10(rough))), step = [1, 2, 5, 10].find((n) => n * unit >= rough) * unit;
      for (let i = Math.ceil(low / step); i * step <= high; i++) places.push(i * step);
    } else {
      const step = Math.ceil(decades / 8) || 1;
      for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
        if (digits.length > 1 || e % step === 0) digits.forEach((d) => places.push(d * Math.pow(10, e)));
      }
    }
    return places.map((v) => Number(v.toPrecision(8))).filter((v) => v >= low && v <= high);
  };
})();
