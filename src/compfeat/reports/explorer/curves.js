"use strict";
// The chart, whose inputs Vega makes from the chart's parameters; what is drawn as a sentence and a table, too.
(async () => {
  const { facts, fill, right } = explorer;
  const box = document.getElementById("chart");
  const choice = document.getElementById("curve-choice");
  const status = document.getElementById("curve-status");

  const columns = box.clientWidth < 640 ? 1 : 2;
  if (facts.chart.facet) Object.assign(facts.chart, { columns, spec: { ...facts.chart.spec, width: (box.clientWidth - 60) / columns - 25 } });
  const config = { legend: { columns: Math.max(1, Math.floor(box.clientWidth / 190)) } };
  const { view } = await vegaEmbed(box, facts.chart, { actions: false, renderer: "svg", logLevel: 1, config });

  /** Return the rows of the points that are drawn, each once. */
  function drawn() {
    const marks = [...box.querySelectorAll('[aria-roledescription="point"]')].map((mark) => mark.__data__.datum);
    return [...new Map(marks.map((p) => [[p.source, p.method, p.seed, p.codec, p.quality].join(" "), p])).values()];
  }

  function describe() {
    const points = drawn();
    const { cut, metric, rate, rates, metrics, published, methods, labels } = view.getState({ signals: () => true }).signals;
    const without = facts.without_bits.filter((name) => rate === "bpe" && methods[name]).map((name) => labels[name]);
    status.textContent = [
      points.length ? `${points.length} points of ${[...new Set(points.map((p) => p.label))].join(", ")} at cut ${cut}.`
        : "Nothing to draw: choose whose points, a method and a codec.",
      published && !points.some((p) => p.source === facts.published) ? `The authors published nothing for cut ${cut}.` : "",
      without.length ? `${without.join(", ")}: no features are sent, so there are no bits per element; choose bytes per image.` : "",
    ].join(" ").trim();
    box.setAttribute("aria-label", `Chart: ${status.textContent} The table below has its data.`);
    document.getElementById("published-note").hidden = !published;
    fill(document.getElementById("curve-table"), `${metrics[metric].title} against rate, cut ${cut}`,
      ["source", "method", "seed", "codec", "quality", right(rates[rate]), right(metrics[metric].title), right("interval")],
      points.map((p) => [p.source, p.label, p.seed, p.codec_label, p.quality, right(p.rate_text), right(p.value_text), right(p.interval)]));
    for (const row of document.querySelectorAll("#interval-table tr[data-cut]")) {
      row.classList.toggle("chosen", row.dataset.cut === cut && row.dataset.metric === metrics[metric].curve);
    }
  }

  for (const [id, value] of [["all-methods", true], ["no-methods", false]]) {
    document.getElementById(id)?.addEventListener("click", async () => {
      Object.keys(view.getState().signals).filter((name) => name.startsWith("method_")).forEach((name) => view.signal(name, value));
      await view.runAsync();
      describe();
    });
  }
  choice.addEventListener("change", async () => {
    await view.runAsync();
    describe();
  });
  choice.addEventListener("submit", (event) => event.preventDefault());
  describe();
})();
