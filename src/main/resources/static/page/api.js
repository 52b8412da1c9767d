// @ts-check
/** Asks the server, by /v1 alone: what this page can do, any client can. */

import { askForKey, authorization } from "./key.js";

/** @typedef {{ pointer: string, detail: string }} FieldError */

/** What the server said was wrong, in its own words. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   * @param {FieldError[]} errors
   * @param {string | undefined} requestId
   */
  constructor(status, detail, errors, requestId) {
    super(detail);
    this.status = status;
    this.errors = errors;
    this.requestId = requestId;
  }
}

/**
 * A model as the server describes it; what is not said is missing.
 * @typedef {{ name: string, dtype: string, shape: (string | number)[], vocabulary?: number }} TensorDescription
 * @typedef {{ type: string, input_size: number, hidden_size: number, projection_size?: number, bidirectional: boolean,
 *   activation: string, recurrent_activation?: string, cell_activation?: string, peepholes?: boolean, forget_bias?: number,
 *   reset_after?: boolean }} Layer
 * @typedef {{ name: string, shape: (string | number)[] }} GraphValue
 * @typedef {{ name: string, type: string, activation?: string, array_operation?: boolean, inputs: string[],
 *   gives: GraphValue[], parameters: number }} GraphNode
 * @typedef {{ inputs: string[], nodes: GraphNode[], outputs: { name: string, of: string }[], truncated?: number }} Graph
 * @typedef {{ name: string, version: string, status: string, error?: string, built_in?: boolean, format?: string,
 *   framework?: string, inputs?: TensorDescription[], outputs?: TensorDescription[], steps?: boolean, layers?: Layer[],
 *   head?: object[], embedding?: object, graph?: Graph, parameters?: number, bytes?: number, description?: string, tags?: string[],
 *   features?: string[], targets?: string[], units?: Record<string, string>, labels?: string[], version_labels?: string[], window?: number,
 *   scaler?: object, target_scaler?: object, detection?: object, forward?: { stage: string, shape: string[] }[],
 *   assumed?: string[], unused_tensors?: string[], loaded_at?: string }} Model
 */

/**
 * What a refusal says.
 * @param {Response} response
 */
export async function problemOf(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    return new Problem(response.status, body.detail ?? body.title ?? text, body.errors ?? [], body.requestId);
  } catch {
    return new Problem(response.status, text || response.statusText, [], undefined);
  }
}

/**
 * Sends a request; where the server asks who comes, once more with the key that the user gives.
 * @param {string} path below the page's own address
 * @param {RequestInit & { headers?: Record<string, string> }} init
 * @returns {Promise<Response>} a good one
 */
export async function request(path, init) {
  const response = await fetch(path, { ...init, headers: { ...init.headers, ...authorization() } });
  if (response.ok) {
    return response;
  }
  const problem = await problemOf(response);
  if (response.status === 401 && (await askForKey(problem.message))) {
    return request(path, init);
  }
  throw problem;
}

/**
 * Asks for JSON.
 * @param {string} method
 * @param {string} path below the page's own address, such as v1/models
 * @param {{ json?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<any>} null where there is no body
 */
export async function ask(method, path, { json, signal } = {}) {
  const response = await request(path, {
    method,
    signal,
    headers: json === undefined ? {} : { "Content-Type": "application/json" },
    body: json === undefined ? undefined : JSON.stringify(json),
  });
  return response.status === 204 ? null : response.json();
}

/**
 * All models, a page of them at a time.
 * @param {AbortSignal} signal
 * @returns {Promise<Model[]>}
 */
export async function models(signal) {
  const found = [];
  let after = "";
  do {
    const page = await ask("GET", `v1/models?limit=100${after && `&after=${encodeURIComponent(after)}`}`, { signal });
    found.push(...page.models);
    after = page.next ?? "";
  } while (after);
  return found;
}

/**
 * An open sequence as the list has it.
 * @typedef {{ id: string, model: string, version: string, step: number, batch: number, ttl: string, opened_at: string,
 *   expires_at: string, bytes: number }} OpenedSequence
 */

/**
 * The address of an open sequence.
 * @param {string} id
 */
export function sequenceAddress(id) {
  return `v1/sequences/${encodeURIComponent(id)}`;
}

/**
 * The address of a model's version.
 * @param {{ name: string, version?: string }} model
 */
export function address({ name, version }) {
  return `v1/models/${encodeURIComponent(name)}${version ? `/versions/${version}` : ""}`;
}

/**
 * Sends a form, and tells how much of it has gone.
 * @param {string} method
 * @param {string} path
 * @param {FormData} form
 * @param {{ progress: (share: number) => void, signal: AbortSignal }} options
 * @returns {Promise<any>}
 */
export function send(method, path, form, options) {
  const { progress, signal } = options;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    Object.entries(authorization()).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
    request.addEventListener("load", async () => {
      const response = new Response(request.response, { status: request.status });
      if (response.ok) {
        resolve(await response.json());
        return;
      }
      const problem = await problemOf(response);
      if (response.status === 401 && (await askForKey(problem.message))) {
        resolve(send(method, path, form, options));
      } else {
        reject(problem);
      }
    });
    request.addEventListener("error", () => reject(new Error("The server cannot be reached.")));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
