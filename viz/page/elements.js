// elements.js makes the elements of pages, and the marks of classes.
"use strict";
window.gaetrain = window.gaetrain || {};
(() => {
  // gaetrain.make returns an element with properties, attributes and children. Text is set as text, never as markup.
  gaetrain.make = (tag, properties = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key in node) node[key] = value; else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };

  // gaetrain.drawn is make for elements of SVG, which have only attributes.
  gaetrain.drawn = (tag, attributes = {}, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };

  const hues = 8;

  // gaetrain.hueOf returns the number of the hue of a class, from 1.
  gaetrain.hueOf = (c) => 1 + (c % hues);

  // shapes are the corners of a square, a triangle and a diamond. The shape with the number 0 is a disc.
  const shapes = [[], [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]], [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]], [[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]]];

  // gaetrain.cornersOf returns the corners of the mark of a class, around a place; none for a disc. Classes differ in the shape
  // as well as the hue, so that readers need not see colours.
  gaetrain.cornersOf = (c, radius, x = 0, y = 0) => shapes[(Math.floor(c / hues) + c) % shapes.length].map(([u, v]) => [x + radius * u, y + radius * v]);
})();
