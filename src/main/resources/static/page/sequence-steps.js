// @ts-check
/** One open sequence: its next step, a fork of it, a look ahead, its export and its end. */

import { address, ask, sequenceAddress } from "./api.js";
import { drawChart } from "./chart.js";
import { element } from "./element.js";
import { inputGrid, outputGrid } from "./grid.js";
import { kept } from "./memory.js";
import { duration, short } from "./numbers.js";
import { clearProblem, showProblem } from "./problem.js";
import { showSnippet } from "./snippets.js";

/** @typedef {import("./api.js").Model} Model */
/** @typedef {{ id: string, model: string, version: string, step: number, batch: number, ttl: string, expires_at: string,
 *   state: Record<string, any> }} Sequence */

const LINES = 6;
const DRAWN = 500;

/**
 * @param {HTMLElement} place
 * @param {string} id
 * @param {AbortSignal} signal
 */
export async function renderSequence(place, id, signal) {
  place.append(element("p", {}, element("a", { href: "#/sequences" }, "All sequences")), element("h1", {}, id));
  const sequence = /** @type {Sequence} */ (await ask("GET", sequenceAddress(id), { signal }));
  const model = /** @type {Model} */ (await ask("GET", address({ name: sequence.model, version: sequence.version }), { signal }));
  const facts = element("section", { class: "card", "aria-label": "Where it is" });
  place.append(facts, stepCard(sequence, model, refresh, signal), aheadCard(sequence, signal), otherCard(sequence, signal));

  function draw() {
    facts.replaceChildren(
      element("h2", {}, "Where it is"),
      element(
        "dl",
        { class: "facts" },
        ...[
          ["Model", element("a", { href: `#/models/${sequence.model}/${sequence.version}` }, `${sequence.model} ${sequence.version}`)],
          ["Steps", element("output", { "data-fact": "steps" }, sequence.step)],
          ["Rows", sequence.batch],
          ["Expires", `in ${duration(Date.parse(sequence.expires_at) - Date.now())}; ${sequence.ttl} after its last step`],
        ].flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
      ),
      element("details", {}, element("summary", {}, "Its state"), ...Object.entries(sequence.state).flatMap(([slot, value]) => grids(slot, value))),
    );
  }
  async function refresh() {
    Object.assign(sequence, await ask("GET", sequenceAddress(id), { signal }));
    draw();
  }
  draw();
  // What is left of its time goes on, too; and another client may step it.
  const timer = setInterval(() => document.hidden || facts.contains(document.activeElement) || refresh().catch((error) => showProblem(facts, error)), 5000);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/**
 * A slot of the state: a grid for each cell.
 * @param {string} slot
 * @param {any} value [batch, units], or a list of such
 * @returns {Node[]}
 */
function grids(slot, value) {
  if (Array.isArray(value[0]?.[0])) {
    return value.flatMap((/** @type {any} */ cell, /** @type {number} */ i) => grids(`${slot} ${i}`, cell));
  }
  return [element("h3", {}, slot), outputGrid({ label: slot, rows: Array.isArray(value[0]) ? value : [value] })];
}

/**
 * @param {Sequence} sequence
 * @param {Model} model
 * @param {() => Promise<void>} stepped called after a step
 * @param {AbortSignal} signal
 */
function stepCard(sequence, model, stepped, signal) {
  const input = bodyOf(sequence, model);
  const answer = element("div", { "aria-live": "polite" });
  const chart = element("div");
  const problem = element("div");
  const call = element("div");
  /** @type {number[][]} the first row's outputs, by steps taken here */
  const outputs = [];
  const button = element("button", { type: "button", click: take }, "Step");
  async function take() {
    button.disabled = true;
    try {
      // Numbered: if the answer is lost, the same call again changes nothing.
      const json = { ...input.body(), step: sequence.step + 1 };
      const found = await ask("POST", `${sequenceAddress(sequence.id)}/step`, { json, signal });
      clearProblem(problem);
      show(found);
      showSnippet(call, `${sequenceAddress(sequence.id)}/step`, json);
    } catch (error) {
      showProblem(problem, error);
    } finally {
      button.disabled = false;
    }
    await stepped().catch((error) => showProblem(problem, error));
  }
  /** @param {any} found */
  function show(found) {
    const named = found.outputs ?? { output: found.output };
    answer.replaceChildren(
      element("h3", {}, `After step ${found.step}`),
      ...Object.entries(named).flatMap(([name, value]) => grids(name, value)),
    );
    const first = [Object.values(named)[0]].flat(2).slice(0, LINES);
    outputs.push(first);
    outputs.splice(0, outputs.length - DRAWN);
    if (outputs.length > 1) {
      drawChart(chart, first.map((_, i) => ({ name: model.targets?.[i] ?? String(i), values: outputs.map((output) => output[i]) })), { label: "The outputs of the steps taken here", signal });
    }
  }
  return element("section", { class: "card", "aria-label": "Step" }, element("h2", {}, "Step"), input.field, element("div", { class: "row" }, button), problem, answer, chart, call);
}

/**
 * What the next step is given, and where it is typed: a grid of rows, or JSON where the model takes more than numbers.
 * @param {Sequence} sequence
 * @param {Model} model
 * @returns {{ field: HTMLElement, body: () => object }}
 */
function bodyOf(sequence, model) {
  const [input, ...others] = model.inputs ?? [];
  const width = input?.vocabulary ? 1 : (model.features?.length ?? Number(input?.shape.at(-1)));
  if (others.length === 0 && width <= 64) {
    const zeros = Array.from({ length: sequence.batch }, () => Array(width).fill(0));
    const memory = kept(`sequences.${sequence.model}.${sequence.batch}x${width}`, zeros);
    let rows = memory.get();
    return {
      field: inputGrid({ label: "x", rows, columns: model.features, change: (values) => { rows = values; memory.set(rows); } }),
      body: () => ({ x: input?.vocabulary ? rows.map((row) => row[0]) : rows }),
    };
  }
  const memory = kept(`sequences.${sequence.model}.json`, "");
  const text = element("textarea", { rows: 5, "aria-label": "The step, as JSON", placeholder: '{"inputs": {"a": [[0, 0]], "b": [[1]]}}', input: () => memory.set(text.value) });
  text.value = memory.get();
  return { field: text, body: () => JSON.parse(text.value) };
}

/**
 * @param {Sequence} sequence
 * @param {AbortSignal} signal
 */
function aheadCard(sequence, signal) {
  const horizon = element("input", { type: "number", min: 1, value: 12, "aria-label": "Steps ahead" });
  const chart = element("div");
  const answer = element("div", { "aria-live": "polite" });
  async function look() {
    const json = { horizon: Number(horizon.value) };
    try {
      const { forecast } = await ask("POST", `${sequenceAddress(sequence.id)}/forecast`, { json, signal });
      const steps = /** @type {number[][]} */ (Array.isArray(forecast[0]?.[0]) ? forecast[0] : forecast);
      clearProblem(answer);
      answer.replaceChildren(element("p", {}, `The next step: ${steps[0].map(short).join(", ")}`));
      drawChart(chart, steps[0].slice(0, LINES).map((_, i) => ({ name: String(i), points: true, values: steps.map((step) => step[i]) })), { label: "What would follow", signal });
    } catch (error) {
      chart.replaceChildren();
      answer.replaceChildren();
      showProblem(answer, error);
    }
  }
  return element(
    "section",
    { class: "card", "aria-label": "Look ahead" },
    element("h2", {}, "Look ahead"),
    element("p", { class: "muted" }, "What would follow if the model read its own answers. The sequence stays where it is."),
    element("div", { class: "row" }, element("label", {}, "Steps ahead ", horizon), element("button", { type: "button", class: "quiet", click: look }, "Look ahead")),
    answer,
    chart,
  );
}

/**
 * Fork, export, end.
 * @param {Sequence} sequence
 * @param {AbortSignal} signal
 */
function otherCard(sequence, signal) {
  const problem = element("div");
  const id = element("input", { type: "text", "aria-label": "Id of the fork", placeholder: "an id, or none" });
  const buttons = element("div", { class: "row" });
  /** @param {() => Promise<void>} action */
  const tried = (action) => () => action().then(() => clearProblem(problem), (error) => showProblem(problem, error));
  async function fork() {
    const json = id.value.trim() ? { id: id.value.trim() } : {};
    const forked = await ask("POST", `${sequenceAddress(sequence.id)}/fork`, { json, signal });
    location.hash = `#/sequences/${forked.id}`;
  }
  async function save() {
    const exported = await ask("GET", sequenceAddress(sequence.id), { signal });
    const url = URL.createObjectURL(new Blob([JSON.stringify(exported, null, 1)], { type: "application/json" }));
    element("a", { href: url, download: `${sequence.id}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  async function end() {
    await ask("DELETE", sequenceAddress(sequence.id), { signal });
    location.hash = "#/sequences";
  }
  const first = () =>
    buttons.replaceChildren(
      element("label", {}, "Fork as ", id),
      element("button", { type: "button", class: "quiet", click: tried(fork) }, "Fork"),
      element("button", { type: "button", class: "quiet", click: tried(save) }, "Export"),
      element("button", { type: "button", class: "bad", click: () => buttons.replaceChildren(...confirmation()) }, "End it"),
    );
  const confirmation = () => [
    element("span", {}, `End ${sequence.id}? Its state is lost.`),
    element("button", { type: "button", class: "bad", click: tried(end) }, `End ${sequence.id}`),
    element("button", { type: "button", class: "quiet", click: first }, "Keep it"),
  ];
  first();
  return element("section", { class: "card", "aria-label": "Fork, export, end" }, element("h2", {}, "Fork, export, end"), buttons, problem);
}
