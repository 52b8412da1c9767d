// @ts-check
/** Readings to a forecast, to what is not usual in them, or to a class. */

import { address, ask, models } from "./api.js";
import { drawChart } from "./chart.js";
import { element } from "./element.js";
import { kept } from "./memory.js";
import { short } from "./numbers.js";
import { clearProblem, showProblem } from "./problem.js";
import { parseFile, parseText } from "./series.js";
import { showSnippet } from "./snippets.js";
import { stoppable } from "./work.js";

/** @typedef {import("./api.js").Model} Model */
/** @typedef {import("./series.js").Series} Series */

export const title = "Forecast";

const LINES = 4;
const QUANTILES = [0.1, 0.9];
const chosen = kept("forecast.model", "");
const typed = kept("forecast.text", "");
const horizon = kept("forecast.horizon", 12);
const readings = kept("forecast.series", /** @type {Series | null} */ (null));

/** @param {Model} model */
const key = (model) => `${model.name}/${model.version}`;

/**
 * @param {HTMLElement} place
 * @param {string[]} path
 * @param {AbortSignal} signal
 */
export async function render(place, path, signal) {
  const found = (await models(signal)).filter(
    (model) => model.status === "AVAILABLE" && model.inputs?.length === 1 && !model.inputs[0].vocabulary,
  );
  const asked = path.length > 1 ? path.join("/") : chosen.get();
  let model = found.find((one) => key(one) === asked) ?? found.find((one) => !one.built_in) ?? found[0];
  place.append(
    element("h1", {}, "Readings to an answer"),
    element("p", {}, "Drop a CSV of what was measured, a row a step. The model goes on from there, tells what is not usual in it, or names its class."),
  );
  if (!model) {
    place.append(element("p", { class: "muted" }, "No model is loaded that takes numbers. Upload one under Models."));
    return;
  }
  let series = readings.get();
  const select = element(
    "select",
    { change: () => { model = found.find((one) => key(one) === select.value) ?? model; chosen.set(key(model)); showAll(); } },
    ...found.map((one) => element("option", { value: key(one), selected: one === model }, key(one))),
  );
  const text = element("textarea", { rows: 5, "aria-label": "The readings", input: () => { typed.set(text.value); read(async () => parseText(text.value)); } });
  text.value = typed.get();
  const file = element("input", { type: "file", accept: ".csv,.json,.npy,.txt", "aria-label": "A file with the readings", change: () => dropped(file.files) });
  const problem = element("div");
  const drop = element(
    "div",
    {
      class: "drop",
      dragover: (/** @type {DragEvent} */ event) => { event.preventDefault(); drop.classList.add("over"); },
      dragleave: () => drop.classList.remove("over"),
      drop: (/** @type {DragEvent} */ event) => { event.preventDefault(); drop.classList.remove("over"); dropped(event.dataTransfer?.files ?? null); },
    },
    element("p", {}, "Drop a CSV, JSON or npy file here, or choose one"),
    file,
  );
  const results = element("div");
  place.append(
    element(
      "section",
      { class: "card", "aria-label": "Input" },
      element("div", { class: "row" }, element("label", {}, "Model ", select)),
      drop,
      element("details", { open: text.value !== "" }, element("summary", {}, "Type or paste the readings"), text),
      problem,
    ),
    results,
  );

  /** @param {FileList | null} files */
  function dropped(files) {
    const one = files?.[0];
    if (one) {
      read(() => parseFile(one));
    }
  }

  /** @param {() => Promise<Series>} how */
  async function read(how) {
    try {
      series = await how();
      readings.set(series);
      clearProblem(problem);
      showAll();
    } catch (error) {
      showProblem(problem, error);
    }
  }

  let showing = new AbortController();
  function showAll() {
    showing.abort();
    showing = new AbortController();
    signal.addEventListener("abort", () => showing.abort());
    if (!series) {
      return;
    }
    try {
      const rows = ofModel(series, model);
      clearProblem(problem);
      results.replaceChildren(
        ...(model.labels ? [classCard(model, rows, showing.signal)] : [forecastCard(model, rows, showing.signal), detectCard(model, rows, showing.signal)]),
      );
    } catch (error) {
      results.replaceChildren();
      showProblem(problem, error);
    }
  }
  showAll();
}

