// @ts-check
/** A sequence through a model: every gate, the cell and the output over time. */

import { address, models, request } from "./api.js";
import { drawChart } from "./chart.js";
import { element } from "./element.js";
import { drawHeatMap } from "./heat-map.js";
import { kept } from "./memory.js";
import { short } from "./numbers.js";
import { clearProblem, showProblem } from "./problem.js";
import { readTensors } from "./safetensors.js";
import { parseFile, parseText } from "./series.js";
import { showSnippet } from "./snippets.js";
import { stoppable } from "./work.js";

/** @typedef {import("./api.js").Model} Model */
/** @typedef {import("./safetensors.js").Tensor} Tensor */
/**
 * What a sequence was answered.
 * @typedef {{ model: string, steps: number, output: Tensor, layers: Record<string, Tensor>[] }} Run
 */

export const title = "Sequence";

const NAMES = /** @type {Record<string, string>} */ ({
  forget: "forget gate (keep)", input: "input gate (write)", output: "output gate (read)", candidate: "candidate (New)",
  cell: "c (Cell)", hidden: "h (Output)", update: "update gate", reset: "reset gate",
});

const EXAMPLE = "[[1, 2, 3, 4, 3, 2], [1, 2, 1, 1, 1, 2], [1, 2, 2, 2, 2, 2]]";
const chosen = kept("sequence.model", "notebook-sequence/1");
const typed = kept("sequence.text", EXAMPLE);
const steps = kept("sequence.steps", parseText(EXAMPLE).rows);

/** @param {Model} model */
const key = (model) => `${model.name}/${model.version}`;

/**
 * @param {HTMLElement} place
 * @param {string[]} path
 * @param {AbortSignal} signal
 */
export async function render(place, path, signal) {
  const found = (await models(signal)).filter(
    (model) => model.status === "AVAILABLE" && model.inputs?.length === 1 && (model.layers?.length ?? 0) > 0,
  );
  const asked = path.length > 1 ? path.join("/") : chosen.get();
  let model = found.find((one) => key(one) === asked) ?? found[0];
  place.append(
    element("h1", {}, "A sequence, step by step"),
    element("p", {}, "Paste a sequence, or choose a file (JSON, CSV or npy), a row a step. The maps show a unit a line and a step a column; drag over them to read a step."),
  );
  if (!model) {
    place.append(element("p", { class: "muted" }, "No model is loaded that takes one sequence. Upload one under Models."));
    return;
  }
  /** @type {Run | null} */
  let run = null;
  /** @type {Run | null} the one that another is compared with */
  let other = null;
  let rows = steps.get();
  const work = stoppable(signal);

  const select = element(
    "select",
    { change: () => { model = found.find((one) => key(one) === select.value) ?? model; chosen.set(key(model)); take(); } },
    ...found.map((one) => element("option", { value: key(one), selected: one === model }, key(one))),
  );
  const text = element("textarea", { rows: 5, "aria-label": "The sequence", input: () => typed.set(text.value) });
  text.value = typed.get();
  const file = element("input", { type: "file", "aria-label": "A file with the sequence", change: () => fromFile() });
  const problem = element("div");
  const results = element("div");
  const call = element("section", { class: "card", "aria-label": "The same call" });
  const keep = element("button", { type: "button", class: "quiet", disabled: true, click: () => { other = run; showResults(); } }, "Compare the next with this");
  place.append(
    element(
      "section",
      { class: "card", "aria-label": "Input" },
      element("div", { class: "row" }, element("label", {}, "Model ", select)),
      text,
      element("div", { class: "row" }, element("button", { type: "button", click: () => fromText() }, "Run"), keep, element("label", {}, "or a file ", file)),
      work.shown,
      problem,
    ),
    results,
    call,
  );

  async function fromText() {
    try {
      rows = parseText(text.value).rows;
      await take();
    } catch (error) {
      showProblem(problem, error);
    }
  }

  async function fromFile() {
    const one = file.files?.[0];
    if (!one) {
      return;
    }
    try {
      rows = (await parseFile(one)).rows;
      await take();
    } catch (error) {
      showProblem(problem, error);
    }
  }

  async function take() {
    try {
      steps.set(rows);
      run = await work.run((either) => unrolled(model, rows, either));
      clearProblem(problem);
      keep.disabled = false;
      showResults();
      const snippet = element("div");
      call.replaceChildren(element("h2", {}, "The same call"), snippet);
      const shown = rows.length > 20 ? rows.slice(0, 20) : rows;
      showSnippet(snippet, `${address(model)}/unroll`, body(model, shown));
    } catch (error) {
      showProblem(problem, error);
    }
  }

  let drawing = new AbortController();
  function showResults() {
    drawing.abort();
    drawing = new AbortController();
    signal.addEventListener("abort", () => drawing.abort());
    if (run) {
      show(results, run, other && other !== run ? other : null, drawing.signal);
    }
  }

  addEventListener("theme", showResults, { signal });
  await take();
}

