// @ts-check
/** Tables of numbers: to be typed, and to be read. */

import { element } from "./element.js";
import { short } from "./numbers.js";

/**
 * A grid of numbers that can be typed and pasted.
 * @param {{ label: string, rows: number[][], columns?: string[], change: (rows: number[][]) => void,
 *   choose?: (column: number) => void }} options
 */
export function inputGrid({ label, rows, columns, change, choose }) {
  const values = rows.map((row) => [...row]);
  const body = values.map((row, r) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, values.length > 1 ? `row ${r}` : ""),
      ...row.map((value, c) => {
        const input = element("input", {
          type: "text",
          inputmode: "decimal",
          "aria-label": `${label}, row ${r}, ${columns?.[c] ?? `number ${c}`}`,
          value: String(value),
          focus: () => choose?.(c),
          input: () => {
            const typed = Number(input.value.trim());
            const isNumber = input.value.trim() !== "" && Number.isFinite(typed);
            input.setAttribute("aria-invalid", String(!isNumber));
            if (isNumber) {
              values[r][c] = typed;
              change(values);
            }
          },
          paste: (/** @type {ClipboardEvent} */ event) => pasted(event, r, c),
        });
        return element("td", { "data-column": c }, input);
      }),
    ),
  );
  const table = element("table", { class: "grid", "aria-label": label }, head(values[0]?.length ?? 0, columns), element("tbody", {}, ...body));
  /**
   * Numbers that are pasted fill the cells from here on, to the right and down.
   * @param {ClipboardEvent} event
   * @param {number} row
   * @param {number} column
   */
  function pasted(event, row, column) {
    const text = event.clipboardData?.getData("text") ?? "";
    const lines = text.trim().split(/\r?\n/).map((line) => line.trim().split(/[\s,;[\]]+/).filter(Boolean));
    if (lines.length === 1 && lines[0].length < 2) {
      return;
    }
    event.preventDefault();
    lines.forEach((numbers, r) =>
      numbers.forEach((number, c) => {
        const input = /** @type {HTMLInputElement | null} */ (
          table.querySelector(`tbody tr:nth-child(${row + r + 1}) td[data-column="${column + c}"] input`)
        );
        if (input) {
          input.value = number;
          input.dispatchEvent(new Event("input"));
        }
      }),
    );
  }
  return element("div", { class: "scroll" }, table);
}

/**
 * A grid of numbers to be read; the whole number is shown when it is pointed at.
 * @param {{ label: string, rows: number[][], columns?: string[], choose?: (column: number) => void }} options
 */
export function outputGrid({ label, rows, columns, choose }) {
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      { class: "grid", "aria-label": label },
      head(rows[0]?.length ?? 0, columns),
      element(
        "tbody",
        {},
        ...rows.map((row, r) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, rows.length > 1 ? `row ${r}` : ""),
            ...row.map((value, c) =>
              element(
                "td",
                { "data-column": c, click: () => choose?.(c) },
                element("output", { title: String(value) }, short(value)),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {number} count
 * @param {string[] | undefined} columns
 */
function head(count, columns) {
  const names = Array.from({ length: count }, (_, c) => columns?.[c] ?? String(c));
  return element(
    "thead",
    {},
    element("tr", {}, element("td", {}), ...names.map((name) => element("th", { scope: "col" }, name))),
  );
}

/**
 * Marks a column in every grid of a place.
 * @param {HTMLElement} place
 * @param {number} column
 */
export function markColumn(place, column) {
  for (const cell of place.querySelectorAll("td[data-column]")) {
    cell.classList.toggle("chosen", cell.getAttribute("data-column") === String(column));
  }
}
