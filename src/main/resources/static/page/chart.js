// @ts-check
/** Lines over time. */

// @ts-expect-error: the server has it from a library's own file
import uPlot from "./uplot/uPlot.esm.js";

const HUES = ["--keep", "--read", "--write", "--new", "--cell", "--old", "--bad", "--good"];

/**
 * What is drawn in each place, and drawn anew when the window or the theme changes.
 * @type {WeakMap<HTMLElement, AbortController>}
 */
const drawings = new WeakMap();

/**
 * A line, or a band between two.
 * @typedef {{ name: string, values: (number | null)[], dashed?: boolean, bandTo?: number, points?: boolean }} Line
 */

/**
 * Draws lines in a place, instead of those before.
 * @param {HTMLElement} place
 * @param {Line[]} lines of as many values each
 * @param {{ label: string, signal: AbortSignal, point?: (step: number) => void }} options
 */
export function drawChart(place, lines, { label, signal, point }) {
  drawings.get(place)?.abort();
  const drawing = new AbortController();
  drawings.set(place, drawing);
  const show = () => {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--muted");
    const axis = { stroke: ink, grid: { stroke: style.getPropertyValue("--line") }, ticks: { stroke: ink } };
    place.replaceChildren();
    place.classList.add("chart");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", label);
    new uPlot(
      {
        width: Math.max(240, place.clientWidth),
        height: 260,
        scales: { x: { time: false } },
        axes: [axis, axis],
        cursor: { y: false },
        series: [
          { label: "step" },
          ...lines.map((line, i) => ({
            label: line.name,
            stroke: style.getPropertyValue(HUES[i % HUES.length]),
            width: 1.6,
            dash: line.dashed ? [6, 4] : undefined,
            points: { show: line.points === true },
          })),
        ],
        bands: lines.flatMap((line, i) =>
          line.bandTo === undefined ? [] : [{ series: [i + 1, line.bandTo + 1], fill: `${style.getPropertyValue(HUES[i % HUES.length])}33` }],
        ),
        hooks: { setCursor: [(/** @type {any} */ own) => own.cursor.idx !== null && point?.(own.cursor.idx)] },
      },
      [Array.from({ length: lines[0]?.values.length ?? 0 }, (_, i) => i), ...lines.map((line) => line.values)],
      place,
    );
  };
  show();
  const again = () => show();
  addEventListener("theme", again, { signal: drawing.signal });
  addEventListener("resize", again, { signal: drawing.signal });
  signal.addEventListener("abort", () => drawing.abort(), { signal: drawing.signal });
}
