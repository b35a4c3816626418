// gaetrain.film(element, film) shows rows of items that change from epoch to epoch, with a slider and a button that plays them.
//
// film: {fixed: [names of rows], rows: [names of the rows of a frame], frames: [names], names: [of the items in a row], across,
//        items: spec of gaetrain.items: the fixed rows, then the rows of each frame}
"use strict";
(() => {
  const {make} = gaetrain, gap = 4, tile = 60, labelWidth = 112, pause = 450;

  gaetrain.film = async (element, film) => {
    const items = await gaetrain.items(film.items), still = element.querySelector(".still"), last = film.frames.length - 1;
    let frame = last, timer = 0, grid = null, under = null;

    const canvas = make("canvas", {role: "img"});
    const slider = make("input", {type: "range", min: 0, max: last, step: 1, value: last, oninput: () => { stop(); show(Number(slider.value)); }});
    slider.setAttribute("aria-label", "epoch");
    const at = make("output", {});
    const button = make("button", {type: "button", onclick: () => (timer ? stop() : play())}, "Play");
    const caption = make("p", {className: "film-caption"});
    caption.setAttribute("aria-live", "polite");
    const box = make("div", {className: "film-canvas"}, canvas);
    const live = make("div", {className: "live"});
    if (last > 0) live.append(make("div", {className: "film-bar"}, button, slider, at));
    live.append(box, caption);
    element.append(live);
    if (still) still.classList.add("printed");

    const stop = () => {
      clearInterval(timer);
      timer = 0;
      button.textContent = "Play";
    };
    const play = () => {
      if (frame === last) show(0);
      button.textContent = "Pause";
      timer = setInterval(() => (frame < last ? show(frame + 1) : stop()), pause);
    };
    const show = (to) => {
      frame = to;
      slider.value = String(to);
      at.textContent = film.frames[to];
      slider.setAttribute("aria-valuetext", film.frames[to]);
      canvas.setAttribute("aria-label", `${[...film.fixed, ...film.rows].join(", ")} after ${film.frames[to]}`);
      draw();
    };

    // rowsOf lists the rows of the present frame: their names and the index of their first item.
    const rowsOf = () => [
      ...film.fixed.map((name, i) => ({name, first: i * film.across})),
      ...film.rows.map((name, i) => ({name, first: (film.fixed.length + frame * film.rows.length + i) * film.across})),
    ];

    const draw = () => {
      const width = Math.floor(box.clientWidth);
      if (width > 0) grid = items.images ? drawImages(width) : drawLines(width);
    };

    // drawImages draws rows of images below each other, in as many bands as the width requires.
    const drawImages = (width) => {
      const rows = rowsOf(), scale = Math.max(1, Math.round(tile / Math.max(items.width, items.height)));
      const named = rows.some((r) => r.name), left = named && width >= 560 ? labelWidth : 0, lineAbove = named && !left ? 16 : 0;
      let w = items.width * scale, h = items.height * scale;
      if (w > width - left) { h *= (width - left) / w; w = width - left; }
      const fitting = Math.max(1, Math.floor((width - left + gap) / (w + gap)));
      const bands = Math.ceil(film.across / fitting), columns = Math.ceil(film.across / bands), rowHeight = h + gap + lineAbove;
      const bandHeight = rows.length * rowHeight + (bands > 1 ? 10 : 0);
      const context = gaetrain.canvas(canvas, Math.min(width, left + columns * (w + gap) - gap), bands * bandHeight - (bands > 1 ? 10 : 0) - gap);
      const ink = gaetrain.colour(element, "muted");
      for (let band = 0; band < bands; band++) {
        rows.forEach((row, r) => {
          const y = band * bandHeight + r * rowHeight;
          text(context, row.name, left ? 0 : 1, left ? y + h / 2 : y + 7, left ? labelWidth - 10 : width, ink);
          for (let column = 0; column < columns; column++) {
            const i = band * columns + column;
            if (i < film.across) items.draw(context, row.first + i, left + column * (w + gap), y + lineAbove, w, h);
          }
        });
      }
      return {left, w: w + gap, columns, bandHeight, bands};
    };

    // drawLines draws a panel for each item, with the lines of all rows in it. With several rows of a frame, such as classes,
    // there is a panel for each row, with all items in it.
    const drawLines = (width) => {
      const rows = rowsOf(), byRow = film.fixed.length === 0, panels = byRow ? film.rows.length : film.across;
      const columns = Math.max(1, Math.min(panels, Math.floor((width + 16) / 276))), w = (width + 16) / columns - 16, h = 84;
      const context = gaetrain.canvas(canvas, width, Math.ceil(panels / columns) * (h + 30));
      const ink = gaetrain.colour(element, "muted");
      for (let p = 0; p < panels; p++) {
        const x = (p % columns) * (w + 16), y = Math.floor(p / columns) * (h + 30);
        text(context, byRow ? rows[p].name : film.names ? film.names[p] : "", x, y + 8, w, ink);
        context.strokeStyle = gaetrain.colour(element, "line");
        context.strokeRect(x + 0.5, y + 18.5, w - 1, h - 1);
        for (let r = 0; r < (byRow ? film.across : rows.length); r++) {
          const index = byRow ? rows[p].first + r : rows[r].first + p;
          items.draw(context, index, x + 3, y + 21, w - 6, h - 6, gaetrain.colour(element, byRow ? "hue" + gaetrain.hueOf(r) : hueOf(r, rows.length)));
        }
      }
      if (!byRow && !under) legend(rows.map((r, i) => [r.name, hueOf(i, rows.length)]));
      return null;
    };

    const legend = (entries) => {
      under = make("p", {className: "film-legend"}, ...entries.map(([name, hue]) => {
        const mark = make("span", {className: "stroke"});
        mark.style.background = `var(--${hue})`;
        return make("span", {}, mark, " " + name + " ");
      }));
      live.append(under);
    };

    // point names the item under the pointer.
    canvas.addEventListener("pointermove", (event) => {
      if (!grid || !film.names) return;
      const column = Math.floor((event.offsetX - grid.left) / grid.w), band = Math.floor(event.offsetY / grid.bandHeight);
      const inside = column >= 0 && column < grid.columns && band >= 0 && band < grid.bands;
      caption.textContent = (inside && film.names[band * grid.columns + column]) || "";
    });
    canvas.addEventListener("pointerleave", () => { caption.textContent = ""; });

    gaetrain.redrawn(box, draw);
    show(last);
    window.addEventListener("beforeprint", () => { stop(); show(last); });
    return {show, frames: film.frames.length};
  };

  // hueOf is the colour of a row of lines: the last row, which changes, and the first one stand out from the others.
  const hueOf = (row, rows) => (row === rows - 1 ? "hue2" : row === 0 ? "muted" : "hue1");

  const text = (context, words, x, y, width, colour) => {
    if (!words) return;
    context.font = '12px "Liberation Sans", Arial, Helvetica, sans-serif';
    context.textBaseline = "middle";
    context.fillStyle = colour;
    let shown = words;
    while (shown.length > 1 && context.measureText(shown).width > width) shown = shown.slice(0, -2) + "…";
    context.fillText(shown, x, y);
  };
})();
