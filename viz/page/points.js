// gaetrain.points(element, points, options) draws items as points of the plane, such as codes. A point shows its item when the
// pointer is over it or when the arrow keys reach it, and classes can be hidden.
//
// points: {places: [{name, xLabel, yLabel, note, x: […], y: […]}], classes: [names], labels: [class of each point] or null,
//          names: [of points], errors: [of points] or null, items: spec of gaetrain.items}
// options: {chosen(index)} is called for a point that is clicked, or chosen by Enter
"use strict";
(() => {
  const {make, drawn} = gaetrain, radius = 3.6, near = 14, margin = 16;

  gaetrain.points = async (element, points, options = {}) => {
    const items = await gaetrain.items(points.items), count = points.places[0].x.length, hidden = new Set();
    let places = points.places[0], current = -1, emphasised = -1, pictures = false, at = null, size = null;

    const canvas = make("canvas", {tabIndex: 0, role: "application"});
    canvas.setAttribute("aria-label", "Codes as points. Arrow keys move between points, Escape leaves them.");
    const card = make("div", {className: "points-card", hidden: true}), preview = make("canvas"), facts = make("div", {className: "points-facts"});
    card.append(preview, facts);
    const ring = make("div", {className: "points-ring", hidden: true});
    const plot = make("div", {className: "points-plot"}, canvas, ring, card);
    const axisX = make("p", {className: "points-x"}), axisY = make("p", {className: "points-y"}), note = make("p", {className: "points-note"});
    const bar = make("div", {className: "points-bar"}), legend = make("fieldset", {className: "points-legend"});
    const spoken = make("p", {className: "hidden"});
    spoken.setAttribute("aria-live", "polite");
    element.append(bar, make("div", {className: "points"}, make("div", {className: "points-frame"}, axisY, plot, axisX), legend), note, spoken);

    if (points.places.length > 1) {
      const choices = make("span", {role: "radiogroup"}, ...points.places.map((p, i) => make("label", {},
        make("input", {type: "radio", name: "places", checked: i === 0, onchange: () => { places = p; arrange(); }}), " " + p.name)));
      choices.setAttribute("aria-label", "arrangement");
      bar.append(choices);
    }
    if (items.images) bar.append(make("label", {}, make("input", {type: "checkbox", onchange: (e) => { pictures = e.target.checked; draw(); }}), " draw the images"));

    const labelOf = (i) => (points.labels ? points.labels[i] : 0);
    const visible = (i) => !hidden.has(labelOf(i));
    const fillLegend = () => {
      if (!points.labels || points.classes.length < 2) { legend.hidden = true; return; }
      const numbers = points.classes.map((_, c) => points.labels.filter((l) => l === c).length), boxes = [];
      const all = (on) => {
        points.classes.forEach((_, c) => (on ? hidden.delete(c) : hidden.add(c)));
        boxes.forEach((b) => { b.checked = on; });
        leave();
        draw();
      };
      const list = points.classes.map((name, c) => {
        const box = make("input", {type: "checkbox", checked: true, onchange: () => {
          if (box.checked) hidden.delete(c); else hidden.add(c);
          if (current >= 0 && !visible(current)) leave();
          draw();
        }});
        boxes.push(box);
        const label = make("label", {title: name, onpointerenter: () => emphasise(c), onpointerleave: () => emphasise(-1)},
          box, sample(c), make("span", {className: "points-name"}, name), make("span", {className: "points-count"}, String(numbers[c])));
        box.addEventListener("focus", () => emphasise(c));
        box.addEventListener("blur", () => emphasise(-1));
        return label;
      });
      legend.append(make("legend", {}, "classes"), ...list, make("div", {},
        make("button", {type: "button", onclick: () => all(true)}, "all"), " ", make("button", {type: "button", onclick: () => all(false)}, "none")));
    };
    const emphasise = (c) => {
      if (emphasised === c) return;
      emphasised = c;
      draw();
    };

    // arrange computes where the points are, in pixels, with the same scale for both axes if they are the same kind of number.
    const arrange = () => {
      const range = (values) => {
        let low = Infinity, high = -Infinity;
        for (const v of values) if (v !== null) { low = Math.min(low, v); high = Math.max(high, v); }
        return high > low ? [low, high] : [low - 1, high + 1];
      };
      const [x0, x1] = range(places.x), [y0, y1] = range(places.y);
      const w = size.width - 2 * margin, h = size.height - 2 * margin;
      at = Array.from({length: count}, (_, i) => [margin + w * (places.x[i] - x0) / (x1 - x0), margin + h * (1 - (places.y[i] - y0) / (y1 - y0))]);
      axisX.textContent = places.xLabel;
      axisY.textContent = places.yLabel;
      note.textContent = places.note;
      leave();
      draw();
    };

    const resize = () => {
      const width = Math.floor(plot.clientWidth);
      if (width <= 0) return;
      size = {width, height: Math.round(Math.min(560, Math.max(300, width * 0.68)))};
      arrange();
    };

    const draw = () => {
      if (!size) return;
      const context = gaetrain.canvas(canvas, size.width, size.height), colours = new Map();
      const colour = (c) => {
        if (!colours.has(c)) colours.set(c, gaetrain.colour(element, "hue" + gaetrain.hueOf(c)));
        return colours.get(c);
      };
      for (let i = 0; i < count; i++) {
        if (!visible(i)) continue;
        const [x, y] = at[i], c = labelOf(i);
        context.globalAlpha = emphasised >= 0 && emphasised !== c ? 0.12 : 0.85;
        if (pictures) {
          const w = 20 * Math.min(1, items.ratio), h = 20 / Math.max(1, items.ratio);
          items.draw(context, i, x - w / 2, y - h / 2, w, h);
          context.strokeStyle = colour(c);
          context.lineWidth = 1;
          context.strokeRect(x - w / 2, y - h / 2, w, h);
          continue;
        }
        context.fillStyle = colour(c);
        mark(context, c, x, y);
      }
      context.globalAlpha = 1;
    };

    // select shows the item of a point beside it.
    const select = (i) => {
      if (i === current) return;
      current = i;
      const [x, y] = at[i], high = items.images ? Math.max(1, Math.round(96 / items.height)) * items.height : 84, wide = high * items.ratio;
      const context = gaetrain.canvas(preview, wide, high);
      items.draw(context, i, 0, 0, wide, high, gaetrain.colour(element, "ink"));
      const lines = [points.names ? points.names[i] : "", points.errors && points.errors[i] !== null ? `error ${gaetrain.format(points.errors[i])}` : ""].filter(Boolean);
      facts.replaceChildren(...lines.map((line) => make("div", {}, line)));
      spoken.textContent = lines.join(", ");
      card.hidden = ring.hidden = false;
      ring.style.transform = `translate(${x}px, ${y}px)`;
      const left = x > size.width / 2 ? x - card.offsetWidth - 14 : x + 14, top = y - card.offsetHeight / 2;
      card.style.transform = `translate(${Math.max(0, Math.min(left, size.width - card.offsetWidth))}px, ${Math.max(0, Math.min(top, size.height - card.offsetHeight))}px)`;
    };
    const leave = () => {
      current = -1;
      card.hidden = ring.hidden = true;
    };

    const nearest = (x, y, limit, allowed = () => true) => {
      let best = -1, least = limit * limit;
      for (let i = 0; i < count; i++) {
        if (!visible(i) || !allowed(i)) continue;
        const d = (at[i][0] - x) ** 2 + (at[i][1] - y) ** 2;
        if (d < least) { least = d; best = i; }
      }
      return best;
    };
    const hover = (event) => {
      const i = nearest(event.offsetX, event.offsetY, near);
      if (i >= 0) select(i); else leave();
    };
    canvas.addEventListener("pointermove", hover);
    canvas.addEventListener("pointerdown", hover);
    canvas.addEventListener("pointerleave", leave);
    canvas.addEventListener("click", () => { if (current >= 0 && options.chosen) options.chosen(current); });

    // move goes to the nearest visible point in a direction, a quarter of the plane wide.
    const move = (dx, dy) => {
      if (current < 0) return start();
      const [x, y] = at[current];
      const i = nearest(x, y, Infinity, (j) => {
        const along = (at[j][0] - x) * dx + (at[j][1] - y) * dy, across = Math.abs((at[j][0] - x) * dy) + Math.abs((at[j][1] - y) * dx);
        return j !== current && along > 0 && across <= along;
      });
      if (i >= 0) select(i);
    };
    const start = () => {
      const i = nearest(size.width / 2, size.height / 2, Infinity);
      if (i >= 0) select(i);
    };
    canvas.addEventListener("keydown", (event) => {
      const actions = {ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0), ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1), Escape: leave,
        Enter: () => { if (current >= 0 && options.chosen) options.chosen(current); }};
      if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      actions[event.key]();
    });
    canvas.addEventListener("blur", leave);

    fillLegend();
    gaetrain.redrawn(plot, resize);
    resize();
    return {select, count};
  };

  // mark draws the mark of a class.
  const mark = (context, c, x, y) => {
    const corners = gaetrain.cornersOf(c, radius, x, y);
    context.beginPath();
    if (!corners.length) context.arc(x, y, radius, 0, 2 * Math.PI);
    corners.forEach((p, i) => (i ? context.lineTo(...p) : context.moveTo(...p)));
    context.fill();
  };

  // sample is the mark of a class in the legend.
  const sample = (c) => {
    const corners = gaetrain.cornersOf(c, 5);
    const node = corners.length ? drawn("polygon", {points: corners.join(" ")}) : drawn("circle", {r: 5});
    node.style.fill = `var(--hue${gaetrain.hueOf(c)})`;
    return drawn("svg", {width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true"}, node);
  };
})();
