// @ts-check
/** The key by which the server knows who asks: asked for once, and kept for this tab alone. */

import { element } from "./element.js";
import { kept } from "./memory.js";

const stored = kept("key", "");

/** @type {Promise<boolean> | null} the dialog that is open: whoever else needs a key waits for the same answer */
let asking = null;

/** Whether the server asks who comes, as far as is known. */
export function hasKey() {
  return stored.get() !== "";
}

/** The header that says who asks. */
export function authorization() {
  return /** @type {Record<string, string>} */ (hasKey() ? { Authorization: `Bearer ${stored.get()}` } : {});
}

/** Forgets the key: the next request asks for one. */
export function forgetKey() {
  stored.set("");
  dispatchEvent(new Event("key"));
}

/**
 * Asks the user for a key.
 * @param {string} why in the server's words
 * @returns {Promise<boolean>} whether there is one to try
 */
export function askForKey(why) {
  asking ??= opened(why).finally(() => (asking = null));
  return asking;
}

/**
 * @param {string} why
 * @returns {Promise<boolean>}
 */
function opened(why) {
  return new Promise((resolve) => {
    const input = element("input", { type: "password", name: "key", autocomplete: "off", "aria-label": "Key", required: true });
    const close = (/** @type {boolean} */ given) => {
      dialog.close();
      dialog.remove();
      resolve(given);
    };
    const dialog = element(
      "dialog",
      { "aria-label": "A key is needed", cancel: () => close(false) },
      element(
        "form",
        {
          submit: (/** @type {Event} */ event) => {
            event.preventDefault();
            stored.set(input.value.trim());
            dispatchEvent(new Event("key"));
            close(true);
          },
        },
        element("h2", {}, "This server asks who comes"),
        element("p", {}, why),
        element("label", {}, "Key ", input),
        element("p", { class: "faint" }, "It is kept for this tab, and gone when the tab is closed."),
        element("div", { class: "row" }, element("button", {}, "Use it"), element("button", { type: "button", class: "quiet", click: () => close(false) }, "Not now")),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
