// @ts-check
/** Shows what went wrong where it belongs, in the server's own words. */

import { Problem } from "./api.js";
import { element } from "./element.js";

/**
 * Shows a problem in a place, instead of the one before.
 * @param {HTMLElement} place
 * @param {unknown} error nothing is shown of what was stopped on purpose
 */
export function showProblem(place, error) {
  clearProblem(place);
  if (error instanceof DOMException && error.name === "AbortError") {
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  const fields = error instanceof Problem ? error.errors.filter((field) => field.pointer) : [];
  place.append(
    element(
      "div",
      { class: "problem", role: "alert" },
      element("p", {}, error instanceof TypeError ? `The server cannot be reached (${text}).` : text),
      fields.length > 0
        ? element(
            "ul",
            {},
            ...fields.map((field) => element("li", {}, element("code", {}, field.pointer), ` ${field.detail}`)),
          )
        : null,
      error instanceof Problem && error.requestId
        ? element("p", { class: "faint" }, `Request ${error.requestId}, status ${error.status}`)
        : null,
    ),
  );
}

/** @param {HTMLElement} place */
export function clearProblem(place) {
  place.querySelector(":scope > .problem")?.remove();
}
