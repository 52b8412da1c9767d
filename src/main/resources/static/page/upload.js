// @ts-check
/** The upload of a model: looked at first, and refused where the fault is. */

import { address, send } from "./api.js";
import { element } from "./element.js";
import { size } from "./numbers.js";
import { clearProblem, showProblemAt } from "./problem.js";

/** @typedef {import("./api.js").Model} Model */

/** What may lie beside a model, told by names as the server tells them. */
const BESIDE = ["scaler", "target_scaler", "labels", "vocabulary", "threshold", "expected"];
const CONFIG = "config.json";

/**
 * What part of the form a file is, if it is not the model.
 * @param {File} file
 */
function besideName(file) {
  const stem = file.name.toLowerCase().split(".")[0];
  return BESIDE.includes(stem) ? stem : null;
}

/**
 * @param {(model: Model) => HTMLElement} described shows what the server says of a model
 * @param {AbortSignal} signal
 */
export function uploadCard(described, signal) {
  /** @type {File[]} */
  let files = [];
  const name = element("input", { type: "text", "aria-label": "Name of the model", placeholder: "name", pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*" });
  const config = element("textarea", { rows: 3, "aria-label": "config, as JSON", placeholder: '{"forward": ["lstm", "last", "fc"]}' });
  const nameField = element("div", {}, element("div", { class: "row" }, element("label", {}, "Name ", name)));
  const configField = element("details", {}, element("summary", {}, "What the file cannot say (config)"), config);
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
    element("p", {}, "Drop a model's file here, with what lies beside it: scaler.pkl, labels.txt, vocabulary.json, threshold.json, expected.json, config.json"),
    picker,
  );

  /** @param {FileList | null} list */
  async function take(list) {
    const all = [...(list ?? [])];
    files = all.filter((file) => file.name !== CONFIG);
    const settings = all.find((file) => file.name === CONFIG);
    if (settings) {
      config.value = await settings.text();
      configField.open = true;
    }
    const model = files.find((file) => !besideName(file)) ?? files[0];
    if (model && !name.value) {
      name.value = model.name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_-]/g, "-").replace(/^[_-]+/, "");
    }
    chosen.replaceChildren(...files.map((file) => element("li", { "data-part": besideName(file) ?? "file" }, `${file.name}, ${size(file.size)}`, besideName(file) ? `, the ${besideName(file)}` : "")));
    inspect.disabled = upload.disabled = files.length === 0;
    if (files.length > 0) {
      await go(true);
    }
  }

  /**
   * Where a field of the form stands that the server points at.
   * @param {string} pointer such as /config/forward/1, scaler or {model}
   */
  function placeOf(pointer) {
    const field = pointer.replace(/^\//, "").split("/")[0];
    if (field === "config") {
      configField.open = true;
      return configField;
    }
    return field === "{model}" ? nameField : /** @type {HTMLElement | null} */ (chosen.querySelector(`li[data-part="${CSS.escape(field)}"]`));
  }

  function clear() {
    for (const place of [answer, nameField, configField, ...chosen.querySelectorAll("li")]) {
      clearProblem(/** @type {HTMLElement} */ (place));
    }
  }

  /** @param {boolean} only whether nothing is to be kept */
  async function go(only) {
    const stopped = new AbortController();
    const either = AbortSignal.any([signal, stopped.signal]);
    stop.onclick = () => stopped.abort();
    stop.hidden = bar.hidden = false;
    inspect.disabled = upload.disabled = true;
    clear();
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
      showProblemAt(answer, error, placeOf);
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
    nameField,
    configField,
    element("div", { class: "row" }, inspect, upload, stop),
    bar,
    answer,
  );
}
