"use strict";
// The curves: the form's choice becomes the chart's data, a sentence, and a table.
(() => {
  const { facts, chosen, number, signed, fill, right } = explorer;
  const form = document.getElementById("curve-choice");
  const SEED = "single seed";
  let shown = null;
  let turn = 0;

  function choice() {
    const one = (name) => chosen(form, name)[0];
    return {
      cut: one("cut"), seed: one("seed"), metric: facts.metrics.find((m) => m.name === one("metric")),
      losses: chosen(form, "loss"), codecs: chosen(form, "codec"),
      log: chosen(form, "log").length > 0, published: chosen(form, "published").length > 0,
      ours: chosen(form, "ours").length > 0,
    };
  }

  /** Return one row for the points that differ in the seed alone: their mean. */
  function mean(points) {
    const average = (key) => points.reduce((sum, point) => sum + point[key], 0) / points.length;
    return { ...points[0], seed: "mean", low: null, high: null, between: "–", rate: average("rate"), value: average("value") };
  }

  function means(points) {
    const groups = new Map();
    for (const point of points) {
      const key = [point.loss, point.codec, point.quality].join(" ");
      groups.set(key, [...(groups.get(key) || []), point]);
    }
    return [...groups.values()].map(mean);
  }

  const withRole = (points, role) =>
    points.map((p) => ({ ...p, role, line: [p.source, p.loss, p.seed, p.ladder].join(" ") }));

  /** Return a point's interval as the chart draws it and as it is read. */
  function interval(ends) {
    const [low, high] = ends || [null, null];
    return { low, high, between: low === null ? "–" : `${number(low, 2)} to ${number(high, 2)}` };
  }

  /** Return the points of the chart: of one seed, or the means with every seed thinly behind them. */
  function rows(now) {
    const known = facts.points
      .map((p) => ({ ...p, value: p[now.metric.name], ...interval(p.between[now.metric.name]) }))
      .filter((p) => p.cut === now.cut && now.losses.includes(p.loss) && p.rate !== null && p.value !== null);
    const ours = known.filter((p) => now.ours && p.source === facts.ours && now.codecs.includes(p.codec));
    const published = now.published ? withRole(known.filter((p) => p.source === facts.published), facts.published) : [];
    const own = now.seed === "mean"
      ? [...withRole(ours, SEED), ...withRole(means(ours), facts.ours)]
      : withRole(ours.filter((p) => p.seed === now.seed), facts.ours);
    return [...own, ...published];
  }

  function levels(now) {
    if (!now.ours) return [];
    const floats = facts.points.filter((p) => p.source === facts.ours && p.cut === now.cut && p.codec === "none"
      && p.quality === "float" && now.losses.includes(p.loss) && p[now.metric.name] !== null);
    const own = now.seed === "mean" ? floats : floats.filter((p) => p.seed === now.seed);
    return now.losses.map((loss) => own.filter((p) => p.loss === loss)).filter((points) => points.length).map((points) => ({
      loss: points[0].loss, what: "float, not coded",
      value: points.reduce((sum, p) => sum + p[now.metric.name], 0) / points.length,
    }));
  }

  /** Return what the BD-rates of this choice are, in words. */
  function sentences(now) {
    const seed = now.seed === "mean" ? "all" : now.seed;
    const told = facts.intervals
      .filter((r) => r.source === facts.ours && r.cut === now.cut && r.metric === now.metric.bd_name && r.seed === seed
        && now.losses.includes(r.loss) && (facts.codecs_of[r.ladder] || []).some((codec) => now.codecs.includes(codec)))
      .map((r) => {
        const between = r.low === null ? "" : ` (${signed(r.low, 1)} to ${signed(r.high, 1)})`;
        const value = r.bd_rate === null ? r.verdict.replace("refused: ", "no number, ") : `${signed(r.bd_rate, 1)} %${between}`;
        return `BD-rate of ${r.loss} with ${facts.ladders[r.ladder]}: ${value}.`;
      });
    return told.join(" ");
  }

  function tell(now, points) {
    const drawn = points.filter((p) => p.role !== SEED);
    const missing = now.published && !points.some((p) => p.role === facts.published)
      ? ` The authors published nothing for cut ${now.cut}.` : "";
    const what = drawn.length ? `${drawn.length} points of ${now.losses.join(", ")} at cut ${now.cut}.`
      : "Nothing to draw: choose whose points, a loss and a codec.";
    document.getElementById("curve-status").textContent = `${what}${missing} ${sentences(now)}`;
    document.getElementById("published-note").hidden = !now.published;
    const label = now.metric.label.replace(", \u2193", "");
    fill(document.getElementById("curve-table"), `${label} against rate, cut ${now.cut}`,
      ["source", "loss", "seed", "codec", "quality", right("bits per element"), right(label), right("interval")],
      drawn.map((p) => [p.source, p.loss, p.source === facts.ours ? p.seed : "\u2013", p.codec, p.quality,
        right(number(p.rate, 3)), right(number(p.value, 3)), right(p.between)]));
    for (const row of document.querySelectorAll("tr[data-cut]")) {
      row.classList.toggle("chosen", row.dataset.cut === now.cut && row.dataset.metric === now.metric.bd_name);
    }
  }

  async function draw() {
    const mine = ++turn;
    const now = choice();
    const points = rows(now);
    tell(now, points);
    if (shown) shown.finalize();
    shown = null;
    if (!points.length) {
      document.getElementById("chart").replaceChildren();
      return;
    }
    const spec = structuredClone(facts.charts[now.metric.name][now.log ? "log" : "linear"]);
    const narrow = window.innerWidth < 640;
    spec.datasets = { points, levels: levels(now) };
    // A layer without data would have no range.
    spec.layer = spec.layer.filter((layer) => (layer.data && layer.data.name === "levels" ? spec.datasets.levels.length
      : !layer.name || points.some((p) => p.role === layer.name || (layer.name === "intervals" && p.role === facts.ours && p.low !== null))));
    spec.height = narrow ? 300 : 400;
    if (narrow) spec.config.legend.layout = { top: { direction: "vertical", anchor: "start" } };
    const told = `Chart: ${document.getElementById("curve-status").textContent} The table below has its data.`;
    spec.description = told;
    document.getElementById("chart").setAttribute("aria-label", told);
    const made = await vegaEmbed("#chart", spec, { actions: false, renderer: "svg", tooltip: true });
    if (mine !== turn) {
      made.finalize();
      return;
    }
    shown = made;
    document.getElementById("chart").dataset.drawn = String(mine);
  }

  form.addEventListener("change", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  draw();
})();
