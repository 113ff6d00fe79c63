"use strict";
// The viewer: one image at one cut, codec and quality, methods side by side.
(() => {
  const { facts, element, chosen, number, signed, grouped, fill, right } = explorer;
  const { images, pictures, tasks } = facts.viewer;
  const UNCODED = facts.uncoded;
  const form = document.getElementById("viewer-choice");
  const slider = document.getElementById("quality");
  const steps = { finer: document.getElementById("finer"), coarser: document.getElementById("coarser") };
  const BYTES = { payload_bytes: "payload", header_bytes: "headers", side_info_bytes: "side information", bytes: "together" };

  const image = () => images[Number(chosen(form, "image")[0])];
  const methods = () => facts.methods.filter((m) => chosen(form, "method").includes(m.name));
  const own = (codec) => {
    const [cut, names] = [chosen(form, "cut")[0], chosen(form, "method")];
    return image().points.filter((p) => p.cut === cut && p.codec === codec && names.includes(p.method));
  };

  /** Return the chosen methods with their point at a codec and quality, where they have one. */
  function at(codec, quality) {
    const points = own(codec);
    return methods().map((method) => ({ method, point: points.find((p) => p.method === method.name && p.quality === quality) }))
      .filter(({ point }) => point);
  }

  /** Return the qualities of the chosen codec, from the finest to the coarsest. */
  const qualities = () => [...new Set(own(chosen(form, "codec")[0]).map((p) => p.quality))];
  const name = (codec, quality) => (codec === UNCODED ? "not coded" : `${facts.codec_labels[codec]} ${quality}`);

  function picture(which, alt, caption, title, method) {
    const img = element("img", { src: `data:image/png;base64,${pictures[which]}`, alt });
    return element("figure", { class: method ? "method" : "truth", style: method ? `--colour: ${method.colour}` : null }, img,
      element("figcaption", null, element("span", { class: "name" }, title), caption ? `: ${caption}` : ""));
  }

  const row = (title, first, cells) => [element("h3", null, title), element("div", { class: "row" }, first, ...cells)];

  function sentRow(title, words, points, sent) {
    const cells = points.filter(({ point }) => point.pictures.sent !== undefined).map(({ method, point }) => {
      const [height, width] = point.sent_px;
      const off = sent && point.codec !== UNCODED && point.error !== null
        ? `, off by ${number(point.error, 2)} grey levels in the mean` : "";
      const what = point.image ? "image" : "features, as one grey image";
      return picture(point.pictures.sent, `${title}, ${point.cut}, ${method.label}${sent ? `, ${sent}` : ""}`,
        `${what}, ${height} \u00d7 ${width}${off}`, method.label, method);
    });
    return cells.length ? row(title, element("p", null, words), cells) : [];
  }

  function taskRow(task, points, sent) {
    const which = image().truth[task.name];
    const first = which === undefined ? element("p", null, "No ground truth.")
      : picture(which, `${task.title}: ground truth of ${image().id}`, "", "ground truth", null);
    const cells = points.filter(({ point }) => point.pictures[task.name] !== undefined).map(({ method, point }) => {
      const score = point.scores[task.name];
      return picture(point.pictures[task.name], `${task.title}, ${point.cut}, ${method.label}, ${sent}. ${score}`, score,
        method.label, method);
    });
    return cells.length ? [...row(task.title, first, cells), ...key(task)] : [];
  }

  /** Return what a task's colours mean: its classes, or its scale; nothing where they mean neither. */
  function key(task) {
    const own_ = image().keys[task.name];
    if (!own_) return [];
    const parts = own_.classes
      ? own_.classes.map((c) =>
        element("span", null, element("span", { class: "swatch", style: `background: ${c.colour}` }), c.name))
      : [element("span", null, own_.low),
        element("img", { class: "ramp", alt: `Colours from ${own_.low} to ${own_.high}`, src: `data:image/png;base64,${pictures[own_.ramp]}` }),
        element("span", null, own_.high)];
    return [element("p", { class: "scale" }, ...parts)];
  }

  /** Return how much more the last is than the first, of two; empty for other counts. */
  function change(values, digits) {
    const [first, last] = [values[0], values[values.length - 1]];
    return values.length !== 2 || first === null || last === null || !first ? "" : `${signed(100 * (last / first - 1), digits)} %`;
  }

  /** Write the table of bytes and return the sentence about them. */
  function account(points, sent) {
    const column = (key) => points.map(({ point }) => point[key]);
    const rows = Object.entries(BYTES).map(([key, title]) =>
      [title, ...column(key).map((value) => right(grouped(value))), right(change(column(key), 1))]);
    rows.push(["bits per element", ...column("rate").map((rate) => right(number(rate, 3))), right(change(column("rate"), 1))]);
    const head = ["bytes", ...points.map(({ method }) => right(method.label)), right(points.length === 2 ? "change" : "")];
    fill(document.getElementById("viewer-table"), `What ${image().id} weighs, ${sent}`, head, rows);
    if (!points.length) return "no chosen method has this codec; choose another one.";
    const weights = points.map(({ method, point }) => `${method.label} ${grouped(point.bytes)} bytes`).join(", ");
    const saved = change(column("bytes"), 1);
    return points[0].point.bytes === null ? `${sent}: nothing is spent, as nothing is coded.`
      : `${sent}: ${weights}${saved ? ` (${saved})` : ""}.`;
  }

  function draw() {
    const codec = chosen(form, "codec")[0];
    const names = qualities();
    slider.max = String(Math.max(0, names.length - 1));
    const quality = names[Number(slider.value)] || "";
    slider.disabled = names.length < 2;
    steps.finer.disabled = Number(slider.value) <= 0;
    steps.coarser.disabled = Number(slider.value) >= names.length - 1;
    const sent = name(codec, quality);
    slider.setAttribute("aria-valuetext", sent);
    document.getElementById("quality-name").textContent = codec === UNCODED ? "not coded" : quality;
    const points = at(codec, quality);
    const before = at(UNCODED, "");
    document.getElementById("viewer-status").textContent = `${image().id}, cut ${chosen(form, "cut")[0]}, ${account(points, sent)}`;
    const style = document.getElementById("pictures").style;
    style.setProperty("--columns", String(Math.max(points.length, 1) + 1));
    style.setProperty("--methods", String(Math.max(points.length, 1)));
    const input = image().image === null ? []
      : row("Input", picture(image().image, `Input image ${image().id}`, "", image().id, null), []);
    document.getElementById("pictures").replaceChildren(...input,
      ...sentRow("What the codec gets", "Of features, every channel is a tile, from left to right and from top to bottom. "
        + "Black is the tensor's least value, white its greatest.", before.filter(({ method }) => points.some((p) => p.method === method)), ""),
      ...(codec === UNCODED ? [] : sentRow("What is decoded", `What the decoder makes of the bitstream: ${sent}.`, points, sent)),
      ...tasks.flatMap((task) => taskRow(task, points, sent)));
  }

  const middle = () => String(Math.floor(qualities().length / 2));
  form.addEventListener("change", (event) => {
    // Another codec has other qualities: start in the middle of them.
    if (event.target.name === "codec") {
      slider.max = String(Math.max(0, qualities().length - 1));
      slider.value = middle();
    }
    draw();
  });
  slider.addEventListener("input", draw);
  for (const [which, step] of [["finer", -1], ["coarser", 1]]) {
    steps[which].addEventListener("click", () => {
      slider.value = String(Number(slider.value) + step);
      draw();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  slider.max = String(Math.max(0, qualities().length - 1));
  slider.value = middle();
  draw();
})();
