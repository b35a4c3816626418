// Starts the parts of a report. A part that fails says so in its place, and the others go on.
"use strict";
(() => {
  const read = (id) => {
    const node = document.getElementById(id);
    return node ? JSON.parse(node.textContent) : {};
  };
  const start = async (element, make) => {
    if (!element) return null;
    try {
      return await make(element);
    } catch (error) {
      element.append(gaetrain.make("p", {className: "warning"}, `This part cannot be shown: ${error.message || error}`));
      console.error(error);
      return null;
    }
  };

  const data = read("data");
  const parts = [...document.querySelectorAll(".film")].map((element) => start(element, (e) => gaetrain.film(e, data.films[Number(e.dataset.film)])));
  parts.push(
    start(document.getElementById("curves"), (e) => gaetrain.curves(e, data.curves)),
    start(document.getElementById("points"), (e) => gaetrain.points(e, data.points)),
    start(document.getElementById("playground"), (e) => gaetrain.playground(e, read("explore-data"))));
  Promise.all(parts).then(() => { document.body.dataset.ready = "true"; }); // nothing moves any more
})();
