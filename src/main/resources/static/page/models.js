// @ts-check
/** The models there are, one of them in full, and the upload of another. */

import { address, ask, models, send } from "./api.js";
import { element } from "./element.js";
import { size } from "./numbers.js";
import { networkDrawing } from "./network-drawing.js";
import { clearProblem, showProblem } from "./problem.js";

/** @typedef {import("./api.js").Model} Model */

export const title = "Models";

/** What may lie beside a model, told by names as the server tells them. */
const BESIDE = ["scaler", "target_scaler", "labels", "vocabulary", "threshold"];

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
  place.append(element("h1", {}, "Models"), uploadCard(signal), list);
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
  if (model.steps && model.inputs?.length === 1) {
    place.append(element("p", {}, element("a", { class: "button", href: `#/cell/${model.name}/${model.version}` }, "Step its cell")));
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
export function described(model) {
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
  add("Labels", model.labels?.join(", "));
  add("Detection", model.detection);
  add("Tags", model.tags?.join(", "));
  add("Not used", model.unused_tensors?.length ? model.unused_tensors.join(", ") : undefined);
  const assumed = model.assumed ?? [];
  return element(
    "section",
    { class: "card", "aria-label": "What the model is" },
    networkDrawing(model),
    facts,
    assumed.length > 0
      ? element("div", {}, element("h3", {}, "Taken for granted"), element("ul", {}, ...assumed.map((one) => element("li", {}, one))))
      : null,
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

/** @param {AbortSignal} signal */
function uploadCard(signal) {
  /** @type {File[]} */
  let files = [];
  const name = element("input", { type: "text", "aria-label": "Name of the model", placeholder: "name", pattern: "[A-Za-z0-9._\\-]+" });
  const config = element("textarea", { rows: 3, "aria-label": "config, as JSON", placeholder: '{"forward": ["lstm", "last", "fc"]}' });
  const chosen = element("ul", { "aria-label": "Files chosen" });
  const answer = element("div", { "aria-live": "polite" });
  const bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "Upload" });
  const picker = element("input", { type: "file", multiple: true, id: "upload-files", "aria-label": "Files of the model", change: () => take(picker.files) });
  const inspect = element("button", { type: "button", class: "quiet", disabled: true, click: () => go(true) }, "Inspect");
  const upload = element("button", { type: "button", disabled: true, click: () => go(false) }, "Upload");
  const stop = element("button", { type: "button", class: "quiet", hidden: true }, "Stop");
  const drop = element(
    "div",
    {
      class: "drop",
      dragover: (/** @type {DragEvent} */ event) => { event.preventDefault(); drop.classList.add("over"); },
      dragleave: () => drop.classList.remove("over"),
      drop: (/** @type {DragEvent} */ event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer?.files ?? null); },
    },
    element("p", {}, "Drop a model's file here, with what lies beside it: scaler.pkl, labels.txt, vocabulary.json, threshold.json"),
    picker,
  );

  /** @param {FileList | null} list */
  function take(list) {
    files = [...(list ?? [])];
    const model = files.find((file) => !besideName(file)) ?? files[0];
    if (model && !name.value) {
      name.value = model.name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9._-]/g, "-");
    }
    chosen.replaceChildren(...files.map((file) => element("li", {}, `${file.name}, ${size(file.size)}`, besideName(file) ? `, the ${besideName(file)}` : "")));
    inspect.disabled = upload.disabled = files.length === 0;
    if (files.length > 0) {
      go(true);
    }
  }

  /** @param {boolean} only whether nothing is to be kept */
  async function go(only) {
    const stopped = new AbortController();
    const either = AbortSignal.any([signal, stopped.signal]);
    stop.onclick = () => stopped.abort();
    stop.hidden = bar.hidden = false;
    inspect.disabled = upload.disabled = true;
    clearProblem(answer);
    try {
      const path = only ? "v1/models:inspect" : `${address({ name: name.value })}/versions`;
      const model = await send("POST", path, form(), { signal: either, progress: (share) => (bar.value = share) });
      answer.replaceChildren(
        element("h3", {}, only ? "What the server understands" : `Serves as ${model.name} ${model.version}`),
        described(model),
        only ? "" : element("a", { class: "button", href: `#/models/${model.name}/${model.version}` }, "Open it"),
      );
    } catch (error) {
      answer.replaceChildren();
      showProblem(answer, error);
    } finally {
      stop.hidden = bar.hidden = true;
      inspect.disabled = upload.disabled = files.length === 0;
    }
  }

  function form() {
    const data = new FormData();
    for (const file of files) {
      data.append(besideName(file) ?? "file", file, file.name);
    }
    if (config.value.trim()) {
      data.append("config", config.value);
    }
    return data;
  }

  return element(
    "section",
    { class: "card", "aria-label": "Upload" },
    element("h2", {}, "Upload"),
    drop,
    chosen,
    element("div", { class: "row" }, element("label", {}, "Name ", name)),
    element("details", {}, element("summary", {}, "What the file cannot say (config)"), config),
    element("div", { class: "row" }, inspect, upload, stop),
    bar,
    answer,
  );
}

/** @param {File} file */
function besideName(file) {
  const stem = file.name.toLowerCase().split(".")[0];
  return BESIDE.includes(stem) ? stem : null;
}
