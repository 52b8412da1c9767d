// @ts-check
/** Where the view is that steps a model's cells. */

/** @typedef {import("./api.js").Model} Model */

/**
 * Whether a model's cells can be stepped by hand: each step takes one input, and goes one way.
 * @param {Model} model
 */
export function isCell(model) {
  return (
    model.status === "AVAILABLE" &&
    model.steps === true &&
    model.inputs?.length === 1 &&
    (model.layers?.length ?? 0) > 0 &&
    model.layers?.every((layer) => !layer.bidirectional) === true
  );
}

/**
 * @param {Model} model
 * @param {number} [layer] the last where not said
 */
export function cellAddress(model, layer) {
  return `#/cell/${model.name}/${model.version}${layer === undefined ? "" : `/${layer}`}`;
}
