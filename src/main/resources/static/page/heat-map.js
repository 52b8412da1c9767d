// @ts-check
/** Units over time as colours, drawn piece by piece so that the page answers meanwhile. */

/** Milliseconds of drawing between two looks at what else is to do. */
const SLICE = 12;

/** Blue, white, red; and on dark ground blue, black, orange: both are told apart without red and green. */
const SCALES = {
  light: [[33, 102, 172], [247, 247, 247], [178, 24, 43]],
  dark: [[102, 170, 255], [22, 28, 38], [255, 160, 90]],
};

/**
 * The colours of -1 to 1 in 256 steps.
 */
function palette() {
  const dark = document.documentElement.dataset.theme === "dark";
  const [low, middle, high] = dark ? SCALES.dark : SCALES.light;
  const colours = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const share = (i - 127.5) / 127.5;
    const to = share < 0 ? low : high;
    const [r, g, b] = middle.map((from, c) => Math.round(from + (to[c] - from) * Math.abs(share)));
    colours[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return colours;
}

/**
 * Draws values between -1 and 1; what lies beyond has the last colour. Where there are more steps or units than
 * points, a point is the mean of them.
 * @param {HTMLCanvasElement} canvas
 * @param {(step: number, unit: number) => number} at
 * @param {number} steps
 * @param {number} units
 * @param {AbortSignal} signal
 * @returns {Promise<void>} done when all is drawn, or stopped
 */
export async function drawHeatMap(canvas, at, steps, units, signal) {
  const width = Math.max(1, Math.min(steps, Math.round(canvas.clientWidth * devicePixelRatio)));
  const height = Math.max(1, Math.min(units, Math.round(canvas.clientHeight * devicePixelRatio)));
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const points = new Uint32Array(image.data.buffer);
  const colours = palette();
  let since = performance.now();
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x * steps) / width);
    const to = Math.max(from + 1, Math.floor(((x + 1) * steps) / width));
    for (let y = 0; y < height; y++) {
      const first = Math.floor((y * units) / height);
      const last = Math.max(first + 1, Math.floor(((y + 1) * units) / height));
      let sum = 0;
      for (let step = from; step < to; step++) {
        for (let unit = first; unit < last; unit++) {
          sum += at(step, unit);
        }
      }
      const mean = sum / (to - from) / (last - first);
      points[y * width + x] = colours[Math.max(0, Math.min(255, Math.round((mean + 1) * 127.5)))];
    }
    if (performance.now() - since > SLICE) {
      context.putImageData(image, 0, 0);
      await new Promise((resume) => setTimeout(resume));
      if (signal.aborted) {
        return;
      }
      since = performance.now();
    }
  }
  context.putImageData(image, 0, 0);
}
