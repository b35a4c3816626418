// The page of gaetrain watch: a list of runs that changes as they train, and the curves, pictures and settings of the chosen ones.
// Names come from outside, so they are only ever set as text.
"use strict";
(() => {
  const {make, format} = gaetrain;
  const find = (id) => document.getElementById(id);
  const mostChosen = 16, mostRows = 500, hues = 8;
  const runs = new Map(); // by id: {row, details, text, line, data, pictures}
  const view = {chosen: [], filter: "", sort: "updated", down: true, kind: "", epoch: null}; // epoch null: the latest
  let curves = null, drawn = "", stale = true;

  // Words for numbers.
  const duration = (s) => {
    if (s === null || s === undefined) return "";
    if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
    const minutes = Math.floor(s / 60);
    if (minutes < 60) return `${minutes} min ${Math.round(s % 60)} s`;
    return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
  };
  const ago = (time) => {
    const s = Math.max(0, (Date.now() - time) / 1000);
    if (!time) return "";
    if (s < 60) return "just now";
    if (s < 86400) return s < 3600 ? `${Math.floor(s / 60)} min ago` : `${Math.floor(s / 3600)} h ago`;
    return new Date(time).toISOString().slice(0, 10);
  };
  const active = (row) => row.state === "running" || row.state === "waiting";
  const order = ["running", "waiting", "dead", "failed", "diverged", "stopped", "done"];

  // Columns of the list. value sorts, text is shown.
  const columns = [
    {name: "run", value: (r) => r.row.name, text: (r) => r.row.name},
    {name: "state", value: (r) => order.indexOf(r.row.state), text: (r) => r.row.state},
    {name: "epoch", number: true, value: (r) => r.row.epoch, text: (r) => `${r.row.epoch}/${r.row.epochs}`},
    {name: "loss", number: true, title: "Loss on the validation set, or on the test set if there is none, after the last epoch", value: (r) => r.row.loss, text: (r) => r.row.loss === null ? "" : format(r.row.loss)},
    {name: "best", number: true, title: "Lowest loss of the same split in this stage. For a GAN, it is the lowest distance of samples.", value: (r) => r.row.best, text: (r) => r.row.best === null ? "" : `${format(r.row.best)} at ${r.row.best_epoch}`},
    {name: "mse", number: true, title: "Squared error per pixel of the same split after the last epoch", value: (r) => r.row.mse, text: (r) => r.row.mse === null ? "" : format(r.row.mse)},
    {name: "left", number: true, title: "Estimated time until the run has finished all epochs", value: (r) => r.row.left, text: (r) => r.row.left === null ? "" : duration(r.row.left)},
    {name: "model", value: (r) => r.details.model || "", text: (r) => r.details.model || ""},
    {name: "data set", value: (r) => r.details.dataset || "", text: (r) => r.details.dataset || ""},
    {name: "time", number: true, title: "Time of training and evaluation", value: (r) => r.row.seconds, text: (r) => r.row.seconds ? duration(r.row.seconds) : ""},
    {name: "images/s", number: true, title: "Images per second in the last epoch of training", value: (r) => r.row.rate, text: (r) => r.row.rate ? Math.round(r.row.rate).toLocaleString("en") : ""},
    {name: "updated", number: true, value: (r) => r.row.updated, text: (r) => ago(r.row.updated)},
  ];

  // --- the list ---

  const heads = columns.map((c) => {
    const button = make("button", {type: "button", className: "sort", onclick: () => {
      view.down = view.sort === c.name ? !view.down : Boolean(c.number);
      view.sort = c.name;
      changed(true);
    }}, c.name);
    if (c.title) button.title = c.title;
    return make("th", {scope: "col"}, button);
  });
  find("columns").append(make("th", {scope: "col"}, make("span", {className: "hidden"}, "chosen")), ...heads);

  // newLine returns the line of a run in the list.
  const newLine = (id) => {
    const box = make("input", {type: "checkbox", onchange: () => choose(id, box.checked)});
    const cells = columns.map((c, i) => make(i ? "td" : "th", i ? {className: c.number ? "number" : ""} : {scope: "row"}));
    const swatch = make("span", {className: "swatch"});
    const tr = make("tr", {}, make("td", {className: "choice"}, make("label", {}, box, swatch)), ...cells);
    return {tr, box, cells, swatch, shown: []};
  };

  // fill writes what has changed of a line.
  const fill = (run) => {
    const {line, row} = run, hue = hueOf(row.id), chosen = hue > 0;
    columns.forEach((c, i) => {
      const text = c.text(run), extra = i === 0 ? [row.report, row.message, row.problem].join("\n") : "";
      if (line.shown[i] === text + extra) return;
      line.shown[i] = text + extra;
      if (c.name === "run") fillName(line.cells[i], row);
      else if (c.name === "state") line.cells[i].replaceChildren(make("span", {className: "state state-" + (order.includes(text) ? text : "unknown")}, text));
      else line.cells[i].textContent = text;
    });
    line.box.setAttribute("aria-label", "show " + row.name);
    if (line.box.checked !== chosen) line.box.checked = chosen;
    line.swatch.className = "swatch" + (chosen && view.chosen.length > 1 ? " hue" + hue : "");
  };

  const fillName = (cell, row) => {
    const name = row.report ? make("a", {href: `run/${row.id}/report.html`, title: "open the report"}, row.name) : make("span", {}, row.name);
    cell.replaceChildren(name);
    for (const text of [row.message, row.problem]) if (text) cell.append(make("span", {className: "message"}, text));
  };

  // matches reports whether a run has all words of the filter.
  const matches = (run, words) => words.every((w) => run.text.includes(w) || run.row.state === w);

  const showList = () => {
    const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const column = columns.find((c) => c.name === view.sort) || columns[columns.length - 1];
    const missing = (v) => v === null || v === undefined || v === "";
    const found = [...runs.values()].filter((r) => matches(r, words)).sort((a, b) => {
      const x = column.value(a), y = column.value(b);
      if (missing(x) !== missing(y)) return missing(x) ? 1 : -1;
      const by = x < y ? -1 : x > y ? 1 : 0;
      return (view.down ? -by : by) || (a.row.name < b.row.name ? -1 : 1);
    });
    const shown = found.slice(0, mostRows), list = find("list");
    shown.forEach((run) => {
      run.line = run.line || newLine(run.row.id);
      fill(run);
    });
    if (list.children.length !== shown.length || shown.some((run, i) => list.children[i] !== run.line.tr)) list.replaceChildren(...shown.map((run) => run.line.tr));
    heads.forEach((th, i) => th.setAttribute("aria-sort", columns[i] !== column ? "none" : view.down ? "descending" : "ascending"));
    find("found").textContent = [words.length ? `${found.length} of ${runs.size} runs` : "", found.length > mostRows ? `the first ${mostRows} are shown` : "",
      view.chosen.length ? `${view.chosen.length} chosen` : ""].filter(Boolean).join(", ");
    find("clear").hidden = !view.chosen.length;
    showCounts();
  };

  const showCounts = () => {
    const counts = new Map();
    runs.forEach(({row}) => counts.set(row.state, (counts.get(row.state) || 0) + 1));
    const parts = order.filter((s) => counts.has(s)).map((s) => `${counts.get(s)} ${s}`);
    find("counts").textContent = runs.size ? `${runs.size} run${runs.size === 1 ? "" : "s"}: ${parts.join(", ")}` : "There are no runs yet. 'gaetrain train' makes one, and it appears here.";
  };

  // --- what is chosen ---

  const hueOf = (id) => view.chosen.includes(id) ? view.chosen.indexOf(id) % hues + 1 : 0;

  const choose = (id, on) => {
    if (on && view.chosen.length >= mostChosen) {
      find("found").textContent = `At most ${mostChosen} runs can be chosen.`;
      runs.get(id).line.box.checked = false;
      return;
    }
    view.chosen = view.chosen.filter((other) => other !== id);
    if (on) view.chosen.push(id);
    changed(true);
  };

  const chosenRuns = () => view.chosen.map((id) => runs.get(id)).filter(Boolean);

  // --- curves ---

  const firstFigures = ["loss", "reconstruction", "classification"];

  // drawSoon draws the records that several runs get at nearly the same time at once.
  const waiting = {points: [], all: false, timer: 0};
  const drawSoon = () => {
    waiting.timer = waiting.timer || setTimeout(() => {
      const points = waiting.all ? null : waiting.points;
      Object.assign(waiting, {points: [], all: false, timer: 0});
      showCurves(points);
    }, 50);
  };

  // load reads the records of a run that the page does not have.
  const load = async (run) => {
    if (run.loading) return;
    run.loading = true;
    try {
      for (let more = true; more && view.chosen.includes(run.row.id);) {
        const loaded = run.row.records;
        const answer = await fetch(`run/${run.row.id}/records?from=${run.data ? run.data.next : ""}`);
        if (!answer.ok) break;
        const records = await answer.json();
        if (!run.data || records.reset) run.data = {series: new Map(), stages: [], before: 0, epoch: 0};
        run.data.loaded = loaded;
        run.data.next = records.next;
        const points = addRecords(run, records);
        more = records.more || run.row.records !== loaded;
        if (records.reset) waiting.all = true; else waiting.points.push(...points);
        drawSoon();
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the server has ended; the next event asks again
    } finally {
      run.loading = false;
    }
  };

  // addRecords adds records to the series of a run, and returns the new points.
  const addRecords = (run, records) => {
    const data = run.data, added = new Map();
    for (const [stage, epoch, split, ...values] of records.rows) {
      const name = records.stages[stage] || "";
      if (!data.stages.length || data.stages[data.stages.length - 1].name !== name) {
        data.before += data.epoch;
        data.stages.push({name, from: data.before + 1});
      }
      data.epoch = epoch;
      values.forEach((value, i) => {
        if (value === null || value === undefined) return;
        const key = records.figures[i] + "\n" + records.splits[split];
        for (const into of [data.series, added]) {
          if (!into.has(key)) into.set(key, newSeries(run, name, records.figures[i], records.splits[split]));
          const s = into.get(key);
          s.epochs.push(data.before + epoch);
          s.values.push(value);
        }
      });
    }
    return [...added.values()];
  };

  const newSeries = (run, stage, figure, split) => {
    const units = ((run.details.stages || []).find((s) => s.name === stage) || {}).units || {};
    return {run: run.row.name, id: run.row.id, name: figure.replaceAll("_", " "), unit: units[figure] || "", split, epochs: [], values: []};
  };

  // bestMark marks the best epoch of a run with a validation set.
  const bestMark = ({row, data}) => {
    const stage = data.stages[data.stages.length - 1];
    return row.split === "validation" && row.best_epoch && stage ? [{x: stage.from - 1 + row.best_epoch, label: `best epoch ${row.best_epoch}`}] : [];
  };

  // showCurves draws the series of the chosen runs, or only adds points if the same runs are shown.
  const showCurves = (points) => {
    const chosen = chosenRuns().filter((r) => r.data), several = view.chosen.length > 1;
    const colour = (s) => Object.assign(s, {colour: several ? hueOf(s.id) : undefined});
    const now = view.chosen.join(), only = several ? null : chosen[0], stages = only ? only.data.stages : [], marks = only ? bestMark(only) : [];
    if (curves && points && drawn === now) {
      curves.update(points.filter((s) => hueOf(s.id)).map(colour), marks, stages);
      return;
    }
    const rank = (s) => (firstFigures.indexOf(s.name) + 1) || firstFigures.length + 1;
    const all = chosen.flatMap((r) => [...r.data.series.values()]).sort((a, b) => rank(a) - rank(b)).map(colour);
    drawn = now;
    if (curves) curves.replace(all, marks, stages); else curves = gaetrain.curves(find("curves"), {series: all, marks, stages});
  };

  // --- pictures ---

  const loadPictures = async (run) => {
    if (run.listed === run.row.pictures) return;
    run.listed = run.row.pictures;
    try {
      const answer = await fetch(`run/${run.row.id}/pictures`);
      if (answer.ok) run.pictures = (await answer.json()).kinds;
    } catch (error) {
      run.listed = undefined;
    }
    if (view.chosen.includes(run.row.id)) showPictures();
  };

  const showPictures = () => {
    const chosen = chosenRuns(), kinds = [...new Set(chosen.flatMap((r) => (r.pictures || []).map((k) => k.name)))].sort((a, b) => a.localeCompare(b, "en", {numeric: true}));
    find("pictures-section").hidden = !kinds.length;
    if (!kinds.length) return;
    const kind = kinds.includes(view.kind) ? view.kind : kinds.findLast((k) => k.startsWith("reconstructions")) || kinds[0], select = find("kind");
    if (select.dataset.kinds !== kinds.join()) {
      select.dataset.kinds = kinds.join();
      select.replaceChildren(...kinds.map((k) => make("option", {value: k}, k)));
    }
    select.value = kind;
    const of = (run) => (run.pictures || []).find((k) => k.name === kind);
    const epochs = [...new Set(chosen.flatMap((r) => (of(r) || {epochs: []}).epochs))].sort((a, b) => a - b), slider = find("epoch");
    slider.max = epochs.length - 1;
    const last = view.epoch === null ? epochs.length - 1 : Math.max(0, epochs.findLastIndex((e) => e <= view.epoch));
    slider.value = last;
    slider.epochs = epochs;
    find("epoch-text").textContent = view.epoch === null ? `${epochs[last]} (latest)` : String(epochs[last]);
    const figures = chosen.map((run) => showPicture(run, of(run), epochs[last], kind)).filter(Boolean), grid = find("pictures");
    if (figures.length !== grid.children.length || figures.some((f, i) => grid.children[i] !== f)) grid.replaceChildren(...figures);
  };

  // showPicture shows the picture of a run after an epoch, or the last one before it.
  const showPicture = (run, kind, epoch, name) => {
    if (!kind) return null;
    const i = kind.epochs.findLastIndex((e) => e <= epoch);
    if (i < 0) return null;
    if (!run.figure) {
      run.image = make("img", {decoding: "async"});
      run.caption = make("figcaption");
      run.figure = make("figure", {}, make("div", {className: "sheet"}, run.image), run.caption);
    }
    const source = `run/${run.row.id}/pictures/${kind.files[i]}?changed=${i === kind.epochs.length - 1 ? run.listed : 0}`;
    if (run.image.getAttribute("src") !== source) run.image.src = source;
    const caption = `${run.row.name}, epoch ${kind.epochs[i]}`;
    run.caption.replaceChildren(make("span", {className: "swatch" + (view.chosen.length > 1 ? " hue" + hueOf(run.row.id) : "")}), caption);
    run.image.alt = `${name} of ${caption}`;
    return run.figure;
  };

  // --- settings ---

  const showSettings = () => {
    const chosen = chosenRuns().filter((r) => r.details.settings), table = find("settings"), note = find("settings-note");
    find("settings-section").hidden = chosen.length < 2;
    if (chosen.length < 2) return;
    const names = [...new Set(chosen.flatMap((r) => Object.keys(r.details.settings)))].sort();
    const values = (name) => chosen.map((r) => name in r.details.settings ? r.details.settings[name] || "none" : "–");
    const differ = names.filter((name) => new Set(values(name)).size > 1);
    note.hidden = differ.length > 0;
    note.textContent = "The chosen runs have the same settings.";
    table.parentElement.hidden = !differ.length;
    const head = chosen.map((r) => make("th", {scope: "col"}, make("span", {className: "swatch hue" + hueOf(r.row.id)}), r.row.name));
    table.replaceChildren(make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "setting"), ...head)),
      make("tbody", {}, ...differ.map((name) => make("tr", {}, make("th", {scope: "row"}, name), ...values(name).map((v) => make("td", {className: "value"}, v))))));
  };

  // --- everything ---

  // changed shows the page again. If the choice has changed, the address keeps it.
  const changed = (choice) => {
    showList();
    const chosen = chosenRuns();
    find("curves-section").hidden = !chosen.length;
    if (choice) {
      keep();
      showCurves(null);
      showPictures();
      showSettings();
    }
    chosen.forEach((run) => {
      if (!run.data || run.data.loaded !== run.row.records) load(run);
      loadPictures(run);
    });
  };

  const keep = () => {
    const hash = new URLSearchParams();
    if (view.chosen.length) hash.set("runs", view.chosen.join());
    if (view.filter) hash.set("filter", view.filter);
    if (view.sort !== "updated" || !view.down) hash.set("sort", (view.down ? "-" : "") + view.sort);
    if (view.kind) hash.set("kind", view.kind);
    history.replaceState(null, "", "#" + hash);
  };

  const restore = () => {
    const hash = new URLSearchParams(location.hash.slice(1)), sort = hash.get("sort") || "-updated";
    view.chosen = (hash.get("runs") || "").split(",").filter((id) => /^[0-9a-f]{12}$/.test(id)).slice(0, mostChosen);
    view.filter = hash.get("filter") || "";
    view.down = sort.startsWith("-");
    view.sort = sort.replace(/^-/, "");
    view.kind = hash.get("kind") || "";
    find("filter").value = view.filter;
  };

  // take adds an update of the server.
  const take = (update) => {
    if (update.folder) {
      find("folder").textContent = update.folder;
      document.title = `${update.folder} – gaetrain watch`;
    }
    if (update.notice !== undefined) {
      find("notice").textContent = update.notice;
      find("notice").hidden = !update.notice;
    }
    let settings = false, choice = false;
    for (const row of update.rows) {
      const run = runs.get(row.id) || {details: {}};
      run.row = row;
      if (update.details && update.details[row.id]) {
        run.details = update.details[row.id];
        settings = settings || view.chosen.includes(row.id);
      }
      const words = Object.entries(run.details.settings || {}).map(([name, value]) => `${name}=${value}`);
      run.text = [row.name, row.state, run.details.model, run.details.dataset, ...words].join("\n").toLowerCase();
      runs.set(row.id, run);
    }
    if (update.all) {
      const present = new Set(update.ids || []);
      for (const id of runs.keys()) if (!present.has(id)) runs.delete(id);
      const before = view.chosen.length;
      if (!stale) view.chosen = view.chosen.filter((id) => runs.has(id));
      choice = view.chosen.length !== before;
    }
    if (stale && runs.size) { // the first update with runs
      stale = false;
      view.chosen = view.chosen.filter((id) => runs.has(id));
      if (!view.chosen.length) {
        const latest = [...runs.values()].sort((a, b) => active(b.row) - active(a.row) || b.row.updated - a.row.updated || (a.row.name < b.row.name ? -1 : 1))[0];
        view.chosen = [latest.row.id];
      }
      choice = true;
    }
    changed(choice);
    if (settings && !choice) showSettings();
  };

  // listen receives updates while the page is visible. A browser opens only six connections to a server, so hidden pages have none.
  let source = null;
  const listen = () => {
    if (document.hidden) {
      if (source) source.close();
      source = null;
      return;
    }
    if (source) return;
    source = new EventSource("events");
    source.onopen = () => { find("link").textContent = "· live"; };
    source.onerror = () => {
      find("link").textContent = "· no connection to gaetrain watch, trying again";
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(listen, 2000);
      }
    };
    source.onmessage = (event) => {
      const start = performance.now();
      take(JSON.parse(event.data));
      requestAnimationFrame(() => setTimeout(() => {
        performance.clearMeasures("update"); // only the last one is kept
        performance.measure("update", {start, end: performance.now()});
      }));
    };
  };

  find("filter").addEventListener("input", (e) => {
    view.filter = e.target.value;
    keep();
    showList();
  });
  find("clear").addEventListener("click", () => {
    view.chosen = [];
    changed(true);
  });
  find("kind").addEventListener("change", (e) => {
    view.kind = e.target.value;
    view.epoch = null;
    keep();
    showPictures();
  });
  find("epoch").addEventListener("input", (e) => {
    const i = Number(e.target.value), {epochs} = e.target;
    view.epoch = i === epochs.length - 1 ? null : epochs[i];
    showPictures();
  });
  addEventListener("hashchange", () => {
    restore();
    changed(true);
  });
  document.addEventListener("visibilitychange", listen);
  setInterval(() => { if (!document.hidden) showList(); }, 10000); // the time since the last change
  restore();
  listen();
})();
