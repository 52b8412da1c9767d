// @ts-check
/** What this is, what is loaded, and the notebook's examples to run. */

import { ask, models } from "./api.js";
import { element } from "./element.js";
import { short, size } from "./numbers.js";
import { showProblem } from "./problem.js";

export const title = "Start";

/** The notebook's two examples, as its pages print them. */
const EXAMPLES = [
  {
    name: "One step of a cell",
    text: "BasicLSTMCell with four units takes two rows of six numbers, from a state of zeros.",
    path: "v1/models/notebook-cell/step",
    json: { x: [[1, 2, 3, 4, 3, 2], [3, 2, 2, 2, 2, 2]] },
  },
  {
    name: "A sequence, unrolled",
    text: "dynamic_rnn takes the same cell through three steps of two rows, of which the second ends after two.",
    path: "v1/models/notebook-sequence/unroll",
    json: {
      x: [
        [[1, 2, 3, 4, 3, 2], [1, 2, 1, 1, 1, 2], [1, 2, 2, 2, 2, 2]],
        [[1, 2, 3, 4, 3, 2], [3, 2, 2, 1, 1, 2], [0, 0, 0, 0, 3, 2]],
      ],
      lengths: [3, 2],
    },
  },
];

/**
 * @param {HTMLElement} place
 * @param {string[]} _path
 * @param {AbortSignal} signal
 */
export async function render(place, _path, signal) {
  const loaded = element("div", { class: "card" }, element("h2", {}, "Models"), element("p", { class: "muted" }, "Loading…"));
  place.append(
    element("h1", {}, "Keepgate serves recurrent models"),
    element(
      "p",
      {},
      "It keeps LSTM, GRU and simple recurrent models in memory, steps a cell with a given state or takes a whole sequence through its steps, and answers with the numbers of the framework that trained the model.",
    ),
    element("div", { class: "cards" }, ...EXAMPLES.map((example) => exampleCard(example, signal)), loaded, links()),
  );
  try {
    const found = await models(signal);
    loaded.replaceChildren(
      element("h2", {}, `${found.length} ${found.length === 1 ? "version" : "versions"} of models`),
      element(
        "ul",
        {},
        ...found.slice(0, 8).map((model) =>
          element(
            "li",
            {},
            element("a", { href: `#/models/${model.name}/${model.version}` }, model.name),
            ` ${model.version}`,
            model.bytes === undefined ? null : element("span", { class: "muted" }, `, ${size(model.bytes)}`),
          ),
        ),
      ),
      element("a", { href: "#/models" }, "All models, and upload"),
    );
  } catch (error) {
    showProblem(loaded, error);
  }
}

/**
 * @param {typeof EXAMPLES[number]} example
 * @param {AbortSignal} signal
 */
function exampleCard(example, signal) {
  const answer = element("div", { "aria-live": "polite" });
  const card = element(
    "section",
    { class: "card", "aria-label": example.name },
    element("h2", {}, example.name),
    element("p", {}, example.text),
    element("button", { type: "button", click: run }, "Run it"),
    answer,
  );
  async function run() {
    try {
      const { output, state } = await ask("POST", example.path, { json: example.json, signal });
      answer.replaceChildren(
        element("h3", {}, "output"),
        element("pre", { tabindex: "0", "aria-label": "output" }, rows(output)),
        element("h3", {}, "state c"),
        element("pre", { tabindex: "0", "aria-label": "state c" }, rows(state.c)),
        element("a", { href: "#/cell" }, "See it happen inside the cell"),
      );
    } catch (error) {
      showProblem(answer, error);
    }
  }
  return card;
}

/**
 * Rows of numbers, a line each.
 * @param {any[]} values
 * @returns {string}
 */
function rows(values) {
  return Array.isArray(values[0])
    ? values.map(rows).join("\n")
    : values.map((value) => short(value).padStart(10)).join(" ");
}

function links() {
  return element(
    "section",
    { class: "card", "aria-label": "Elsewhere" },
    element("h2", {}, "Elsewhere"),
    element(
      "ul",
      {},
      element("li", {}, element("a", { href: "docs" }, "API documentation"), ": every call, to try"),
      element("li", {}, element("a", { href: "actuator/health" }, "Health"), ", ", element("a", { href: "actuator/prometheus" }, "metrics")),
    ),
  );
}
