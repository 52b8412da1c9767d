// @ts-check
/** Shows the view that the address names, and changes it when the address does. */

import { element } from "./element.js";
import { forgetKey, hasKey } from "./key.js";
import { showProblem } from "./problem.js";

/**
 * A view: it fills its place, and what it started ends when the signal is aborted.
 * @typedef {{ title: string, render: (place: HTMLElement, path: string[], signal: AbortSignal) => void | Promise<void> }} View
 */

/** @type {Record<string, { name: string, load: () => Promise<View> }>} */
const VIEWS = {
  "": { name: "Start", load: () => import("./start.js") },
  models: { name: "Models", load: () => import("./models.js") },
  cell: { name: "Cell", load: () => import("./cell.js") },
  forecast: { name: "Forecast", load: () => import("./forecast.js") },
  sequence: { name: "Sequence", load: () => import("./sequence.js") },
  sequences: { name: "Sequences", load: () => import("./sequences.js") },
  live: { name: "Live", load: () => import("./live.js") },
};

const content = /** @type {HTMLElement} */ (document.getElementById("content"));
const menu = /** @type {HTMLElement} */ (document.getElementById("views"));
const theme = /** @type {HTMLButtonElement} */ (document.getElementById("theme"));
const key = element("button", { type: "button", class: "quiet", click: () => { forgetKey(); show(); } }, "Forget the key");
const THEME = "keepgate.theme";

/** What the present view started. */
let running = new AbortController();

function path() {
  return location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
}

async function show() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const [name, ...rest] = path();
  const view = VIEWS[name] ?? VIEWS[""];
  for (const link of menu.querySelectorAll("a")) {
    link.toggleAttribute("aria-current", link.getAttribute("href") === `#/${VIEWS[name] ? name : ""}`);
  }
  const place = element("div", { class: "view" });
  try {
    const { title, render } = await view.load();
    if (signal.aborted) {
      return;
    }
    document.title = `${title} – Keepgate`;
    content.replaceChildren(place);
    await render(place, rest, signal);
  } catch (error) {
    if (!signal.aborted) {
      content.replaceChildren(place);
      showProblem(place, error);
    }
  }
}

/** @param {string} name */
function setTheme(name) {
  document.documentElement.dataset.theme = name;
  theme.textContent = name === "dark" ? "Light" : "Dark";
  theme.setAttribute("aria-label", `Use the ${name === "dark" ? "light" : "dark"} theme`);
}

menu.replaceChildren(
  ...Object.entries(VIEWS).map(([name, view]) => element("a", { href: `#/${name}` }, view.name)),
);
theme.addEventListener("click", () => {
  const other = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem(THEME, other);
  setTheme(other);
  dispatchEvent(new Event("theme"));
});
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
setTheme(localStorage.getItem(THEME) ?? (dark ? "dark" : "light"));
const showKey = () => (hasKey() ? theme.before(key) : key.remove());
addEventListener("key", showKey);
showKey();
addEventListener("hashchange", show);
show();
