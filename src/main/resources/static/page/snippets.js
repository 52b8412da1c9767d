// @ts-check
/** The call that was just made, for one's own code. */

import { element } from "./element.js";
import { hasKey } from "./key.js";
import { kept } from "./memory.js";

const language = kept("snippets.language", "curl");

/**
 * A call in each language; the key comes from the environment, and is never shown.
 * @type {Record<string, (url: string, body: string, keyed: boolean) => string>}
 */
const LANGUAGES = {
  curl: (url, body, keyed) =>
    `curl -s ${url} \\\n  -H 'Content-Type: application/json' \\\n${keyed ? "  -H \"Authorization: Bearer $KEEPGATE_KEY\" \\\n" : ""}  -d '${body.replaceAll("'", "'\\''")}'`,
  Python: (url, body, keyed) =>
    `import json, ${keyed ? "os, " : ""}urllib.request\n\nbody = json.loads(${JSON.stringify(body)})\nheaders = {"Content-Type": "application/json"${keyed ? ", \"Authorization\": \"Bearer \" + os.environ[\"KEEPGATE_KEY\"]" : ""}}\nrequest = urllib.request.Request(${JSON.stringify(url)}, json.dumps(body).encode(), headers)\nprint(json.load(urllib.request.urlopen(request)))`,
  Java: (url, body, keyed) =>
    `import java.net.URI;\nimport java.net.http.*;\n\nvar request = HttpRequest.newBuilder(URI.create(${JSON.stringify(url)}))\n    .header("Content-Type", "application/json")\n${keyed ? "    .header(\"Authorization\", \"Bearer \" + System.getenv(\"KEEPGATE_KEY\"))\n" : ""}    .POST(HttpRequest.BodyPublishers.ofString(${JSON.stringify(body)}))\n    .build();\nvar answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());\nSystem.out.println(answer.body());`,
};

/**
 * Shows a call in a place, in the language that was chosen last.
 * @param {HTMLElement} place
 * @param {string} path below the page's own address
 * @param {unknown} json
 */
export function showSnippet(place, path, json) {
  const url = new URL(path, document.baseURI).href;
  const body = JSON.stringify(json);
  const code = element("code", {});
  const choose = (/** @type {string} */ name) => {
    language.set(name);
    code.textContent = LANGUAGES[name](url, body, hasKey());
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.textContent === name));
    }
  };
  const buttons = Object.keys(LANGUAGES).map((name) =>
    element("button", { type: "button", class: "quiet", click: () => choose(name) }, name),
  );
  const copy = element("button", {
    type: "button",
    class: "quiet",
    click: async () => {
      await navigator.clipboard.writeText(code.textContent ?? "");
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 1500);
    },
  }, "Copy");
  place.replaceChildren(
    element("div", { class: "row", role: "group", "aria-label": "Language of the call" }, ...buttons, copy),
    element("pre", { tabindex: "0", "aria-label": "The same call" }, code),
  );
  choose(LANGUAGES[language.get()] ? language.get() : "curl");
}
