// @ts-check
/** Work that may take long: after a moment it shows that it goes on, and it can be stopped. */

import { element } from "./element.js";

/** Milliseconds after which a user wonders whether anything happens. */
const MOMENT = 300;

/**
 * A place for one piece of work after the other: a new one ends the one before.
 * @param {AbortSignal} signal ends all of it
 * @returns {{ shown: HTMLElement, run: <T>(task: (signal: AbortSignal) => Promise<T>) => Promise<T> }}
 */
export function stoppable(signal) {
  let running = new AbortController();
  const stop = element("button", { type: "button", class: "quiet", click: () => running.abort() }, "Stop");
  const shown = element("div", { hidden: true }, element("progress", { "aria-label": "Under way" }), element("div", { class: "row" }, stop));
  return {
    shown,
    async run(task) {
      running.abort();
      const own = new AbortController();
      running = own;
      const moment = setTimeout(() => (shown.hidden = running !== own), MOMENT);
      try {
        return await task(AbortSignal.any([signal, own.signal]));
      } finally {
        clearTimeout(moment);
        shown.hidden = shown.hidden || running === own;
      }
    },
  };
}
