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
      text === "" ? null : element("p", {}, error instanceof TypeError ? `The server cannot be reached (${text}).` : text),
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

/**
 * Shows each fault of a problem at the place that it speaks of; what has no place, or where there is none, in the first.
 * @param {HTMLElement} place
 * @param {unknown} error
 * @param {(pointer: string) => HTMLElement | null} placeOf where the field of a pointer is
 */
export function showProblemAt(place, error, placeOf) {
  /** @type {Map<HTMLElement, import("./api.js").FieldError[]>} */
  const placed = new Map();
  for (const field of error instanceof Problem ? error.errors : []) {
    const own = placeOf(field.pointer) ?? place;
    placed.set(own, [...(placed.get(own) ?? []), field]);
  }
  if (!(error instanceof Problem) || placed.size === 0 || placed.has(place)) {
    showProblem(place, error);
    return;
  }
  for (const [own, fields] of placed) {
    showProblem(own, new Problem(error.status, "", fields, error.requestId));
  }
}

/** @param {HTMLElement} place */
export function clearProblem(place) {
  place.querySelector(":scope > .problem")?.remove();
}
