// @ts-check
/** A network, drawn from its description: what takes what, from its inputs down to its outputs. */

import { cellAddress, isCell } from "./cell-address.js";
import { drawn, element } from "./element.js";
import { layout } from "./graph-layout.js";
import { boxesOf } from "./network-graph.js";

/**
 * @typedef {import("./network-graph.js").Box} Box
 * @typedef {import("./graph-layout.js").Layout} Layout
 */

const SIZES = { width: 216, height: 62, gap: 20, between: 36 };
const MARGIN = 14;

/** Letters that fit into a box. */
const TITLE_LETTERS = 26;
const SMALL_LETTERS = 34;

/**
 * The drawing; null where the server says nothing of the network.
 * @param {import("./api.js").Model} model
 */
export function networkDrawing(model) {
  const { graph } = model;
  if (!graph) {
    return null;
  }
  /** @type {Set<string>} */
  const opened = new Set();
  const place = element("div", { class: "network" });
  /** @param {string} [focused] id of the box, or of the run, that is to have the focus */
  function draw(focused) {
    const boxes = boxesOf(model, /** @type {import("./api.js").Graph} */ (graph), opened);
    const drawing = drawingOf(boxes, model, toggle);
    place.replaceChildren(drawing);
    if (focused) {
      groupOf(drawing, (boxes.find((box) => box.id === focused) ?? boxes.find((box) => box.run === focused))?.id)?.focus();
    }
  }
  /** @param {string} run */
  function toggle(run) {
    if (!opened.delete(run)) {
      opened.add(run);
    }
    draw(run);
  }
  draw();
  // What the network takes is seen first, also where it is in the middle of a wide drawing.
  requestAnimationFrame(() => {
    const first = place.querySelector("[data-box]")?.getBoundingClientRect();
    const whole = place.getBoundingClientRect();
    place.scrollLeft += first ? first.left + first.width / 2 - whole.left - whole.width / 2 : 0;
  });
  return place;
}

/**
 * @param {Box[]} boxes
 * @param {import("./api.js").Model} model
 * @param {(run: string) => void} toggle
 */
function drawingOf(boxes, model, toggle) {
  const placed = layout(boxes, SIZES);
  const width = placed.width + 2 * MARGIN;
  const height = placed.height + 2 * MARGIN;
  const labels = new Map(boxes.map((box) => [box.id, box.labels]));
  const drawing = drawn(
    "svg",
    {
      class: "drawing graph",
      width,
      height,
      viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}`,
      role: "group",
      "aria-label": `The network: ${boxes.length} boxes from its inputs to its outputs; arrow keys go along its wires`,
      keydown: (/** @type {KeyboardEvent} */ event) => move(event, drawing, boxes, placed),
    },
    ...placed.wires.map((wire) => drawnWire(wire, labels.get(wire.to)?.[wire.from])),
    ...boxes.map((box) => drawnBox(box, model, /** @type {import("./graph-layout.js").Point} */ (placed.places.get(box.id)), toggle)),
  );
  // The tabulator key leads to the first; arrow keys lead on.
  drawing.querySelector("[data-box]")?.setAttribute("tabindex", "0");
  for (const [event, isOn] of /** @type {[string, boolean][]} */ ([["focusin", true], ["focusout", false], ["mouseover", true], ["mouseout", false]])) {
    drawing.addEventListener(event, ({ target }) => mark(drawing, target, isOn));
  }
  return drawing;
}

/**
 * @param {import("./graph-layout.js").Wire} wire
 * @param {string | undefined} label
 */
function drawnWire({ from, to, points }, label) {
  const [start, ...rest] = points;
  const end = points[points.length - 1];
  let at = start;
  let path = `M${start.x} ${start.y}`;
  for (const point of rest) {
    const middle = (at.y + point.y) / 2;
    path += at.x === point.x ? `V${point.y}` : `C${at.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    at = point;
  }
  return drawn(
    "g",
    { class: "edge", "data-from": from, "data-to": to, "aria-hidden": "true" },
    drawn("path", { class: "wire", d: path }),
    drawn("path", { class: "arrow", d: `M${end.x - 4} ${end.y - 8}L${end.x} ${end.y - 1}L${end.x + 4} ${end.y - 8}Z` }),
    label ? drawn("text", { class: "small", x: end.x + 7, y: end.y - 6 }, label) : null,
  );
}

/**
 * A box; that of a cell leads to where it can be stepped.
 * @param {Box} box
 * @param {import("./api.js").Model} model
 * @param {import("./graph-layout.js").Point} place
 * @param {(run: string) => void} toggle
 */
function drawnBox(box, model, { x, y }, toggle) {
  const { run } = box;
  const top = y - SIZES.height / 2;
  const press = run && (() => toggle(run));
  const sign = box.kind === "run" ? "▸ " : run ? "▾ " : "";
  const count = box.count && ` · ${box.count}`;
  const detail = (box.kind === "run" ? cutEnd : cut)(box.detail, SMALL_LETTERS - count.length);
  const link = box.layer !== null && isCell(model) ? cellAddress(model, box.layer) : null;
  const text = link ? `${box.text}; step its cell` : box.text;
  return drawn(
    link ? "a" : "g",
    {
      class: `vertex ${box.kind}`,
      href: link,
      "data-box": box.id,
      tabindex: -1,
      role: run ? "button" : link ? null : "img",
      "aria-expanded": run && String(box.kind !== "run"),
      "aria-label": text,
      click: press,
      keydown: press && ((/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          press();
        }
      }),
    },
    drawn("title", {}, text),
    box.kind === "run" ? drawn("rect", { class: "box", x: x - SIZES.width / 2 + 4, y: top + 4, width: SIZES.width, height: SIZES.height, rx: 8 }) : null,
    drawn("rect", { class: "box", x: x - SIZES.width / 2, y: top, width: SIZES.width, height: SIZES.height, rx: 8 }),
    drawn("text", { class: "title", x, y: top + 19, "text-anchor": "middle" }, cut(`${sign}${box.title}`, TITLE_LETTERS)),
    drawn("text", { class: "small", x, y: top + 36, "text-anchor": "middle" }, `${detail}${count}`),
    drawn("text", { class: "small", x, y: top + 52, "text-anchor": "middle" }, cut(box.shape, SMALL_LETTERS)),
  );
}

