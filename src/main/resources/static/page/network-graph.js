// @ts-check
/** The boxes of a network's drawing: its inputs, nodes and outputs, and runs of array operations as one. */

/**
 * @typedef {import("./api.js").Model} Model
 * @typedef {import("./api.js").Graph} Graph
 * @typedef {import("./api.js").GraphNode} GraphNode
 */

/**
 * A box.
 * @typedef {object} Box
 * @property {string} id
 * @property {"input" | "output" | "node" | "run" | "more"} kind
 * @property {string} title what it is
 * @property {string} detail
 * @property {string} count of the numbers of its weights
 * @property {string} shape of what it gives
 * @property {string} text all of it, in words
 * @property {string[]} inputs ids of the boxes that it takes from
 * @property {Record<string, string>} labels of what it takes from a box that gives several things
 * @property {string | null} run id of the run that it is, or is of
 * @property {number | null} layer of a recurrent node, which of the model's layers it is
 */

/** Of which there is a cell. */
const RECURRENT = ["lstm", "gru", "rnn"];

/**
 * The boxes, each after those that it takes from.
 * @param {Model} model
 * @param {Graph} graph
 * @param {Set<string>} opened ids of the runs whose nodes are shown
 * @returns {Box[]}
 */
export function boxesOf(model, graph, opened) {
  const runs = runsOf(model, graph);
  const isShut = (/** @type {GraphNode} */ node) => runs.has(node) && !opened.has(/** @type {string} */ (runs.get(node)));
  const idOf = (/** @type {GraphNode} */ node) => (isShut(node) ? /** @type {string} */ (runs.get(node)) : `node ${node.name}`);
  /** @type {Map<string, string>} of each name, the box that gives it */
  const givers = new Map(graph.inputs.map((name) => [name, `input ${name}`]));
  graph.nodes.forEach((node) => node.gives.forEach((value) => givers.set(value.name, idOf(node))));
  const ids = (/** @type {string[]} */ names) => [...new Set(names.map((name) => givers.get(name) ?? MORE))];
  /** @type {Box[]} */
  const boxes = graph.inputs.map((name) => {
    const shape = shapeText(model.inputs?.find((input) => input.name === name)?.shape ?? []);
    return box({ id: `input ${name}`, kind: "input", title: name, detail: "input", shape, text: `input ${name} ${shape}` });
  });
  const recurrent = graph.nodes.filter((node) => RECURRENT.includes(node.type));
  for (const node of graph.nodes) {
    const members = isShut(node) ? graph.nodes.filter((other) => idOf(other) === idOf(node)) : [node];
    if (node !== members.at(-1)) {
      continue;
    }
    const id = idOf(node);
    const takes = members.flatMap((member) => member.inputs).filter((name) => givers.get(name) !== id);
    const layer = recurrent.indexOf(node);
    const title = isShut(node) ? `${members.length} array operations` : titleOf(node, model.layers?.[layer]);
    const detail = isShut(node) ? [...new Set(members.map((member) => words(member.type)))].join(", ") : node.name;
    const numbers = members.reduce((sum, member) => sum + member.parameters, 0);
    const count = numbers > 0 ? `${numbers.toLocaleString("en")} ${numbers === 1 ? "number" : "numbers"}` : "";
    boxes.push(
      box({
        id,
        kind: isShut(node) ? "run" : "node",
        title,
        detail,
        count,
        shape: givenText(node, node.gives[0]),
        text: `${title}, ${detail}; takes ${takes.join(", ")}; gives ${node.gives.map((value) => givenText(node, value)).join(", ")}${count && `; ${count}`}`,
        inputs: ids(takes),
        labels: labelsOf(graph, takes, givers),
        run: runs.get(node) ?? null,
        layer: layer < 0 ? null : layer,
      }),
    );
  }
  if (graph.truncated) {
    const taken = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.of)]);
    const left = [...givers.keys()].filter((name) => !taken.has(name));
    const title = `${graph.truncated} further nodes`;
    boxes.push(box({ id: MORE, kind: "more", title, detail: "are not drawn", text: `${title} are not drawn`, inputs: ids(left) }));
  }
  for (const { name, of } of graph.outputs) {
    const shape = shapeText(model.outputs?.find((output) => output.name === name)?.shape ?? []);
    boxes.push(box({ id: `output ${name}`, kind: "output", title: name, detail: "output", shape, text: `output ${name} ${shape}, of ${of}`, inputs: ids([of]), labels: labelsOf(graph, [of], givers) }));
  }
  return boxes;
}

const MORE = "more";

/**
 * @param {Partial<Box> & Pick<Box, "id" | "kind" | "title" | "detail" | "text">} parts
 * @returns {Box}
 */
function box(parts) {
  return { shape: "", count: "", inputs: [], labels: {}, run: null, layer: null, ...parts };
}

/**
 * Of each node of a run of array operations, the run's id. A node belongs to the run that takes all that it gives, so
 * that a run gives what its last node gives. Only ONNX writes layers as array operations; elsewhere each was asked for.
 * @param {Model} model
 * @param {Graph} graph
 */
function runsOf(model, graph) {
  /** @type {Map<GraphNode, string>} */
  const runs = new Map();
  if (model.framework !== "onnx") {
    return runs;
  }
  /** @type {Map<string, Set<string | null>>} of each name, the runs that take it; null for all else that does */
  const takers = new Map(graph.outputs.map((output) => [output.of, new Set([null])]));
  for (const node of [...graph.nodes].reverse()) {
    const by = new Set(node.gives.flatMap((value) => [...(takers.get(value.name) ?? [])]));
    const [only] = by;
    const run = node.array_operation ? (by.size === 1 && only ? only : `run ${node.name}`) : null;
    if (run) {
      runs.set(node, run);
    }
    for (const name of node.inputs) {
      takers.set(name, (takers.get(name) ?? new Set()).add(run));
    }
  }
  const sizes = new Map();
  runs.forEach((run) => sizes.set(run, (sizes.get(run) ?? 0) + 1));
  return new Map([...runs].filter(([, run]) => sizes.get(run) > 1));
}

/**
 * @param {Graph} graph
 * @param {string[]} names of what a box takes
 * @param {Map<string, string>} givers
 */
function labelsOf(graph, names, givers) {
  /** @type {Record<string, string>} */
  const labels = {};
  for (const name of new Set(names)) {
    const node = graph.nodes.find((one) => one.gives.length > 1 && one.gives.some((value) => value.name === name));
    const giver = givers.get(name);
    if (node && giver) {
      labels[giver] = [labels[giver], portOf(node, name) || "steps"].filter(Boolean).join(", ");
    }
  }
  return labels;
}

/** @param {GraphNode} node @param {string} name */
const portOf = (node, name) => name.slice(node.name.length + 1);

/** @param {GraphNode} node @param {import("./api.js").GraphValue} value */
const givenText = (node, value) => `${portOf(node, value.name)} ${shapeText(value.shape)}`.trim();

/** @param {(string | number)[]} shape */
const shapeText = (shape) => `[${shape.join(", ")}]`;

/** @param {string} type */
const words = (type) => type.replaceAll("_", " ");

/**
 * @param {GraphNode} node
 * @param {import("./api.js").Layer | undefined} layer
 */
function titleOf(node, layer) {
  if (RECURRENT.includes(node.type)) {
    return `${node.type.toUpperCase()}${layer?.bidirectional ? ", both directions" : ""}`;
  }
  const ends = node.activation && node.activation !== "linear" ? node.activation.replace(/\(.*/, "") : "";
  return node.type === "activate" ? words(ends || node.type) : [words(node.type), words(ends)].filter(Boolean).join(", ");
}
