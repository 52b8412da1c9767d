// @ts-check
/** Sequences as people have them: JSON, CSV and npy. */

/**
 * A sequence.
 * @typedef {{ rows: number[][], columns?: string[] }} Series
 */

/**
 * Reads a sequence from what was typed or pasted.
 * @param {string} text JSON, or lines of numbers with or without a line of names
 * @returns {Series}
 */
export function parseText(text) {
  const trimmed = text.trim();
  if (trimmed === "") {
    throw new Error("There is no number.");
  }
  return trimmed.startsWith("[") || trimmed.startsWith("{") ? ofJson(trimmed) : ofCsv(trimmed);
}

/**
 * Reads a sequence from a file.
 * @param {File} file
 * @returns {Promise<Series>}
 */
export async function parseFile(file) {
  const bytes = await file.arrayBuffer();
  const start = new Uint8Array(bytes, 0, Math.min(6, bytes.byteLength));
  return String.fromCharCode(...start) === "\x93NUMPY" ? ofNpy(bytes) : parseText(new TextDecoder().decode(bytes));
}

/** @param {string} text @returns {Series} */
function ofJson(text) {
  let value = JSON.parse(text);
  value = value.x ?? value.history ?? value;
  while (Array.isArray(value) && value.length === 1 && Array.isArray(value[0]?.[0])) {
    value = value[0];
  }
  if (!Array.isArray(value)) {
    throw new Error("Expected an array of steps, each an array of numbers.");
  }
  return { rows: checked(value.map((step) => (Array.isArray(step) ? step : [step]))) };
}

/** @param {string} text @returns {Series} */
function ofCsv(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const separator = [",", ";", "\t"].find((one) => lines[0].includes(one)) ?? /\s+/;
  const cells = lines.map((line) => line.trim().split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const isNumber = (/** @type {string} */ cell) => cell !== "" && Number.isFinite(Number(cell));
  const columns = cells[0].every(isNumber) ? undefined : cells.shift();
  // A column that is no number, such as a date, is left out.
  const used = (cells[0] ?? []).map((cell, i) => (isNumber(cell) ? i : -1)).filter((i) => i >= 0);
  return {
    rows: checked(cells.map((line) => used.map((i) => (line[i] === undefined || line[i] === "" ? NaN : Number(line[i]))))),
    columns: columns && used.map((i) => columns[i]),
  };
}

/** @param {ArrayBuffer} bytes @returns {Series} */
function ofNpy(bytes) {
  const view = new DataView(bytes);
  const long = view.getUint8(6) > 1;
  const begin = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder("latin1").decode(new Uint8Array(bytes, begin, length));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? "";
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  const readers = /** @type {Record<string, [number, (at: number) => number]>} */ ({
    "<f4": [4, (at) => view.getFloat32(at, true)],
    "<f8": [8, (at) => view.getFloat64(at, true)],
    "<i4": [4, (at) => view.getInt32(at, true)],
    "<i8": [8, (at) => Number(view.getBigInt64(at, true))],
  });
  const reader = readers[type];
  const sizes = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
  if (!reader || header.includes("'fortran_order': True") || sizes.length < 1 || sizes.length > 2) {
    throw new Error(`Expected an array of one or two dimensions of <f4, <f8, <i4 or <i8 in C order, got ${type} ${shape}.`);
  }
  const width = sizes[1] ?? 1;
  const [bytesEach, read] = reader;
  return {
    rows: checked(
      Array.from({ length: sizes[0] }, (_, step) =>
        Array.from({ length: width }, (_unused, i) => read(begin + length + (step * width + i) * bytesEach)),
      ),
    ),
  };
}

/** @param {any[][]} rows @returns {number[][]} */
function checked(rows) {
  rows.forEach((row, step) => {
    if (row.length !== rows[0].length) {
      throw new Error(`Step ${step} has ${row.length} numbers, step 0 has ${rows[0].length}.`);
    }
    row.forEach((value, column) => {
      if (typeof value !== "number" || !Number.isFinite(value)) {
        throw new Error(`Step ${step} has no number in column ${column}.`);
      }
    });
  });
  if (rows.length === 0 || rows[0].length === 0) {
    throw new Error("There is no number.");
  }
  return rows;
}
