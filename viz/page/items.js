// gaetrain.items(spec) → Promise<Items> reads items of a page: images in a sheet of tiles, or rows of numbers.
//
// spec: {sheet: data URI, columns, width, height} or {lines: [[…], …]}
// Items: {count, images: true or false, ratio: width / height, draw(context, index, x, y, width, height, colour)}
// draw never smooths images. A row of numbers is a line in the colour, and all lines of a spec have the same vertical axis.
"use strict";
window.gaetrain = window.gaetrain || {};
(() => {
  gaetrain.items = async (spec) => {
    if (!spec.sheet) return lines(spec.lines || []);
    const sheet = new Image();
    sheet.src = spec.sheet;
    await sheet.decode();
    const {columns, width, height} = spec;
    return {
      images: true, ratio: width / height, width, height, count: columns * Math.floor(sheet.naturalHeight / height),
      draw(context, index, x, y, w, h) {
        context.imageSmoothingEnabled = false;
        context.drawImage(sheet, (index % columns) * width, Math.floor(index / columns) * height, width, height, x, y, w, h);
      },
    };
  };

  const lines = (list) => {
    let low = Infinity, high = -Infinity;
    for (const line of list) for (const v of line) if (v !== null) { low = Math.min(low, v); high = Math.max(high, v); }
    if (!(high > low)) { low -= 1; high += 1; }
    return {
      images: false, ratio: 2.4, count: list.length, low, high,
      draw(context, index, x, y, w, h, colour) {
        const line = list[index], step = w / Math.max(1, line.length - 1);
        context.strokeStyle = colour;
        context.lineWidth = 1.25;
        context.lineJoin = "round";
        context.beginPath();
        let pen = false;
        line.forEach((v, i) => {
          if (v === null) { pen = false; return; }
          const px = x + i * step, py = y + h * (1 - (v - low) / (high - low));
          if (pen) context.lineTo(px, py); else context.moveTo(px, py);
          pen = true;
        });
        context.stroke();
      },
    };
  };

  // gaetrain.colour returns the value of a colour of the style sheet, which canvases need.
  gaetrain.colour = (element, name) => getComputedStyle(element).getPropertyValue("--" + name).trim() || "#777";

  // gaetrain.canvas gives a canvas a size in CSS pixels, and returns its context, whose unit is such a pixel.
  gaetrain.canvas = (canvas, width, height) => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  };

  // gaetrain.redrawn calls draw when the width of an element or the colours change.
  gaetrain.redrawn = (element, draw) => {
    let width = 0;
    new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      draw();
    }).observe(element);
    for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
  };
})();
