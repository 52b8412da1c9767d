// @ts-check
/** What the server does now, by its own meters. */

import { ask } from "./api.js";
import { drawChart } from "./chart.js";
import { element } from "./element.js";
import { short, size } from "./numbers.js";
import { clearProblem, showProblem } from "./problem.js";

export const title = "Live";

const EVERY = 1000;
const SHOWN = 120;

/** @typedef {{ name: string, tags: Record<string, string>, values: Record<string, number> }} Meter */
/** @typedef {{ time: number, meters: Meter[] }} Reading */

/**
 * The sum of a value over all meters of a name.
 * @param {Reading} reading
 * @param {string} name
 * @param {string} value
 * @param {Record<string, string>} [tags] that a meter must have
 */
function sum(reading, name, value, tags = {}) {
  return reading.meters
    .filter((meter) => meter.name === name && Object.entries(tags).every(([key, wanted]) => meter.tags[key] === wanted))
    .reduce((total, meter) => total + (meter.values[value] ?? 0), 0);
}

/**
 * What is drawn: of a reading and the one before it.
 * @type {{ title: string, lines: Record<string, (now: Reading, before: Reading) => number | null>, shown: (value: number) => string }[]}
 */
const CHARTS = [
  {
    title: "A second",
    lines: {
      steps: (now, before) => rate(now, before, "keepgate.steps", "count"),
      requests: (now, before) => rate(now, before, "keepgate.requests", "count"),
    },
    shown: (value) => short(Math.round(value)),
  },
  {
    title: "Rows of a batch",
    lines: {
      rows: (now, before) => mean(now, before, "keepgate.batch.size"),
      "waiting requests": (now) => sum(now, "keepgate.queue", "value"),
    },
    shown: short,
  },
  {
    title: "Milliseconds of a request",
    lines: Object.fromEntries(
      ["read", "queue", "compute", "store", "write"].map((stage) => [
        stage,
        (/** @type {Reading} */ now, /** @type {Reading} */ before) => {
          const seconds = mean(now, before, "keepgate.stage", { stage });
          return seconds === null ? null : 1000 * seconds;
        },
      ]),
    ),
    shown: short,
  },
  {
    title: "Memory",
    lines: {
      heap: (now) => sum(now, "jvm.memory.used", "value", { area: "heap" }) / 1e6,
      models: (now) => sum(now, "keepgate.model.memory", "value") / 1e6,
      "in flight": (now) => sum(now, "keepgate.memory.in.flight", "value") / 1e6,
    },
    shown: (value) => size(1e6 * value),
  },
];

/**
 * @param {Reading} now
 * @param {Reading} before
 * @param {string} name
 * @param {string} value
 */
function rate(now, before, name, value) {
  return ((sum(now, name, value) - sum(before, name, value)) / (now.time - before.time)) * 1000;
}

/**
 * @param {Reading} now
 * @param {Reading} before
 * @param {string} name
 * @param {Record<string, string>} [tags]
 */
function mean(now, before, name, tags = {}) {
  const count = sum(now, name, "count", tags) - sum(before, name, "count", tags);
  return count > 0 ? (sum(now, name, "total", tags) - sum(before, name, "total", tags)) / count : null;
}

/**
 * @param {HTMLElement} place
 * @param {string[]} _path
 * @param {AbortSignal} signal
 */
export async function render(place, _path, signal) {
  const problem = element("div");
  const cards = CHARTS.map(({ title: name, lines }) => ({
    chart: element("div"),
    now: Object.fromEntries(Object.keys(lines).map((line) => [line, element("output", { "data-meter": line }, "–")])),
    name,
  }));
  place.append(
    element("h1", {}, "Live"),
    element("p", {}, "What the server does, read every second from its own meters: /v1/statistics."),
    problem,
    element(
      "div",
      { class: "sides" },
      ...cards.map(({ chart, now, name }) =>
        element(
          "section",
          { class: "card", "aria-label": name },
          element("h2", {}, name),
          element("dl", { class: "facts" }, ...Object.entries(now).flatMap(([line, value]) => [element("dt", {}, line), element("dd", {}, value)])),
          chart,
        ),
      ),
    ),
  );
  /** @type {Reading[]} */
  const readings = [];
  while (!signal.aborted) {
    try {
      const { meters } = await ask("GET", "v1/statistics", { signal });
      readings.push({ time: performance.now(), meters });
      readings.splice(0, readings.length - SHOWN);
      clearProblem(problem);
      show(cards, readings, signal);
    } catch (error) {
      showProblem(problem, error);
    }
    await new Promise((resume) => setTimeout(resume, EVERY));
  }
}

/**
 * @param {{ chart: HTMLElement, now: Record<string, HTMLOutputElement> }[]} cards
 * @param {Reading[]} readings
 * @param {AbortSignal} signal
 */
function show(cards, readings, signal) {
  CHARTS.forEach(({ title: label, lines, shown }, i) => {
    const drawn = Object.entries(lines).map(([name, of]) => ({
      name,
      values: readings.slice(1).map((now, at) => of(now, readings[at])),
    }));
    for (const { name, values } of drawn) {
      const last = values.at(-1);
      cards[i].now[name].textContent = last === null || last === undefined ? "–" : shown(last);
    }
    if (readings.length > 2) {
      drawChart(cards[i].chart, drawn, { label, signal });
    }
  });
}