/**
 * A text without its middle, where it is long: names differ at their ends.
 * @param {string} text
 * @param {number} letters
 */
function cut(text, letters) {
  const half = Math.floor((letters - 1) / 2);
  return text.length <= letters ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}

/**
 * @param {string} text
 * @param {number} letters
 */
function cutEnd(text, letters) {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

/**
 * @param {SVGElement} drawing
 * @param {string | undefined} id
 */
function groupOf(drawing, id) {
  return [...drawing.querySelectorAll("[data-box]")].map((group) => /** @type {SVGElement} */ (group)).find((group) => group.dataset.box === id);
}

/**
 * Marks a box and its wires.
 * @param {SVGElement} drawing
 * @param {EventTarget | null} target
 * @param {boolean} isOn
 */
function mark(drawing, target, isOn) {
  const group = target instanceof Element ? /** @type {SVGElement | null} */ (target.closest("[data-box]")) : null;
  for (const edge of /** @type {NodeListOf<SVGElement>} */ (drawing.querySelectorAll("[data-from]"))) {
    if (group && (edge.dataset.from === group.dataset.box || edge.dataset.to === group.dataset.box)) {
      edge.classList.toggle("on", isOn);
    }
  }
}

/**
 * Takes the focus along a wire, or to the box beside.
 * @param {KeyboardEvent} event
 * @param {SVGElement} drawing
 * @param {Box[]} boxes
 * @param {Layout} placed
 */
function move(event, drawing, boxes, placed) {
  const group = /** @type {SVGElement} */ (event.target);
  const box = boxes.find((one) => one.id === group.dataset.box);
  if (!box) {
    return;
  }
  const row = placed.layers.find((layer) => layer.includes(box.id)) ?? [];
  const to = {
    ArrowUp: box.inputs[0],
    ArrowDown: boxes.find((one) => one.inputs.includes(box.id))?.id,
    ArrowLeft: row[row.indexOf(box.id) - 1],
    ArrowRight: row[row.indexOf(box.id) + 1],
  }[event.key];
  const next = groupOf(drawing, to);
  if (next) {
    event.preventDefault();
    group.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}
