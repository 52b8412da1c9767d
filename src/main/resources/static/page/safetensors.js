// @ts-check
/** Tensors as bytes: long answers come so, since text of them would take seconds to read. */

/**
 * A tensor, row-major.
 * @typedef {{ shape: number[], values: Float32Array }} Tensor
 */

/**
 * Reads tensors of F32.
 * @param {ArrayBuffer} bytes
 * @returns {Record<string, Tensor>}
 */
export function readTensors(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  delete header.__metadata__;
  const begin = 8 + length;
  return Object.fromEntries(
    Object.entries(header).map(([name, { shape, data_offsets: [from, to] }]) => [
      name,
      {
        shape,
        // A view has to begin at a multiple of four.
        values:
          (begin + from) % 4 === 0
            ? new Float32Array(bytes, begin + from, (to - from) / 4)
            : new Float32Array(bytes.slice(begin + from, begin + to)),
      },
    ]),
  );
}
