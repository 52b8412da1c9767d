// @ts-check
/** Keeps what was typed, for this tab: a reload loses nothing. */

/**
 * A value that outlives a reload.
 * @template T
 * @param {string} key
 * @param {T} initial where nothing was kept, or what was kept cannot be read
 * @returns {{ get: () => T, set: (value: T) => void }}
 */
export function kept(key, initial) {
  const name = `keepgate.${key}`;
  return {
    get() {
      try {
        const text = sessionStorage.getItem(name);
        return text === null ? initial : JSON.parse(text);
      } catch {
        return initial;
      }
    },
    set(value) {
      try {
        sessionStorage.setItem(name, JSON.stringify(value));
      } catch {
        // Too much to keep: it stays on the screen, and goes with a reload.
      }
    },
  };
}
