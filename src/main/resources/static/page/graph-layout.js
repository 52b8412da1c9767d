// @ts-check
/** Lays a graph without circles out in layers, from top to bottom: boxes in order, wires between them. */

/**
 * A box to be placed; each comes after those that it takes.
 * @typedef {{ id: string, inputs: string[] }} Vertex
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ from: string, to: string, points: Point[] }} Wire
 * @typedef {{ width: number, height: number, gap: number, between: number }} Sizes of a box, and the room beside and below it
 * The middles of the boxes; `layers` has the boxes of each from left to right.
 * @typedef {{ width: number, height: number, places: Map<string, Point>, layers: string[][], wires: Wire[] }} Layout
 */

/**
 * What takes a place in a layer: a box, or a wire on its way past it.
 * @typedef {{ id: string | null, layer: number, x: number, rank: number, above: Slot[], below: Slot[] }} Slot
 */

const SWEEPS = 8;

/** Room of a wire that passes a layer. */
const PASS = 14;

/** How much straighter a wire is kept than what it leads to. */
const PASS_WEIGHT = 4;

/**
 * @param {Vertex[]} vertices
 * @param {Sizes} sizes
 * @returns {Layout}
 */
export function layout(vertices, sizes) {
  const rows = layersOf(vertices);
  const { slots, layers, paths } = joined(vertices, rows);
  sortLayers(layers);
  placeAcross(layers, sizes);
  const y = (/** @type {number} */ layer) => sizes.height / 2 + layer * (sizes.height + sizes.between);
  const places = new Map([...slots].map(([id, slot]) => [id, { x: slot.x, y: y(slot.layer) }]));
  return {
    width: Math.max(...layers.flat().map((slot) => slot.x + widthOf(slot, sizes) / 2)),
    height: y(layers.length - 1) + sizes.height / 2,
    places,
    layers: layers.map((layer) => layer.flatMap((slot) => slot.id ?? [])),
    wires: wires(paths, y, sizes),
  };
}

/**
 * Each box as far down as the longest way to it; one that takes nothing right above what takes it.
 * @param {Vertex[]} vertices
 */
function layersOf(vertices) {
  /** @type {Map<string, number>} */
  const rows = new Map();
  for (const { id, inputs } of vertices) {
    rows.set(id, Math.max(-1, ...inputs.map((input) => rows.get(input) ?? -1)) + 1);
  }
  for (const { id } of vertices.filter((vertex) => vertex.inputs.length === 0)) {
    const takers = vertices.filter((vertex) => vertex.inputs.includes(id)).map((vertex) => rows.get(vertex.id) ?? 0);
    rows.set(id, takers.length > 0 ? Math.min(...takers) - 1 : 0);
  }
  return rows;
}

/**
 * Slots of boxes and of wires that pass layers; the wires of a box pass a layer as one.
 * @param {Vertex[]} vertices
 * @param {Map<string, number>} rows
 */
function joined(vertices, rows) {
  /** @type {Slot[][]} */
  const layers = [];
  /** @type {Map<string, Slot>} */
  const slots = new Map();
  /** @type {Map<Slot, Slot[]>} of each box, itself and then its wires' slots in the layers below */
  const tails = new Map();
  /** @type {{ from: string, to: string, slots: Slot[] }[]} */
  const paths = [];
  const add = (/** @type {string | null} */ id, /** @type {number} */ layer) => {
    const row = (layers[layer] ??= []);
    const slot = { id, layer, x: 0, rank: row.length, above: [], below: [] };
    row.push(slot);
    return slot;
  };
  const link = (/** @type {Slot} */ above, /** @type {Slot} */ below) => {
    above.below.push(below);
    below.above.push(above);
  };
  for (const { id, inputs } of vertices) {
    const slot = add(id, /** @type {number} */ (rows.get(id)));
    slots.set(id, slot);
    tails.set(slot, [slot]);
    for (const input of inputs) {
      const from = /** @type {Slot} */ (slots.get(input));
      const tail = /** @type {Slot[]} */ (tails.get(from));
      while (from.layer + tail.length < slot.layer) {
        const pass = add(null, from.layer + tail.length);
        link(/** @type {Slot} */ (tail.at(-1)), pass);
        tail.push(pass);
      }
      const way = tail.slice(0, slot.layer - from.layer);
      link(/** @type {Slot} */ (way.at(-1)), slot);
      paths.push({ from: input, to: id, slots: [...way, slot] });
    }
  }
  return { slots, layers, paths };
}

