// @ts-check
/** A cell to step by hand: x, h and c before, h and c after, and what happens between. */

import { address, ask, models } from "./api.js";
import { isCell } from "./cell-address.js";
import { cellDrawing } from "./cell-drawing.js";
import { element } from "./element.js";
import { parts, unitOf } from "./equations.js";
import { inputGrid, markColumn, outputGrid } from "./grid.js";
import { kept } from "./memory.js";
import { clearProblem, showProblem } from "./problem.js";
import { showSnippet } from "./snippets.js";

/** @typedef {import("./api.js").Model} Model */
/**
 * What was typed of a model: x by rows, and a state by slot, cell and row.
 * @typedef {{ x: number[][], state: Record<string, number[][][]> }} Typed
 */

export const title = "Cell";

/** The notebook's numbers. */
const NOTEBOOK = [[1, 2, 3, 4, 3, 2], [3, 2, 2, 2, 2, 2]];

const chosen = kept("cell.model", "notebook-cell/1");

/** @param {Model} model */
const key = (model) => `${model.name}/${model.version}`;

/** @param {Model} model @returns {Typed} */
function initial(model) {
  const input = model.inputs?.[0];
  const width = input?.vocabulary ? 1 : (model.features?.length ?? Number(input?.shape.at(-1)));
  const isNotebook = width === NOTEBOOK[0].length && !model.features && !input?.vocabulary;
  const x = isNotebook ? NOTEBOOK : [Array(width).fill(0)];
  const layers = model.layers ?? [];
  const zeros = (/** @type {number} */ size) => x.map(() => Array(size).fill(0));
  const state = /** @type {Record<string, number[][][]>} */ ({
    h: layers.map((layer) => zeros(layer.projection_size ?? layer.hidden_size)),
  });
  if (layers.some((layer) => layer.type === "lstm")) {
    state.c = layers.filter((layer) => layer.type === "lstm").map((layer) => zeros(layer.hidden_size));
  }
  return { x, state };
}

/**
 * A slot of all cells as the server takes and answers it: without the dimension of cells where there is one.
 * @param {number[][][]} cells
 */
const sent = (cells) => (cells.length === 1 ? cells[0] : cells);

/**
 * @param {any} slot
 * @param {number} cells
 * @returns {number[][][]}
 */
const received = (slot, cells) => (cells === 1 ? [slot] : slot);

/**
 * @param {HTMLElement} place
 * @param {string[]} path
 * @param {AbortSignal} signal
 */
export async function render(place, path, signal) {
  const found = (await models(signal)).filter(isCell);
  const asked = path.length > 1 ? path.slice(0, 2).join("/") : chosen.get();
  const model = found.find((one) => key(one) === asked) ?? found[0];
  place.append(
    element("h1", {}, "Inside a cell"),
    element("p", {}, "Type a row of x and a state, take a step, and see what the gates keep, write and read. Point at a part to see its equation with the numbers of one unit; choose the unit in the tables."),
  );
  if (!model) {
    place.append(element("p", { class: "muted" }, "No model is loaded that steps by one input. Upload one under Models."));
    return;
  }
  const select = element(
    "select",
    { id: "cell-model", change: () => show(/** @type {Model} */ (found.find((one) => key(one) === select.value))) },
    ...found.map((one) => element("option", { value: key(one), selected: one === model }, key(one))),
  );
  const cell = element("div");
  place.append(element("div", { class: "row" }, element("label", {}, "Model ", select)), cell);
  /** @param {Model} one */
  function show(one) {
    chosen.set(key(one));
    cell.replaceChildren(bench(one, layerOf(one), signal));
  }
  /** @param {Model} one */
  function layerOf(one) {
    const last = (one.layers ?? []).length - 1;
    const layer = key(one) === asked && path.length > 2 ? Number(path[2]) : last;
    return Number.isInteger(layer) && layer >= 0 && layer <= last ? layer : last;
  }
  show(model);
}

/**
 * A model's cell with all that can be typed and seen of it.
 * @param {Model} model
 * @param {number} layer that is shown at first
 * @param {AbortSignal} signal
 */
