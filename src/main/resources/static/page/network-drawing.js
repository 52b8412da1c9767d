// @ts-check
/** A network, drawn from its description: its stages from what it takes to what it answers. */

import { drawn } from "./element.js";

const HEIGHT = 46;
const GAP = 26;
const WIDTH = 260;

/**
 * @param {import("./api.js").Model} model
 */
export function networkDrawing(model) {
  const stages = stagesOf(model);
  const height = stages.length * (HEIGHT + GAP) - GAP + 8;
  return drawn(
    "svg",
    { class: "drawing", viewBox: `0 0 ${WIDTH + 8} ${height}`, role: "img", "aria-label": `The network: ${stages.map((stage) => stage.join(" ")).join(", then ")}` },
    ...stages.flatMap(([name, detail], i) => {
      const top = 4 + i * (HEIGHT + GAP);
      return [
        i > 0 ? drawn("path", { class: "wire", d: `M${WIDTH / 2 + 4} ${top - GAP}V${top}` }) : drawn("g"),
        drawn("rect", { class: i === 0 || i === stages.length - 1 ? "frame" : "box", x: 4, y: top, width: WIDTH, height: HEIGHT, rx: 8 }),
        drawn("text", { x: WIDTH / 2 + 4, y: top + 20, "text-anchor": "middle" }, name),
        drawn("text", { class: "small", x: WIDTH / 2 + 4, y: top + 36, "text-anchor": "middle" }, detail),
      ];
    }),
  );
}

/**
 * Names and details of what is one after the other.
 * @param {import("./api.js").Model} model
 * @returns {[string, string][]}
 */
function stagesOf(model) {
  /** @param {import("./api.js").TensorDescription} tensor */
  const shape = (tensor) => `[${tensor.shape.join(", ")}]`;
  /** @type {[string, string][]} */
  const stages = (model.inputs ?? []).map((input) => [input.name, shape(input)]);
  // The stages begin with what goes in.
  const forward = (model.forward ?? []).slice(1);
  if (forward.length > (model.layers?.length ?? 0)) {
    stages.push(...forward.map((stage) => /** @type {[string, string]} */ ([stage.stage, `[${stage.shape.join(", ")}]`])));
  } else {
    if (model.embedding) {
      stages.push(["embedding", facts(model.embedding)]);
    }
    for (const layer of model.layers ?? []) {
      const size = layer.projection_size ? `${layer.hidden_size} units, ${layer.projection_size} out` : `${layer.hidden_size} units`;
      stages.push([`${layer.type.toUpperCase()}${layer.bidirectional ? ", both directions" : ""}`, `${layer.input_size} in, ${size}`]);
    }
    for (const layer of model.head ?? []) {
      const { type, ...rest } = /** @type {Record<string, unknown>} */ (layer);
      stages.push([String(type ?? "layer"), facts(rest)]);
    }
  }
  stages.push(...(model.outputs ?? []).map((output) => /** @type {[string, string]} */ ([output.name, shape(output)])));
  return stages;
}

/** @param {object} of */
function facts(of) {
  return Object.entries(of)
    .filter(([, value]) => typeof value !== "object")
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`)
    .join(", ");
}