/**
 * @param {Model} model
 * @param {number[][]} rows
 */
function body(model, rows) {
  return { x: model.inputs?.[0].vocabulary ? rows.map((row) => row[0]) : rows, return_sequences: true, trace: true };
}

/**
 * @param {Model} model
 * @param {number[][]} rows
 * @param {AbortSignal} signal
 * @returns {Promise<Run>}
 */
async function unrolled(model, rows, signal) {
  const response = await request(`${address(model)}/unroll`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/vnd.safetensors" },
    body: JSON.stringify(body(model, rows)),
    signal,
  });
  const tensors = readTensors(await response.arrayBuffer());
  /** @type {Record<string, Tensor>[]} */
  const layers = [];
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, layer, gate] = /^trace\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (gate) {
      (layers[Number(layer)] ??= {})[gate] = tensor;
    }
  }
  const output = tensors.output ?? Object.values(tensors)[0];
  return { model: key(model), steps: rows.length, output, layers };
}

/**
 * Shows a run, or how far it is from another.
 * @param {HTMLElement} place
 * @param {Run} run
 * @param {Run | null} other
 * @param {AbortSignal} signal
 */
function show(place, run, other, signal) {
  let layer = run.layers.length - 1;
  const lines = element("div");
  const maps = element("div");
  const layers = element(
    "select",
    { "aria-label": "Layer", change: () => { layer = Number(layers.value); drawMaps(); } },
    ...run.layers.map((_, i) => element("option", { value: i, selected: i === layer }, `layer ${i}`)),
  );
  const width = run.output.shape.at(-1) ?? 1;
  const isSequence = run.output.values.length === run.steps * width;
  place.replaceChildren(
    element(
      "section",
      { class: "card", "aria-label": "Output" },
      element("h2", {}, other ? `Output, beside that of ${other.model}` : "Output"),
      isSequence ? lines : element("pre", { tabindex: "0" }, [...run.output.values].map(short).join("  ")),
    ),
    element(
      "section",
      { class: "card", "aria-label": "Inside" },
      element("h2", {}, other ? "Inside: how far it is from the other" : "Inside"),
      element("div", { class: "row" }, run.layers.length > 1 ? layers : "", exports(run, () => run.layers[layer], maps)),
      maps,
    ),
  );
  if (isSequence) {
    const shown = Math.min(width, 8);
    drawChart(
      lines,
      [run, ...(other && other.output.shape.at(-1) === width ? [other] : [])].flatMap((one, which) =>
        Array.from({ length: shown }, (_, i) => ({
          name: `${which ? "other, " : ""}${i}`,
          dashed: which > 0,
          values: Array.from({ length: run.steps }, (_unused, step) => (step < one.steps ? one.output.values[step * width + i] : null)),
        })),
      ),
      { label: "The output over time", signal },
    );
  }

  function drawMaps() {
    const gates = run.layers[layer] ?? {};
    const compared = other?.layers[layer];
    const read = element("div", { "aria-live": "polite" });
    const scrubber = element("input", { type: "range", min: 0, max: run.steps - 1, value: 0, "aria-label": "Step", input: () => look(Number(scrubber.value)) });
    const memory = element("div");
    maps.replaceChildren(
      ...Object.entries(gates).map(([name, tensor]) => {
        const units = tensor.shape.at(-1) ?? 1;
        const canvas = element("canvas", {
          class: "map",
          role: "img",
          "aria-label": `${NAMES[name] ?? name} of ${units} units over ${run.steps} steps`,
          pointermove: (/** @type {PointerEvent} */ event) => { const step = Math.floor((event.offsetX / canvas.clientWidth) * run.steps); look(Math.max(0, Math.min(run.steps - 1, step))); },
        });
        const before = compared?.[name];
        const at = before && before.shape.at(-1) === units
          ? (/** @type {number} */ step, /** @type {number} */ unit) => tensor.values[step * units + unit] - (before.values[step * units + unit] ?? 0)
          : (/** @type {number} */ step, /** @type {number} */ unit) => tensor.values[step * units + unit];
        requestAnimationFrame(() => drawHeatMap(canvas, at, run.steps, units, signal));
        return element("figure", {}, element("figcaption", {}, NAMES[name] ?? name), canvas);
      }),
      scrubber,
      read,
      memory,
    );
    /** @param {number} step */
    function look(step) {
      scrubber.value = String(step);
      read.replaceChildren(
        element("h3", {}, `Step ${step}`),
        ...Object.entries(gates).map(([name, tensor]) => {
          const units = tensor.shape.at(-1) ?? 1;
          const some = [...tensor.values.subarray(step * units, step * units + Math.min(units, 8))];
          return element("p", { class: "number" }, `${name}: ${some.map(short).join("  ")}${units > 8 ? " …" : ""}`);
        }),
      );
      showMemory(memory, gates.forget ?? gates.update, step);
    }
    look(run.steps - 1);
  }
  drawMaps();
}

