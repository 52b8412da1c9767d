// @ts-check
/** The models there are, and one of them in full. */

import { address, ask, models } from "./api.js";
import { cellAddress, isCell } from "./cell-address.js";
import { element } from "./element.js";
import { size } from "./numbers.js";
import { networkDrawing } from "./network-drawing.js";
import { showProblem } from "./problem.js";
import { uploadCard } from "./upload.js";

/** @typedef {import("./api.js").Model} Model */

export const title = "Models";

/**
 * @param {HTMLElement} place
 * @param {string[]} path
 * @param {AbortSignal} signal
 */
export async function render(place, path, signal) {
  if (path.length > 1) {
    await renderOne(place, path[0], path[1], signal);
    return;
  }
  const list = element("section", { class: "card", "aria-label": "Loaded models" });
  place.append(element("h1", {}, "Models"), uploadCard(described, signal), list);
  await fill(list, signal);
}

/**
 * @param {HTMLElement} list
 * @param {AbortSignal} signal
 */
async function fill(list, signal) {
  const found = await models(signal);
  list.replaceChildren(
    element("h2", {}, "Loaded"),
    element(
      "div",
      { class: "scroll" },
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...["Model", "Version", "Status", "From", "Network", "Memory"].map((name) => element("th", { scope: "col" }, name)))),
        element("tbody", {}, ...found.map(line)),
      ),
    ),
  );
}

/** @param {Model} model */
function line(model) {
  return element(
    "tr",
    {},
    element("td", {}, element("a", { href: `#/models/${model.name}/${model.version}` }, model.name)),
    element("td", {}, model.version),
    element("td", {}, element("span", { class: model.status === "AVAILABLE" ? "tag good" : "tag bad" }, model.status)),
    element("td", {}, model.built_in ? "built in" : (model.framework ?? "")),
    element("td", {}, (model.layers ?? []).map((layer) => `${layer.type} ${layer.hidden_size}`).join(", ")),
    element("td", {}, model.bytes === undefined ? "" : size(model.bytes)),
  );
}

/**
 * @param {HTMLElement} place
 * @param {string} name
 * @param {string} version
 * @param {AbortSignal} signal
 */
async function renderOne(place, name, version, signal) {
  const model = /** @type {Model} */ (await ask("GET", address({ name, version }), { signal }));
  place.append(element("p", {}, element("a", { href: "#/models" }, "All models")), element("h1", {}, `${model.name} ${model.version}`), described(model));
  if (isCell(model)) {
    place.append(element("p", {}, element("a", { class: "button", href: cellAddress(model) }, "Step its cell")));
  }
  if (model.inputs?.length === 1 && !model.inputs[0].vocabulary) {
    place.append(element("p", {}, element("a", { class: "button", href: `#/forecast/${model.name}/${model.version}` }, "Give it readings")));
  }
  if (!model.built_in) {
    place.append(unloadCard(model, signal));
  }
}

/**
 * All that the server says of a model.
 * @param {Model} model
 */
function described(model) {
  const facts = element("dl", { class: "facts" });
  const add = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    if (value !== undefined && value !== null && value !== "") {
      facts.append(element("dt", {}, name), element("dd", {}, typeof value === "string" ? value : JSON.stringify(value)));
    }
  };
  add("Description", model.description);
  add("Status", model.status);
  add("Error", model.error);
  add("Format", [model.format, model.framework].filter(Boolean).join(", from "));
  add("Numbers", model.parameters?.toLocaleString("en"));
  add("Memory", model.bytes === undefined ? undefined : size(model.bytes));
  for (const input of model.inputs ?? []) {
    add("Takes", `${input.name} [${input.shape.join(", ")}]${input.vocabulary ? `, integers below ${input.vocabulary}` : ""}`);
  }
  for (const output of model.outputs ?? []) {
    add("Answers", `${output.name} [${output.shape.join(", ")}]`);
  }
  add("Steps", model.steps === undefined ? undefined : model.steps ? "yes" : "no, it needs its whole sequence");
  add("Window", model.window === undefined ? undefined : `${model.window} steps`);
  add("Features", model.features?.join(", "));
  add("Targets", model.targets?.join(", "));
  add("Units", model.units);
  add("Labels of the version", model.version_labels?.join(", "));
  add("Classes", model.labels?.join(", "));
  add("Detection", model.detection);
  add("Tags", model.tags?.join(", "));
  add("Not used", model.unused_tensors?.length ? model.unused_tensors.join(", ") : undefined);
  const assumed = model.assumed ?? [];
  return element(
    "section",
    { class: "card", "aria-label": "What the model is" },
    element(
      "div",
      { class: "model" },
      networkDrawing(model),
      element(
        "div",
        {},
        facts,
        assumed.length > 0
          ? element("div", {}, element("h3", {}, "Taken for granted"), element("ul", {}, ...assumed.map((one) => element("li", {}, one))))
          : null,
      ),
    ),
  );
}

/**
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function unloadCard(model, signal) {
  const card = element("section", { class: "card", "aria-label": "Delete" });
  const ask1 = element("button", { type: "button", class: "bad", click: () => card.replaceChildren(...confirmation()) }, "Delete this version");
  const confirmation = () => [
    element("p", {}, `Delete ${model.name} ${model.version} from this server and its disk?`),
    element(
      "div",
      { class: "row" },
      element("button", { type: "button", class: "bad", click: remove }, `Delete ${model.name} ${model.version}`),
      element("button", { type: "button", class: "quiet", click: () => card.replaceChildren(ask1) }, "Keep it"),
    ),
  ];
  async function remove() {
    try {
      await ask("DELETE", address(model), { signal });
      location.hash = "#/models";
    } catch (error) {
      showProblem(card, error);
    }
  }
  card.append(ask1);
  return card;
}
