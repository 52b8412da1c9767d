// @ts-check
/** A cell, drawn as the notebook draws it, with the numbers of one unit. */

import { drawn } from "./element.js";
import { parts } from "./equations.js";
import { short } from "./numbers.js";

/**
 * Where the parts of a cell lie, and the wires between them: [x, y] of their middle, and paths.
 * @type {Record<string, { places: Record<string, [number, number]>, signs: [number, number, string][], wires: string[] }>}
 */
const LAYOUTS = {
  lstm: {
    places: {
      old_c: [70, 60], forget: [190, 240], input: [320, 240], candidate: [440, 240], output: [560, 240],
      cell: [660, 60], hidden: [660, 150],
    },
    signs: [[190, 60, "×"], [380, 60, "+"], [380, 150, "×"], [560, 150, "×"], [560, 104, "f"]],
    wires: [
      "M120 60H176", "M204 60H366", "M394 60H610", "M190 212V74", "M380 136V74",
      "M320 212V150H366", "M440 212V150H394", "M560 212V164", "M560 60V90", "M560 118V136", "M574 150H610",
      "M60 300H560M190 300V268M320 300V268M440 300V268M560 300V268",
    ],
  },
  gru: {
    places: { old_h: [70, 60], update: [200, 240], reset: [330, 240], candidate: [470, 240], hidden: [660, 60] },
    signs: [[200, 60, "×"], [560, 60, "+"], [470, 150, "×"]],
    wires: [
      "M120 60H186", "M214 60H546", "M574 60H610", "M200 212V74", "M470 212V164", "M484 150H560V74",
      "M228 226V150H456", "M358 240H420", "M60 300H470M200 300V268M330 300V268M470 300V268",
    ],
  },
  rnn: {
    places: { old_h: [120, 60], hidden: [560, 150] },
    signs: [[340, 150, "+"]],
    wires: ["M170 60H340V136", "M354 150H510", "M60 300H340V164"],
  },
};

const WIDTH = 100;
const HEIGHT = 56;

/**
 * Draws a cell.
 * @param {import("./api.js").Layer} layer that it is one of
 * @param {import("./equations.js").Unit} unit
 * @param {(part: import("./equations.js").Part) => void} point what to do where a part is pointed at
 */
export function cellDrawing(layer, unit, point) {
  const type = layer.type;
  const layout = LAYOUTS[type];
  const activation = (layer.cell_activation ?? layer.activation).replace(/\(.*/, "");
  return drawn(
    "svg",
    { class: "drawing", viewBox: "0 0 740 330", role: "group", "aria-label": `A ${type.toUpperCase()} cell with the numbers of one unit` },
    drawn("rect", { class: "frame", x: 130, y: 20, width: 470, height: 268, rx: 14 }),
    ...layout.wires.map((d) => drawn("path", { class: "wire", d })),
    drawn("text", { class: "small", x: 60, y: 318 }, "x and h go into every gate"),
    ...layout.signs.map(([x, y, sign]) =>
      drawn(
        "g",
        {},
        sign === "f"
          ? drawn("rect", { class: "box", x: x - 24, y: y - 14, width: 48, height: 28, rx: 14 })
          : drawn("circle", { class: "box", cx: x, cy: y, r: 14 }),
        drawn("text", { x, y: y + 5, "text-anchor": "middle" }, sign === "f" ? activation : sign),
      ),
    ),
    ...parts(type).map((part) => drawnPart(part, layout.places[part.id], unit[part.id], point)),
  );
}

/**
 * @param {import("./equations.js").Part} part
 * @param {[number, number]} place
 * @param {number} value
 * @param {(part: import("./equations.js").Part) => void} point
 */
function drawnPart(part, [x, y], value, point) {
  const left = x - WIDTH / 2;
  const top = y - HEIGHT / 2;
  // A bar from the middle: what is between -1 and 1 fills one half at most.
  const length = Math.min(1, Math.abs(value)) * (WIDTH / 2 - 3);
  return drawn(
    "g",
    {
      class: part.hue,
      "data-part": part.id,
      tabindex: 0,
      role: "img",
      "aria-label": `${part.name}, the ${part.field}: ${short(value)}`,
      mouseenter: () => point(part),
      focus: () => point(part),
      click: () => point(part),
    },
    drawn("rect", { class: "box", x: left, y: top, width: WIDTH, height: HEIGHT, rx: 8 }),
    drawn("rect", { class: "bar", x: value < 0 ? x - length : x, y: top + HEIGHT - 8, width: Number.isFinite(length) ? length : 0, height: 5 }),
    drawn("text", { x, y: top + 16, "text-anchor": "middle" }, part.name),
    drawn("text", { class: "small", x, y: top + 30, "text-anchor": "middle" }, part.field),
    drawn("text", { class: "value", x, y: top + 45, "text-anchor": "middle", "data-value": String(value) }, short(value)),
  );
}