/**
 * How many steps back a unit's forget gates leave half of what it held.
 * @param {HTMLElement} place
 * @param {Tensor | undefined} forget
 * @param {number} step
 */
function showMemory(place, forget, step) {
  if (!forget) {
    return;
  }
  const units = forget.shape.at(-1) ?? 1;
  const spans = Array.from({ length: units }, (_, unit) => {
    let product = 1;
    let back = 0;
    for (let at = step; at >= 0 && product >= 0.5; at--) {
      product *= forget.values[at * units + unit];
      back++;
    }
    return { unit, back, isOpen: product >= 0.5 };
  });
  const longest = spans.sort((a, b) => b.back - a.back).slice(0, 8);
  place.replaceChildren(
    element("h3", {}, "Units that remember longest"),
    element(
      "ul",
      {},
      ...longest.map(({ unit, back, isOpen }) =>
        element("li", {}, `Unit ${unit}: ${isOpen ? `more than half of what it held ${back} steps before is left` : `half is gone after ${back} ${back === 1 ? "step" : "steps"}`}`),
      ),
    ),
  );
}

/**
 * @param {Run} run
 * @param {() => Record<string, Tensor>} layer
 * @param {HTMLElement} maps
 */
function exports(run, layer, maps) {
  const button = (/** @type {string} */ name, /** @type {() => void} */ click) => element("button", { type: "button", class: "quiet", click }, name);
  return element(
    "span",
    { class: "row" },
    button("PNG", () => {
      const drawn = /** @type {HTMLCanvasElement[]} */ ([...maps.querySelectorAll("canvas")]);
      const all = element("canvas", {});
      all.width = Math.max(...drawn.map((one) => one.clientWidth));
      all.height = drawn.reduce((sum, one) => sum + one.clientHeight + 8, 0);
      const context = /** @type {CanvasRenderingContext2D} */ (all.getContext("2d"));
      context.imageSmoothingEnabled = false;
      let top = 0;
      for (const one of drawn) {
        context.drawImage(one, 0, top, all.width, one.clientHeight);
        top += one.clientHeight + 8;
      }
      all.toBlob((blob) => blob && save(blob, "gates.png"));
    }),
    button("CSV", () => {
      const gates = Object.entries(layer());
      const head = ["step", ...gates.flatMap(([name, tensor]) => Array.from({ length: tensor.shape.at(-1) ?? 1 }, (_, unit) => `${name}_${unit}`))];
      const lines = Array.from({ length: run.steps }, (_, step) =>
        [step, ...gates.flatMap(([, tensor]) => { const units = tensor.shape.at(-1) ?? 1; return [...tensor.values.subarray(step * units, (step + 1) * units)]; })].join(","),
      );
      save(new Blob([[head.join(","), ...lines].join("\n")], { type: "text/csv" }), "gates.csv");
    }),
    button("JSON", () => {
      const gates = Object.fromEntries(Object.entries(layer()).map(([name, tensor]) => [name, { shape: tensor.shape, values: [...tensor.values] }]));
      save(new Blob([JSON.stringify({ model: run.model, ...gates })], { type: "application/json" }), "gates.json");
    }),
  );
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
