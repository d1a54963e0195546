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
/** Most bins of a grid: 4 MiB of floats. Above it bins join four to one. */
const BINS_MAX = 1 << 20;
/** Levels are heat to this power: below 1, so that the second-hottest place is still seen beside the hottest. */
const TONE = 0.6;

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
  const bins = (lengthPx: number) => Math.max(1, Math.ceil(lengthPx / binPx));
  while (bins(widthPx) * bins(heightPx) > BINS_MAX) binPx *= 2;
  const columns = bins(widthPx);
  const rows = bins(heightPx);
  const heat = new Float32Array(columns * rows);
  const perBin = binPx / BIN_PX;
  for (const cell of cells) {
    // A merged cell's page views are spread over the bins that it covers.
    const edge = cell.px / BIN_PX;
    const each = cell.views / (edge * edge);
    for (let dy = 0; dy < edge; dy++) {
      const row = ((cell.y + dy) / perBin) | 0;
      if (row >= rows) break;
      for (let dx = 0; dx < edge; dx++) {
        const column = ((cell.x + dx) / perBin) | 0;
        if (column < columns) heat[row * columns + column]! += each;
      }
    }
  }
  const levels = levelled(blurred(heat, columns, rows, Math.max(0.8, SIGMA_PX / binPx)));
  return { columns, rows, binPx, levels };
}

/** A Gaussian, first down, then across; only around rows that have heat. */
function blurred(heat: Float32Array, columns: number, rows: number, sigma: number): Float32Array {
  const weights = kernel(sigma);
  const reach = (weights.length - 1) / 2;
  const down = new Float32Array(heat.length);
  const heated = new Uint8Array(rows);
  for (let from = 0; from < rows; from++) {
    const line = heat.subarray(from * columns, (from + 1) * columns);
    if (!line.some((value) => value > 0)) continue;
    const last = Math.min(rows - 1, from + reach);
    for (let row = Math.max(0, from - reach); row <= last; row++) {
      const weight = weights[row - from + reach]!;
      const start = row * columns;
      heated[row] = 1;
      for (let at = 0; at < columns; at++) down[start + at]! += weight * line[at]!;
    }
  }
  const across = heat.fill(0);
  for (let row = 0; row < rows; row++) {
    if (!heated[row]) continue;
    const start = row * columns;
    for (let at = 0; at < columns; at++) {
      const value = down[start + at]!;
      if (value === 0) continue;
      const last = Math.min(columns - 1, at + reach);
      for (let to = Math.max(0, at - reach); to <= last; to++) across[start + to]! += weights[to - at + reach]! * value;
    }
  }
  return across;
}

function kernel(sigma: number): Float32Array {
  const reach = Math.ceil(sigma * REACH_SIGMAS);
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-0.5 * ((at - reach) / sigma) ** 2));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / all);
}

function levelled(heat: Float32Array): Float32Array {
  let hottest = 0;
  for (const value of heat) if (value > hottest) hottest = value;
  if (hottest === 0) return heat;
  for (let at = 0; at < heat.length; at++) {
    const value = heat[at]!;
    if (value > 0) heat[at] = (value / hottest) ** TONE;
  }
  return heat;
}
