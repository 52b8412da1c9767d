// @ts-check
/** What is inside a cell, in the notebook's words and the field's, with the numbers of one unit filled in. */

import { short } from "./numbers.js";

/** @typedef {import("./api.js").Layer} Layer */

/**
 * The numbers of one unit at one step, by the field's names; old_h and old_c are those before it.
 * @typedef {Record<string, number>} Unit
 */

/**
 * A part of a cell.
 * @typedef {object} Part
 * @property {string} id of the number in a trace, or old_c, old_h
 * @property {string} name in the notebook
 * @property {string} field the field's name
 * @property {string} hue of its drawing
 * @property {(unit: Unit, layer: Layer) => string} equation
 */

/** The inverse of an activation that has one; else not a number. */
const INVERSES = /** @type {Record<string, (y: number) => number>} */ ({
  sigmoid: (y) => Math.log(y / (1 - y)),
  tanh: Math.atanh,
});

/** @param {string | undefined} name */
const symbol = (name) => (name === "sigmoid" ? "σ" : (name ?? "").replace(/\(.*/, ""));

/**
 * @param {string} name
 * @param {string | undefined} activation
 * @param {number} value
 */
function activated(name, activation, value) {
  const inverse = INVERSES[activation ?? ""];
  const inside = inverse && Number.isFinite(inverse(value)) ? short(inverse(value)) : "W·[x, h] + b";
  return `${name} = ${symbol(activation)}(${inside}) = ${short(value)}`;
}

/** @type {Part[]} */
const LSTM = [
  { id: "forget", name: "keep", field: "forget gate", hue: "keep", equation: (u, l) => activated("keep", l.recurrent_activation, u.forget) },
  { id: "input", name: "write", field: "input gate", hue: "write", equation: (u, l) => activated("write", l.recurrent_activation, u.input) },
  { id: "output", name: "read", field: "output gate", hue: "read", equation: (u, l) => activated("read", l.recurrent_activation, u.output) },
  { id: "candidate", name: "New", field: "candidate", hue: "new", equation: (u, l) => activated("New", l.activation, u.candidate) },
  { id: "old_c", name: "Old", field: "c before", hue: "old", equation: (u) => `Old = c = ${short(u.old_c)}` },
  {
    id: "cell",
    name: "Cell",
    field: "c",
    hue: "cell",
    equation: (u) =>
      `Cell = keep × Old + write × New = ${short(u.forget)} × ${short(u.old_c)} + ${short(u.input)} × ${short(u.candidate)} = ${short(u.cell)}`,
  },
  {
    id: "hidden",
    name: "Output",
    field: "h",
    hue: "read",
    equation: (u, l) => {
      const of = symbol(l.cell_activation ?? l.activation);
      return `Output = read × ${of}(Cell) = ${short(u.output)} × ${of}(${short(u.cell)}) = ${short(u.output_of_cell)}`;
    },
  },
];

/** @type {Part[]} */
const GRU = [
  { id: "update", name: "keep", field: "update gate", hue: "keep", equation: (u, l) => activated("keep", l.recurrent_activation, u.update) },
  { id: "reset", name: "reset", field: "reset gate", hue: "write", equation: (u, l) => activated("reset", l.recurrent_activation, u.reset) },
  { id: "candidate", name: "New", field: "candidate", hue: "new", equation: (u, l) => activated("New", l.activation, u.candidate) },
  { id: "old_h", name: "Old", field: "h before", hue: "old", equation: (u) => `Old = h = ${short(u.old_h)}` },
  {
    id: "hidden",
    name: "Output",
    field: "h",
    hue: "read",
    equation: (u) =>
      `Output = keep × Old + (1 − keep) × New = ${short(u.update)} × ${short(u.old_h)} + ${short(1 - u.update)} × ${short(u.candidate)} = ${short(u.hidden)}`,
  },
];

/** @type {Part[]} */
const RNN = [
  { id: "old_h", name: "Old", field: "h before", hue: "old", equation: (u) => `Old = h = ${short(u.old_h)}` },
  { id: "hidden", name: "Output", field: "h", hue: "read", equation: (u, l) => activated("Output", l.activation, u.hidden) },
];

/**
 * The parts of a cell of a type.
 * @param {string} type
 */
export function parts(type) {
  return type === "lstm" ? LSTM : type === "gru" ? GRU : RNN;
}

/**
 * The numbers of a unit; of an LSTM what its output is before a projection mixes units.
 * @param {Record<string, number[][]>} trace of a layer, by the field's names
 * @param {{ h?: number[][], c?: number[][] }} before
 * @param {number} row
 * @param {number} unit
 * @returns {Unit}
 */
export function unitOf(trace, before, row, unit) {
  /** @type {Unit} */
  const numbers = {};
  for (const [name, values] of Object.entries(trace)) {
    numbers[name] = values[row][unit];
  }
  numbers.old_h = before.h?.[row]?.[unit] ?? NaN;
  numbers.old_c = before.c?.[row]?.[unit] ?? NaN;
  numbers.output_of_cell = trace.hidden[row].length === trace.candidate?.[row].length ? numbers.hidden : NaN;
  return numbers;
}