function bench(model, layer, signal) {
  const memory = kept(`cell.${key(model)}`, initial(model));
  const typed = structuredClone(memory.get());
  const layers = model.layers ?? [];
  let row = 0;
  let unit = 0;
  /** @type {any} what the last step was answered, and what it began with */
  let done = null;
  let shown = "cell";

  const before = element("section", { class: "card", "aria-label": "Before" });
  const after = element("section", { class: "card", "aria-label": "After" });
  const inside = element("section", { class: "card", "aria-label": "Inside" });
  const call = element("section", { class: "card", "aria-label": "The same call" });
  const problem = element("div");
  const step = element("button", { type: "button", click: take }, "Step");
  const goOn = element("button", { type: "button", class: "quiet", disabled: true, click: follow }, "Go on from there");
  const reset = element("button", { type: "button", class: "quiet", click: restart }, "Begin again");

  const layerChoice = element(
    "select",
    { "aria-label": "Layer", change: () => { layer = Number(layerChoice.value); draw(); } },
    ...layers.map((one, i) => element("option", { value: i, selected: i === layer }, `layer ${i}: ${one.type}, ${one.hidden_size} units`)),
  );

  function body() {
    const ids = model.inputs?.[0].vocabulary;
    return {
      x: ids ? typed.x.map((numbers) => numbers[0]) : typed.x,
      state: Object.fromEntries(Object.entries(typed.state).map(([slot, cells]) => [slot, sent(cells)])),
      trace: true,
    };
  }

  async function take() {
    const request = body();
    step.disabled = true;
    try {
      const answer = await ask("POST", `${address(model)}/step`, { json: request, signal });
      done = { answer, from: structuredClone(typed) };
      clearProblem(problem);
    } catch (error) {
      showProblem(problem, error);
    } finally {
      step.disabled = false;
    }
    draw();
  }

  function follow() {
    for (const slot of Object.keys(typed.state)) {
      typed.state[slot] = received(done.answer.state[slot], typed.state[slot].length);
    }
    memory.set(typed);
    done = null;
    draw();
  }

  function restart() {
    Object.assign(typed, structuredClone(initial(model)));
    memory.set(typed);
    done = null;
    draw();
  }

  /** Which cell of a slot a layer has: only LSTMs have a c. */
  function cellOf(/** @type {string} */ slot) {
    return slot === "c" ? layers.slice(0, layer).filter((one) => one.type === "lstm").length : layer;
  }

  function slots() {
    return Object.keys(typed.state).filter((slot) => slot === "h" || layers[layer].type === "lstm");
  }

  function drawBefore() {
    const grid = (/** @type {string} */ label, /** @type {number[][]} */ rows, /** @type {string[] | undefined} */ columns, /** @type {((c: number) => void) | undefined} */ choose) =>
      element("div", {}, element("h3", {}, label), inputGrid({ label, rows, columns, choose, change: (values) => { rows.forEach((_, i) => (rows[i] = values[i])); memory.set(typed); drawCall(); } }));
    before.replaceChildren(
      element("h2", {}, "Before"),
      grid("x", typed.x, model.features, undefined),
      ...slots().map((slot) => grid(slot, typed.state[slot][cellOf(slot)], undefined, choose)),
      element("div", { class: "row" }, step, goOn, reset),
      problem,
    );
  }

  function drawAfter() {
    after.replaceChildren(element("h2", {}, "After"));
    if (!done) {
      after.append(element("p", { class: "muted" }, "Take a step."));
      return;
    }
    const answer = done.answer;
    const output = Array.isArray(answer.output[0]) ? answer.output : [answer.output];
    const isHidden = JSON.stringify(output) === JSON.stringify(received(answer.state.h, layers.length).at(-1));
    after.append(
      ...slots().map((slot) =>
        element("div", {}, element("h3", {}, `${slot} new`), outputGrid({ label: `${slot} new`, rows: received(answer.state[slot], typed.state[slot].length)[cellOf(slot)], choose })),
      ),
      isHidden
        ? element("p", { class: "muted" }, "The output is h.")
        : element("div", {}, element("h3", {}, "output"), outputGrid({ label: "output", rows: output, columns: model.targets ?? model.labels })),
    );
  }

  function drawInside() {
    inside.replaceChildren(element("h2", {}, "Inside"), layers.length > 1 ? element("div", { class: "row" }, layerChoice) : "");
    const type = layers[layer].type;
    if (!done) {
      inside.append(element("p", { class: "muted" }, "The gates show their numbers once a step is taken."));
      return;
    }
    const trace = done.answer.trace[layer];
    const from = { h: done.from.state.h[cellOf("h")], c: done.from.state.c?.[cellOf("c")] };
    const units = trace.hidden[0].length;
    unit = Math.min(unit, (trace.candidate ?? trace.hidden)[0].length - 1);
    row = Math.min(row, trace.hidden.length - 1);
    const equation = element("p", { class: "equation", "aria-live": "polite" });
    const numbers = unitOf(trace, from, row, unit);
    const drawing = cellDrawing(layers[layer], numbers, (part) => {
      shown = part.id;
      for (const group of drawing.querySelectorAll("[data-part]")) {
        group.classList.toggle("on", group.getAttribute("data-part") === shown);
      }
      equation.textContent = part.equation(numbers, layers[layer]);
    });
    inside.append(
      element(
        "div",
        { class: "row" },
        element("label", {}, "Row ", element("input", { type: "number", min: 0, max: trace.hidden.length - 1, value: row, change: (/** @type {any} */ event) => { row = Number(event.target.value); drawInside(); } })),
        element("label", {}, "Unit ", element("input", { type: "number", min: 0, max: units - 1, value: unit, change: (/** @type {any} */ event) => choose(Number(event.target.value)) })),
      ),
      element("div", { class: "scroll" }, drawing),
      equation,
    );
    const part = parts(type).find((one) => one.id === shown) ?? parts(type).at(-1);
    equation.textContent = part?.equation(numbers, layers[layer]) ?? "";
    drawing.querySelector(`[data-part="${part?.id}"]`)?.classList.add("on");
  }

  /** @param {number} column */
  function choose(column) {
    unit = column;
    drawInside();
    markColumn(after, unit);
  }

  function drawCall() {
    const snippet = element("div");
    call.replaceChildren(element("h2", {}, "The same call"), snippet);
    showSnippet(snippet, `${address(model)}/step`, body());
  }

  function draw() {
    goOn.disabled = !done;
    drawBefore();
    drawAfter();
    drawInside();
    drawCall();
    markColumn(after, unit);
  }

  draw();
  take();
  return element("div", {}, element("div", { class: "sides" }, before, after), inside, call);
}