/** @param {number[]} numbers @param {number} otherwise */
const mean = (numbers, otherwise) => (numbers.length === 0 ? otherwise : numbers.reduce((sum, one) => sum + one, 0) / numbers.length);

/**
 * Orders each layer by the mean place of what its slots are joined to, down and up again, and keeps the order with
 * the fewest crossings.
 * @param {Slot[][]} layers
 */
function sortLayers(layers) {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(layers);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : [...layers].reverse()) {
      const middles = new Map(layer.map((slot) => [slot, mean((isDown ? slot.above : slot.below).map((one) => one.rank), slot.rank)]));
      layer.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
      layer.forEach((slot, rank) => (slot.rank = rank));
    }
    const count = crossings(layers);
    if (count < fewest) {
      fewest = count;
      best = layers.map((layer) => [...layer]);
    }
  }
  best.forEach((layer, i) => {
    layers[i] = layer;
    layer.forEach((slot, rank) => (slot.rank = rank));
  });
}

/** @param {Slot[][]} layers */
function crossings(layers) {
  let count = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((slot) => slot.below.map((one) => one.rank).sort((a, b) => a - b));
    for (let i = 1; i < ends.length; i++) {
      for (let j = 0; j < i; j++) {
        count += ends[j] > ends[i] ? 1 : 0;
      }
    }
  }
  return count;
}

/** @param {Slot} slot @param {Sizes} sizes */
const widthOf = (slot, sizes) => (slot.id === null ? PASS : sizes.width);

/**
 * Moves slots below and above what they are joined to, without changing their order; down at last, so that what comes
 * after one another is straight.
 * @param {Slot[][]} layers
 * @param {Sizes} sizes
 */
function placeAcross(layers, sizes) {
  for (const layer of layers) {
    settle(layer, layer.map(() => 0), sizes);
  }
  for (let sweep = 0; sweep <= SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : [...layers].reverse()) {
      settle(layer, layer.map((slot) => mean((isDown ? slot.above : slot.below).map((one) => one.x), slot.x)), sizes);
    }
  }
  const left = Math.min(...layers.flat().map((slot) => slot.x - widthOf(slot, sizes) / 2));
  layers.flat().forEach((slot) => (slot.x -= left));
}

/**
 * Places the slots of a layer as near to where they should be as their widths allow: the least sum of squares, by
 * pooling neighbours that are in each other's way.
 * @param {Slot[]} layer
 * @param {number[]} wanted
 * @param {Sizes} sizes
 */
function settle(layer, wanted, sizes) {
  /** @type {{ at: number, weight: number, count: number }[]} */
  const pools = [];
  let offset = 0;
  const offsets = layer.map((slot, i) => (offset += i === 0 ? 0 : (widthOf(layer[i - 1], sizes) + widthOf(slot, sizes)) / 2 + sizes.gap));
  layer.forEach((slot, i) => {
    let pool = { at: wanted[i] - offsets[i], weight: slot.id === null ? PASS_WEIGHT : 1, count: 1 };
    for (let last = pools.at(-1); last && last.at > pool.at; last = pools.at(-1)) {
      const weight = last.weight + pool.weight;
      pool = { at: (last.at * last.weight + pool.at * pool.weight) / weight, weight, count: last.count + pool.count };
      pools.pop();
    }
    pools.push(pool);
  });
  const places = pools.flatMap(({ at, count }) => Array(count).fill(at));
  layer.forEach((slot, i) => (slot.x = places[i] + offsets[i]));
}

/**
 * From the bottom of a box, down through the layers that it passes, to a place of its own on the top of another.
 * @param {{ from: string, to: string, slots: Slot[] }[]} paths
 * @param {(layer: number) => number} y
 * @param {Sizes} sizes
 * @returns {Wire[]}
 */
function wires(paths, y, sizes) {
  return paths.map(({ from, to, slots }) => {
    const end = /** @type {Slot} */ (slots.at(-1));
    const beside = [...end.above].sort((a, b) => a.x - b.x);
    const own = beside.indexOf(/** @type {Slot} */ (slots.at(-2))) - (beside.length - 1) / 2;
    const shift = own * Math.min(28, (sizes.width - 24) / Math.max(1, beside.length - 1));
    const points = slots.slice(1, -1).flatMap((slot) => [
      { x: slot.x, y: y(slot.layer) - sizes.height / 2 },
      { x: slot.x, y: y(slot.layer) + sizes.height / 2 },
    ]);
    return {
      from,
      to,
      points: [{ x: slots[0].x, y: y(slots[0].layer) + sizes.height / 2 }, ...points, { x: end.x + shift, y: y(end.layer) - sizes.height / 2 }],
    };
  });
}
