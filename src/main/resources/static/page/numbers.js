// @ts-check
/** Numbers as people read them. */

/**
 * A number in few digits; an exact one stays as it is.
 * @param {number} value
 */
export function short(value) {
  if (!Number.isFinite(value) || Number.isInteger(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

/**
 * A count with a unit of a thousand.
 * @param {number} bytes
 */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  let left = bytes;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${left >= 100 || unit === 0 ? Math.round(left) : left.toPrecision(2)} ${units[unit]}`;
}

/**
 * A time that is left, or has passed, in its largest unit.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return seconds < 100 ? `${seconds} s` : seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
