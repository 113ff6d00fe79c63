"use strict";
// The curves: the form's choice becomes the data of one chart a panel, a sentence, and a table.
(() => {
  const { facts, element, chosen, number, signed, fill, right, swatch } = explorer;
  const form = document.getElementById("curve-choice");
  const methods = new Map(facts.methods.map((m) => [m.name, m]));
  const { seed: SEED, context: CONTEXT, level: LEVEL, frame: FRAME, lines: LINES, whiskers: WHISKERS } = facts.roles;
  const OURS = facts.ours;
  let shown = [];
  let turn = 0;

  function choice() {
    const one = (name) => chosen(form, name)[0];
    return {
      cut: one("cut"), seed: one("seed"), rate: one("rate"), metric: facts.metrics.find((m) => m.name === one("metric")),
      methods: chosen(form, "method"), codecs: chosen(form, "codec"),
      log: chosen(form, "log").length > 0, published: chosen(form, "published").length > 0,
      ours: chosen(form, "ours").length > 0,
    };
  }

  const withRole = (points, role) =>
    points.map((p) => ({ ...p, role, line: [p.source, p.method, p.seed, p.ladder].join(" ") }));

  /** Return a point's interval as the chart draws it and as it is read. */
  function interval(ends, digits) {
    const [low, high] = ends || [null, null];
    return { low, high, between: low === null ? "\u2013" : `${number(low, digits)} to ${number(high, digits)}` };
  }

  /** Return the points of all panels: of one seed, or the means with every seed thinly behind them; and the levels. */
  function rows(now) {
    const known = facts.points
      .map((p) => ({
        ...p, label: methods.get(p.method).label, rate: p[now.rate], value: p[now.metric.name],
        ...interval(p.between[now.metric.name], now.metric.digits),
      }))
      .filter((p) => p.cut === now.cut && p.value !== null);
    const own = known.filter((p) => now.ours && p.source === OURS && now.methods.includes(p.method));
    const ours = own.filter((p) => p.rate !== null && now.codecs.includes(p.codec));
    const published = known.filter((p) => now.published && p.source === facts.published && p.rate !== null);
    const levels = own.filter((p) => p.codec === facts.uncoded && p.quality === facts.float && p.seed === now.seed);
    const single = now.seed === facts.mean ? ours.filter((p) => p.seed !== facts.mean) : [];
    return [...withRole(single, SEED), ...withRole(ours.filter((p) => p.seed === now.seed), OURS),
      ...withRole(published, facts.published), ...levels.map((p) => ({ ...p, role: LEVEL, rate: null }))];
  }

  /** Return which methods share a panel: all of few; of more, those that are compared with the same one, beside it. */
  function panels(now, points) {
    const names = facts.methods.map((m) => m.name).filter((name) => points.some((p) => p.method === name && p.source === OURS));
    const most = facts.most_lines;
    if (names.length <= most) return [names];
    const split = (items, size) => {
      const count = Math.ceil(items.length / size);
      return Array.from({ length: count }, (_, i) =>
        items.slice(Math.floor((items.length * i) / count), Math.floor((items.length * (i + 1)) / count)));
    };
    const pairs = facts.pairs.filter((pair) => pair.every((name) => names.includes(name)));
    const anchors = [...new Set(pairs.map(([, against]) => against))];
    const made = anchors.flatMap((anchor) => {
      const tests = [...new Set(pairs.filter(([name, against]) => against === anchor && name !== anchor).map(([name]) => name))];
      return split(tests, most - 1).map((own) => [anchor, ...own]);
    });
    const alone = names.filter((name) => !made.flat().includes(name));
    return alone.length ? [...made, ...split(alone, most)] : made;
  }

  /** Return a panel's rows: its own methods in full, the others as grey lines, and a frame that all panels share. */
  function panelRows(names, points) {
    const coded = points.filter((p) => p.rate !== null);
    const full = points.filter((p) => p.source !== OURS || names.includes(p.method));
    const grey = coded.filter((p) => p.role === OURS && !names.includes(p.method)).map((p) => ({ ...p, role: CONTEXT }));
    const ends = (key, of) => [Math.min, Math.max].map((end) => end(...of.map((p) => p[key]).filter((v) => v !== null)));
    const [rates, values] = [ends("rate", coded), ends("value", points)];
    return [...[0, 1].map((i) => ({ role: FRAME, rate: rates[i], value: values[i] })), ...grey, ...full];
  }

  /** Return what the BD-rates of this choice are, in words; of many, where they stand. */
  function sentences(now) {
    const seed = now.seed === facts.mean ? "all" : now.seed;
    const found = facts.intervals
      .filter((r) => r.source === OURS && r.cut === now.cut && r.metric === now.metric.bd_name && r.seed === seed
        && now.methods.includes(r.method) && now.methods.includes(r.against)
        && (facts.codecs_of[r.ladder] || []).some((codec) => now.codecs.includes(codec)))
      .map((r) => {
        const between = r.low === null ? "" : ` (${signed(r.low, 1)} to ${signed(r.high, 1)})`;
        const value = r.bd_rate === null ? r.verdict.replace("refused: ", "no number, ") : `${signed(r.bd_rate, 1)} %${between}`;
        return `BD-rate of ${r.who}: ${value}.`;
      });
    return found.length > 4 ? `The table below has the BD-rates of these ${found.length} comparisons.` : found.join(" ");
  }

  function describe(now, points) {
    const drawn = points.filter((p) => p.role === OURS || p.role === facts.published);
    const labels = (names) => names.map((name) => methods.get(name).label).join(", ");
    const missing = now.published && !points.some((p) => p.role === facts.published)
      ? ` The authors published nothing for cut ${now.cut}.` : "";
    const without = now.methods.filter((name) => now.rate === "bpe" && !methods.get(name).bits);
    const bits = without.length ? ` ${labels(without)}: no features are sent, so there are no bits per element; choose bytes per image.` : "";
    const what = drawn.length ? `${drawn.length} points of ${[...new Set(drawn.map((p) => p.label))].join(", ")} at cut ${now.cut}.`
      : "Nothing to draw: choose whose points, a method and a codec.";
    document.getElementById("curve-status").textContent = `${what}${missing}${bits} ${sentences(now)}`;
    document.getElementById("published-note").hidden = !now.published;
    const label = now.metric.unit ? `${now.metric.label} (${now.metric.unit})` : now.metric.label;
    const digits = now.rate === "bpe" ? 3 : 0;
    fill(document.getElementById("curve-table"), `${label} against rate, cut ${now.cut}`,
      ["source", "method", "seed", "codec", "quality", right(facts.rates[now.rate]), right(label), right("interval")],
      drawn.map((p) => [p.source, p.label, p.source === OURS ? p.seed : "\u2013", p.codec, p.quality,
        right(number(p.rate, digits)), right(number(p.value, now.metric.digits)), right(p.between)]));
    for (const row of document.querySelectorAll("#interval-table tr[data-cut]")) {
      row.classList.toggle("chosen", row.dataset.cut === now.cut && row.dataset.metric === now.metric.bd_name);
    }
  }

  /** Return the chart of a panel's rows, without the layers that would be empty. */
  function spec(now, data, height) {
    const made = structuredClone(facts.charts[now.metric.name][now.rate][now.log ? "log" : "linear"]);
    const special = {
      [LINES]: (p) => [OURS, SEED, facts.published].includes(p.role), [WHISKERS]: (p) => p.role === OURS && p.low !== null,
    };
    const has = (name) => data.some(special[name] || ((p) => p.role === name));
    made.layer = made.layer.filter((layer) => has(layer.name));
    return { ...made, height, datasets: { points: data } };
  }

  async function draw() {
    const mine = ++turn;
    const now = choice();
    const points = rows(now);
    describe(now, points);
    for (const one of shown) one.finalize();
    shown = [];
    const chart = document.getElementById("chart");
    if (!points.some((p) => p.rate !== null)) {
      chart.replaceChildren();
      return;
    }
    const parts = panels(now, points);
    const columns = parts.length === 1 ? 1 : parts.length === 2 || parts.length === 4 ? 2 : 3;
    chart.style.setProperty("--panels", String(columns));
    const height = window.innerWidth < 640 ? 280 : [400, 320, 240][columns - 1];
    const description = `Chart: ${document.getElementById("curve-status").textContent} The table below has its data.`;
    chart.setAttribute("aria-label", description);
    const panel = (names) => element("div", { class: "panel" },
      element("h3", null, ...names.map((name) => element("span", null, swatch(methods.get(name)), methods.get(name).label))),
      element("div"));
    const boxes = parts.map(panel);
    chart.replaceChildren(...boxes);
    for (const [i, names] of parts.entries()) {
      const made = await vegaEmbed(boxes[i].lastChild, { ...spec(now, panelRows(names, points), height), description },
        { actions: false, renderer: "svg", tooltip: true });
      if (mine !== turn) {
        made.finalize();
        return;
      }
      shown.push(made);
    }
    chart.dataset.drawn = String(mine);
  }

  for (const [id, checked] of [["all-methods", true], ["no-methods", false]]) {
    const button = document.getElementById(id);
    if (button) {
      button.addEventListener("click", () => {
        for (const input of form.querySelectorAll('input[name="method"]')) input.checked = checked;
        draw();
      });
    }
  }
  form.addEventListener("change", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  draw();
})();
