// Heat as numbers: cells become a small grid, one bin per 16 px, and the grid is blurred. The same steps and constants as
// the service's pictures (crates/isotherm-query/src/picture), so that a picture and the page agree.

export interface Cell {
  x: number;
  y: number;
  px: number;
  views: number;
}

/** Edge of a bin, px. */
export const BIN_PX = 16;
/** Standard deviation of the blur, px: about the tip of a finger to each side. */
const SIGMA_PX = 24;
/** The blur reaches so many standard deviations; beyond lies less than 3 in 1,000 of the heat. */
const REACH_SIGMAS = 3;
/** No blur reaches further than so many bins: a standard deviation is at most two. */
const REACH_BINS = 6;
/** Most bins of a grid: 4 MiB of floats. Above it bins join four to one. */
const BINS_MAX = 1 << 20;
/** Levels are heat to this power: below 1, so that the second-hottest place is still seen beside the hottest. */
const TONE = 0.6;
/** Heat is told apart in so many steps: far more than there are colours, also where the ramp is steepest. */
const TONE_STEPS = 1 << 14;
let tones: Float32Array | undefined;

export interface Grid {
  columns: number;
  rows: number;
  /** Edge of a bin, px. */
  binPx: number;
  /** Levels from 0 to 1, row by row. */
  levels: Float32Array;
}

/** The grid of a page of this size. Cells beyond its edges do not count. */
export function gridOf(cells: readonly Cell[], widthPx: number, heightPx: number): Grid {
  let binPx = BIN_PX;
  while (Math.ceil(widthPx / binPx) * Math.ceil(heightPx / binPx) > BINS_MAX) binPx *= 2;
  const grid = empty(widthPx, heightPx, binPx);
  const { columns, rows, levels } = grid;
  const perBin = binPx / BIN_PX;
  for (const cell of cells) {
    if (cell.px === BIN_PX && perBin === 1) {
      if (cell.x < columns && cell.y < rows) levels[cell.y * columns + cell.x]! += cell.views;
      continue;
    }
    // A merged cell's page views are spread over the bins that it covers.
    const edge = cell.px / BIN_PX;
    const each = cell.views / (edge * edge);
    for (let dy = 0; dy < edge; dy++) {
      const row = ((cell.y + dy) / perBin) | 0;
      if (row >= rows) break;
      for (let dx = 0; dx < edge; dx++) {
        const column = ((cell.x + dx) / perBin) | 0;
        if (column < columns) levels[row * columns + column]! += each;
      }
    }
  }
  blur(grid);
  level(grid, hottest(grid));
  return grid;
}

/** A grid without heat. */
export function empty(widthPx: number, heightPx: number, binPx: number): Grid {
  const columns = Math.max(1, Math.ceil(widthPx / binPx));
  const rows = Math.max(1, Math.ceil(heightPx / binPx));
  return { columns, rows, binPx, levels: new Float32Array(columns * rows) };
}

/** Spreads the heat of every bin as far as a finger is wide; the sum stays. */
export function blur(grid: Grid, sigmaPx = SIGMA_PX): void {
  grid.levels = blurred(grid.levels, grid.columns, grid.rows, Math.max(0.8, sigmaPx / grid.binPx));
}

/** The most heat of a bin. */
export function hottest({ levels }: Grid): number {
  let most = 0;
  for (let at = 0; at < levels.length; at++) if (levels[at]! > most) most = levels[at]!;
  return most;
}

/** Makes levels from 0 to 1 of heat from 0 to `top`. */
export function level(grid: Grid, top: number): void {
  if (top <= 0) return;
  // A power for each of so many bins is dear; a look at a table is not.
  tones ??= Float32Array.from({ length: TONE_STEPS + 1 }, (_, at) => (at / TONE_STEPS) ** TONE);
  const { levels } = grid;
  const steps = TONE_STEPS / top;
  for (let at = 0; at < levels.length; at++) levels[at] = tones[Math.min(TONE_STEPS, (levels[at]! * steps + 0.5) | 0)]!;
}

/** A Gaussian, first down, then across; only around rows that have heat. A margin of cold bins saves asking for the edges. */
function blurred(heat: Float32Array, columns: number, rows: number, sigma: number): Float32Array {
  const weights = kernel(sigma);
  const reach = REACH_BINS;
  const width = columns + 2 * reach;
  const source = new Float32Array(width * (rows + 2 * reach));
  const heated = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const line = heat.subarray(row * columns, (row + 1) * columns);
    if (!isHot(line)) continue;
    source.set(line, (row + reach) * width + reach);
    heated.fill(1, Math.max(0, row - reach), row + reach + 1);
  }
  const line = new Float32Array(width);
  heat.fill(0);
  for (let row = 0; row < rows; row++) {
    if (!heated[row]) continue;
    spread(source, (row + reach) * width + reach, width, weights, line, reach, columns);
    spread(line, reach, 1, weights, heat, row * columns, columns);
  }
  return heat;
}

function isHot(line: Float32Array): boolean {
  for (let at = 0; at < line.length; at++) if (line[at]! > 0) return true;
  return false;
}

/**
 * `count` values of `to`: each the weighted sum of those of `from` that lie up to the reach before and behind, `stride` apart. Written
 * out, since an inner loop over the weights takes longer than their sums.
 */
function spread(from: Float32Array, start: number, stride: number, weights: Weights, to: Float32Array, target: number, count: number): void {
  const [w0, w1, w2, w3, w4, w5, w6] = weights;
  const [s1, s2, s3, s4, s5, s6] = [stride, 2 * stride, 3 * stride, 4 * stride, 5 * stride, 6 * stride];
  for (let at = 0; at < count; at++) {
    const m = start + at;
    to[target + at] =
      w0 * from[m]! +
      w1 * (from[m - s1]! + from[m + s1]!) +
      w2 * (from[m - s2]! + from[m + s2]!) +
      w3 * (from[m - s3]! + from[m + s3]!) +
      w4 * (from[m - s4]! + from[m + s4]!) +
      w5 * (from[m - s5]! + from[m + s5]!) +
      w6 * (from[m - s6]! + from[m + s6]!);
  }
}

/** The weights of the middle and of each step away from it, up to the longest reach. */
type Weights = readonly [number, number, number, number, number, number, number];

function kernel(sigma: number): Weights {
  const reach = Math.ceil(sigma * REACH_SIGMAS);
  const raw = Array.from({ length: REACH_BINS + 1 }, (_, at) => (at > reach ? 0 : Math.exp(-0.5 * (at / sigma) ** 2)));
  const all = raw.reduce((sum, weight) => sum + 2 * weight, -raw[0]!);
  return raw.map((weight) => weight / all) as unknown as Weights;
}