/**
 * The columns that the model takes, in its order: by their names where both have some.
 * @param {Series} series
 * @param {Model} model
 */
function ofModel(series, model) {
  const { features } = model;
  const { columns, rows } = series;
  if (features && columns && features.every((name) => columns.includes(name))) {
    return rows.map((row) => features.map((name) => row[columns.indexOf(name)]));
  }
  const width = features?.length ?? Number(model.inputs?.[0].shape.at(-1));
  if (rows[0].length !== width) {
    throw new Error(
      `The model takes ${width} ${width === 1 ? "number" : "numbers"} a step${features ? ` (${features.join(", ")})` : ""}, the readings have ${rows[0].length}${columns ? ` (${columns.join(", ")})` : ""}.`,
    );
  }
  return rows;
}

/**
 * @param {Model} model
 * @param {number[][]} rows
 * @param {AbortSignal} signal
 */
function forecastCard(model, rows, signal) {
  const chart = element("div");
  const answer = element("div", { "aria-live": "polite" });
  const call = element("div");
  const work = stoppable(signal);
  const steps = element("output", {}, String(horizon.get()));
  const slider = element("input", {
    type: "range", min: 1, max: 96, value: horizon.get(), "aria-label": "Steps ahead",
    input: () => { steps.textContent = slider.value; horizon.set(Number(slider.value)); clearTimeout(waiting); waiting = setTimeout(take, 150); },
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  async function take() {
    const json = /** @type {Record<string, unknown>} */ ({ history: rows, horizon: Number(slider.value) });
    if ("distribution" in model) {
      Object.assign(json, { quantiles: QUANTILES, seed: 1 });
    }
    try {
      const found = await work.run((either) => ask("POST", `${address(model)}/forecast`, { json, signal: either }));
      clearProblem(answer);
      answer.replaceChildren(element("p", {}, `The next step: ${found.forecast[0].map(short).join(", ")}`));
      drawChart(chart, forecastLines(model, rows, found), { label: "The history and the forecast", signal });
      showSnippet(call, `${address(model)}/forecast`, { ...json, history: rows.slice(-20) });
    } catch (error) {
      chart.replaceChildren();
      showProblem(answer, error);
    }
  }
  take();
  return element(
    "section",
    { class: "card", "aria-label": "Forecast" },
    element("h2", {}, "Forecast"),
    element("label", {}, "Steps ahead ", steps),
    slider,
    work.shown,
    answer,
    chart,
    call,
  );
}

/**
 * The history of each target, its forecast, and the band between quantiles.
 * @param {Model} model
 * @param {number[][]} rows
 * @param {{ forecast: number[][], quantiles?: Record<string, number[][]> }} found
 */
function forecastLines(model, rows, found) {
  const shown = rows.slice(-Math.max(60, 3 * found.forecast.length));
  const width = found.forecast[0].length;
  const ahead = found.forecast.length;
  const names = model.targets ?? Array.from({ length: width }, (_, i) => String(i));
  const before = (/** @type {number} */ count) => Array(count).fill(null);
  /** @type {import("./chart.js").Line[]} */
  const lines = [];
  for (let i = 0; i < Math.min(width, LINES); i++) {
    const column = model.features?.includes(names[i]) ? model.features.indexOf(names[i]) : i;
    const past = shown.map((row) => (column < row.length ? row[column] : null));
    lines.push({ name: names[i], values: [...past, ...before(ahead)] });
    lines.push({ name: `${names[i]} ahead`, dashed: true, points: true, values: [...before(shown.length), ...found.forecast.map((step) => step[i])] });
    const [low, high] = Object.values(found.quantiles ?? {});
    if (low && high) {
      lines.push({ name: `${names[i]}, high`, bandTo: lines.length + 1, values: [...before(shown.length), ...high.map((step) => step[i])] });
      lines.push({ name: `${names[i]}, low`, values: [...before(shown.length), ...low.map((step) => step[i])] });
    }
  }
  return lines;
}

/**
 * @param {Model} model
 * @param {number[][]} rows
 * @param {AbortSignal} signal
 */
function detectCard(model, rows, signal) {
  const answer = element("div", { "aria-live": "polite" });
  const chart = element("div");
  const call = element("div");
  const work = stoppable(signal);
  const kind = element("select", { "aria-label": "Kind of error", change: take }, ...["by its shapes", "forecast", "reconstruction"].map((name) => element("option", { value: name }, name)));
  async function take() {
    const json = /** @type {Record<string, unknown>} */ ({ x: rows });
    if (kind.value !== "by its shapes") {
      json.kind = kind.value;
    }
    try {
      const found = await work.run((either) => ask("POST", `${address(model)}/detect`, { json, signal: either }));
      clearProblem(answer);
      const errors = /** @type {(number | null)[]} */ ([found.error].flat());
      const anomalies = [found.anomaly].flat().flatMap((isOne, step) => (isOne === true ? [step] : []));
      answer.replaceChildren(
        element("p", {}, errors.length === 1 ? `The error of the whole: ${short(errors[0] ?? NaN)}` : `${errors.filter((error) => error !== null).length} errors of kind ${found.kind}`),
        found.threshold === undefined
          ? element("p", { class: "muted" }, "The model has no threshold: give it one by config, a file beside it, or …/threshold.")
          : element("p", {}, anomalies.length === 0 ? "Nothing is beyond the threshold." : `Beyond the threshold of ${short(found.threshold)}: ${errors.length === 1 ? "the whole" : `steps ${anomalies.slice(0, 30).join(", ")}${anomalies.length > 30 ? ", …" : ""}`}`),
      );
      if (errors.length > 1) {
        drawChart(
          chart,
          [
            { name: "error", values: errors },
            ...(found.threshold === undefined ? [] : [
              { name: "threshold", dashed: true, values: errors.map(() => found.threshold) },
              { name: "anomaly", points: true, values: errors.map((error, step) => (anomalies.includes(step) ? error : null)) },
            ]),
          ],
          { label: "The error of each step", signal },
        );
      }
      showSnippet(call, `${address(model)}/detect`, { ...json, x: rows.slice(0, 20) });
    } catch (error) {
      chart.replaceChildren();
      answer.replaceChildren();
      showProblem(answer, error);
    }
  }
  take();
  return element("section", { class: "card", "aria-label": "What is not usual" }, element("h2", {}, "What is not usual"), element("label", {}, "Error of ", kind), work.shown, answer, chart, call);
}

/**
 * @param {Model} model
 * @param {number[][]} rows
 * @param {AbortSignal} signal
 */
function classCard(model, rows, signal) {
  const card = element("section", { class: "card", "aria-label": "Class" }, element("h2", {}, "Class"));
  const json = { x: rows, return_sequences: false, top: model.labels?.length ?? 1 };
  ask("POST", `${address(model)}/unroll`, { json, signal })
    .then(({ classes }) => {
      const ranked = /** @type {{ label: string, probability: number }[]} */ (classes.flat());
      const call = element("div");
      card.append(
        ...ranked.map(({ label, probability }) =>
          element("div", {}, element("label", {}, `${label}: ${(100 * probability).toFixed(1)} %`), element("progress", { max: 1, value: probability, "aria-label": `Probability of ${label}` })),
        ),
        call,
      );
      showSnippet(call, `${address(model)}/unroll`, { ...json, x: rows.slice(0, 20) });
    })
    .catch((error) => showProblem(card, error));
  return card;
}
