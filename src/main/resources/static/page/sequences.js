// @ts-check
/** The open sequences: which there are, and the opening of another. */

import { address, ask, models } from "./api.js";
import { element } from "./element.js";
import { duration, size } from "./numbers.js";
import { clearProblem, showProblem } from "./problem.js";
import { renderSequence } from "./sequence-steps.js";

/** @typedef {import("./api.js").Model} Model */
/** @typedef {import("./api.js").OpenedSequence} OpenedSequence */

export const title = "Sequences";

const EVERY = 2000;
const PAGE = 50;

/**
 * @param {HTMLElement} place
 * @param {string[]} path
 * @param {AbortSignal} signal
 */
export async function render(place, path, signal) {
  if (path[0]) {
    await renderSequence(place, path[0], signal);
    return;
  }
  const found = (await models(signal)).filter((model) => model.status === "AVAILABLE" && model.steps);
  const only = element(
    "select",
    { "aria-label": "Sequences of", change: refresh },
    element("option", { value: "" }, "all models"),
    ...[...new Set(found.map((model) => model.name))].map((name) => element("option", { value: name }, name)),
  );
  const list = element("div");
  const problem = element("div");
  const more = element("button", { type: "button", class: "quiet", hidden: true, click: () => { shown += PAGE; refresh(); } }, "More");
  let shown = PAGE;
  place.append(
    element("h1", {}, "Sequences"),
    element("p", {}, "A sequence's state stays on the server between its steps, and expires when no step comes."),
    openCard(found, signal),
    element("section", { class: "card", "aria-label": "Open sequences" }, element("h2", {}, "Open"), element("div", { class: "row" }, only), list, more, problem),
  );

  async function refresh() {
    try {
      const query = `limit=${shown}${only.value && `&model=${encodeURIComponent(only.value)}`}`;
      const page = await ask("GET", `v1/sequences?${query}`, { signal });
      list.replaceChildren(table(page.sequences));
      more.hidden = page.next === undefined;
      clearProblem(problem);
    } catch (error) {
      showProblem(problem, error);
    }
  }
  await refresh();
  const timer = setInterval(() => document.hidden || list.contains(document.activeElement) || refresh(), EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** @param {OpenedSequence[]} sequences */
function table(sequences) {
  if (sequences.length === 0) {
    return element("p", { class: "muted" }, "None is open.");
  }
  const now = Date.now();
  const columns = ["Sequence", "Model", "Steps", "Rows", "Opened", "Expires", "Memory"];
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)))),
      element(
        "tbody",
        {},
        ...sequences.map((one) =>
          element(
            "tr",
            {},
            element("td", {}, element("a", { href: `#/sequences/${one.id}` }, one.id)),
            element("td", {}, element("a", { href: `#/models/${one.model}/${one.version}` }, `${one.model} ${one.version}`)),
            element("td", {}, one.step),
            element("td", {}, one.batch),
            element("td", {}, `${duration(now - Date.parse(one.opened_at))} ago`),
            element("td", {}, `in ${duration(Date.parse(one.expires_at) - now)}`),
            element("td", {}, size(one.bytes)),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {Model[]} found that step
 * @param {AbortSignal} signal
 */
function openCard(found, signal) {
  const model = element("select", { "aria-label": "Model of the sequence" }, ...found.map((one, i) => element("option", { value: i }, `${one.name} ${one.version}`)));
  const id = element("input", { type: "text", "aria-label": "Id of the sequence", placeholder: "an id, or none" });
  const batch = element("input", { type: "number", min: 1, value: 1, "aria-label": "Rows that step together" });
  const problem = element("div");
  async function open() {
    try {
      const json = { batch: Number(batch.value), ...(id.value.trim() && { id: id.value.trim() }) };
      const opened = await ask("POST", `${address(found[Number(model.value)])}/sequences`, { json, signal });
      location.hash = `#/sequences/${opened.id}`;
    } catch (error) {
      showProblem(problem, error);
    }
  }
  return element(
    "section",
    { class: "card", "aria-label": "Open a sequence" },
    element("h2", {}, "Open one"),
    element("div", { class: "row" }, element("label", {}, "Model ", model), element("label", {}, "Id ", id), element("label", {}, "Rows ", batch), element("button", { type: "button", disabled: found.length === 0, click: open }, "Open")),
    problem,
  );
}
