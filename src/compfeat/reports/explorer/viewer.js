"use strict";
// The viewer: one image at one cut, codec and quality, the losses side by side.
(() => {
  const { facts, element, chosen, number, signed, grouped, fill, right } = explorer;
  const { images, pictures } = facts.viewer;
  const form = document.getElementById("viewer-choice");
  const slider = document.getElementById("quality");
  const steps = { finer: document.getElementById("finer"), coarser: document.getElementById("coarser") };
  const losses = facts.losses.filter((loss) => images[0].points.some((p) => p.loss === loss.name));
  const TASKS = {
    segmentation: { title: "Segmentation", truth: "ground truth", score: ["labelled right", "%", 1] },
    disparity: { title: "Disparity", truth: "ground truth", score: ["RMSE", "px", 2] },
    reconstruction: { title: "Reconstruction of the input", truth: "input", score: ["PSNR", "dB", 2] },
  };
  const BYTES = { payload_bytes: "payload", header_bytes: "headers", side_info_bytes: "side information", bytes: "together" };

  const image = () => images[Number(chosen(form, "image")[0])];
  const at = (codec, quality, loss) => image().points.find((p) =>
    p.cut === chosen(form, "cut")[0] && p.codec === codec && p.quality === quality && p.loss === loss);

  /** Return the qualities of the chosen codec, from the finest to the coarsest. */
  function qualities() {
    const [cut, codec] = [chosen(form, "cut")[0], chosen(form, "codec")[0]];
    return [...new Set(image().points.filter((p) => p.cut === cut && p.codec === codec).map((p) => p.quality))];
  }

  function name(codec, quality) {
    return codec === "none" ? "8-bit, not coded" : `${codec.toUpperCase()} ${quality}`;
  }

  function picture(number, alt, caption, options) {
    const img = element("img", { src: `data:image/png;base64,${pictures[number]}`, alt });
    const loss = options.loss;
    const made = element("figure", { class: loss ? "loss" : "truth", style: loss ? `--loss: ${loss.colour}` : null }, img);
    made.append(element("figcaption", null, element("span", { class: "name" }, options.name), caption ? `: ${caption}` : ""));
    return made;
  }

  function row(title, first, cells) {
    const made = element("div", { class: "row" }, first, ...cells);
    return [element("h3", null, title), made];
  }

  function featureRow(title, words, points, sent) {
    const cells = points.map(({ loss, point }) => {
      const [height, width] = point.tiles_px;
      const off = sent && point.codec !== "none" ? `, off by ${number(point.code_error, 2)} codes in the mean` : "";
      const alt = `${title} as one grey image, ${point.cut}, ${loss.name}${sent ? `, ${sent}` : ""}`;
      return picture(point.pictures.decoded, alt, `${height} \u00d7 ${width} codes${off}`, { loss, name: loss.name });
    });
    return row(title, element("p", null, words), cells);
  }

  function taskRow(task, points, sent) {
    const { title, truth, score: [what, unit, digits] } = TASKS[task];
    const key = task === "reconstruction" ? "image" : task;
    const number_ = image().truth[key];
    const first = number_ === undefined ? element("p", null, "No ground truth.")
      : picture(number_, `${title}: ${truth} of ${image().id}`, "", { name: truth });
    const cells = points.map(({ loss, point }) => {
      const value = point.scores[task];
      const caption = value === undefined ? "" : `${what} ${number(value, digits)} ${unit}`;
      return picture(point.pictures[task], `${title}, ${point.cut}, ${loss.name}, ${sent}. ${caption}`, caption,
        { loss, name: loss.name });
    });
    const rows = row(title, first, cells);
    return task === "reconstruction" ? rows : [...rows, task === "disparity" ? ramp() : legend()];
  }

  function legend() {
    const names = image().classes.map((c) =>
      element("span", null, element("span", { class: "swatch", style: `background: ${c.colour}` }), c.name));
    return element("p", { class: "scale" }, ...names, element("span", null, "white: no label"));
  }

  function ramp() {
    const high = `${number(image().high_px, 1)} px`;
    return element("p", { class: "scale" }, element("span", null, "0"), element("span", { class: "ramp" }),
      element("span", null, high), element("span", null, "grey: no ground truth"));
  }

  function change(values, digits) {
    const [first, last] = [values[0], values[values.length - 1]];
    return values.length < 2 || first === null || last === null || !first ? "" : `${signed(100 * (last / first - 1), digits)} %`;
  }

  /** Write the table of bytes and return the sentence about them. */
  function account(points, sent) {
    const rows = Object.entries(BYTES).map(([key, title]) =>
      [title, ...points.map(({ point }) => right(grouped(point[key]))), right(change(points.map(({ point }) => point[key]), 1))]);
    const rates = points.map(({ point }) => point.rate);
    rows.push(["bits per element", ...rates.map((rate) => right(number(rate, 3))), right(change(rates, 1))]);
    const head = ["bytes", ...points.map(({ loss }) => right(loss.name)), right(points.length > 1 ? "change" : "")];
    fill(document.getElementById("viewer-table"), `What ${image().id} weighs, ${sent}`, head, rows);
    const told = points.map(({ loss, point }) => `${loss.name} ${grouped(point.bytes)} bytes`).join(", ");
    const saved = change(points.map(({ point }) => point.bytes), 1);
    return points[0].point.bytes === null ? `${sent}: nothing is spent, as nothing is coded.`
      : `${sent}: ${told}${saved ? ` (${saved})` : ""}.`;
  }

  function draw() {
    const codec = chosen(form, "codec")[0];
    const names = qualities();
    slider.max = String(Math.max(0, names.length - 1));
    const quality = names[Number(slider.value)];
    slider.disabled = names.length < 2;
    steps.finer.disabled = Number(slider.value) <= 0;
    steps.coarser.disabled = Number(slider.value) >= names.length - 1;
    const sent = name(codec, quality);
    slider.setAttribute("aria-valuetext", sent);
    document.getElementById("quality-name").textContent = codec === "none" ? "8-bit codes" : quality;
    const points = losses.map((loss) => ({ loss, point: at(codec, quality, loss.name) })).filter(({ point }) => point);
    const quantised = losses.map((loss) => ({ loss, point: at("none", "u8", loss.name) })).filter(({ point }) => point);
    document.getElementById("viewer-status").textContent = `${image().id}, cut ${chosen(form, "cut")[0]}, ${account(points, sent)}`;
    const tasks = Object.keys(TASKS).filter((task) => points.some(({ point }) => point.pictures[task] !== undefined));
    const scale = element("p", { class: "scale" }, element("span", null, "code 0"),
      element("span", { class: "ramp grey" }), element("span", null, "code 255"));
    document.getElementById("pictures").replaceChildren(
      ...featureRow("Features as the codec gets them", "Every channel is a tile, from left to right and from top to bottom. "
        + "Black is the tensor's least value, white its greatest.", quantised, ""),
      ...featureRow("Features as decoded", codec === "none" ? "Nothing was coded, so these are the same."
        : `What the decoder makes of the bitstream: ${sent}.`, points, sent),
      scale, ...tasks.flatMap((task) => taskRow(task, points, sent)));
  }

  const style = document.getElementById("pictures").style;
  style.setProperty("--columns", String(losses.length + 1));
  style.setProperty("--losses", String(losses.length));

  form.addEventListener("change", (event) => {
    // Another codec or cut has other qualities: begin in the middle of them.
    if (["codec", "cut"].includes(event.target.name)) {
      const names = qualities();
      slider.max = String(Math.max(0, names.length - 1));
      if (event.target.name === "codec") slider.value = String(Math.floor(names.length / 2));
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
  slider.value = String(Math.floor(qualities().length / 2));
  draw();
})();
