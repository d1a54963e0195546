// The three maps over the window: heat on a canvas with a pixel per bin, the others on one with a pixel per pixel.
import type { Scroll } from "../api-types";
import { blur, empty, type Grid, hottest, level } from "../heat/grid";
import { COLOUR_AT, paint } from "../heat/paint";
import type { Area, Box, Heat } from "./places";
import type { Scrolled } from "./scroller";
import { tag, Tags, type Room } from "./tags";

/** Edge of a bin, px: finer than the page's grid, since elements may lie anywhere. */
const BIN_PX = 8;
/** Standard deviation of the blur, px. Positions inside elements are finer than the grid's cells, and so is their heat. */
const SIGMA_PX = 14;

/** Heat of the window's places. `top` is what counts as hottest, so that scrolling does not change colours. */
export function drawHeat(canvas: HTMLCanvasElement, heat: Heat, top: number): void {
  const grid = gridIn(heat, innerWidth, innerHeight);
  level(grid, top);
  paint(canvas, grid);
  canvas.style.width = `${grid.columns * BIN_PX}px`;
  canvas.style.height = `${grid.rows * BIN_PX}px`;
}

/** The hottest bin of all heat, wherever it is scrolled to. */
export function hottestOf({ points, areas }: Heat): number {
  if (points.length + areas.length === 0) return 0;
  const across = [...points.map(({ x }) => x), ...areas.flatMap(({ left, right }) => [left, right])];
  const down = [...points.map(({ y }) => y), ...areas.flatMap(({ top, bottom }) => [top, bottom])];
  const [x, y] = [Math.min(...across) - 100, Math.min(...down) - 100];
  const moved = {
    points: points.map((point) => ({ ...point, x: point.x - x, y: point.y - y })),
    areas: areas.map((area) => ({ ...area, left: area.left - x, right: area.right - x, top: area.top - y, bottom: area.bottom - y })),
  };
  return hottest(gridIn(moved, Math.max(...across) - x + 100, Math.max(...down) - y + 100));
}

function gridIn({ points, areas }: Heat, width: number, height: number): Grid {
  const grid = empty(width, height, BIN_PX);
  for (const { x, y, heat } of points) {
    const column = Math.floor(x / BIN_PX);
    const row = Math.floor(y / BIN_PX);
    if (column >= 0 && row >= 0 && column < grid.columns && row < grid.rows) grid.levels[row * grid.columns + column]! += heat;
  }
  for (const area of areas) lay(grid, area);
  blur(grid, SIGMA_PX);
  return grid;
}

/** Each bin gets what of the area lies in it. */
function lay({ columns, rows, levels }: Grid, { left, top, right, bottom, density, hides }: Area): void {
  const inBin = (bin: number, from: number, to: number) => Math.min(to, (bin + 1) * BIN_PX) - Math.max(from, bin * BIN_PX);
  for (let row = Math.max(0, Math.floor(top / BIN_PX)); row < Math.min(rows, Math.ceil(bottom / BIN_PX)); row++) {
    for (let column = Math.max(0, Math.floor(left / BIN_PX)); column < Math.min(columns, Math.ceil(right / BIN_PX)); column++) {
      if (hides((column + 0.5) * BIN_PX, (row + 0.5) * BIN_PX)) continue;
      levels[row * columns + column]! += density * inBin(column, left, right) * inBin(row, top, bottom);
    }
  }
}

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** Each element in its colour, with the share of page views that clicked it. */
export function drawRates(canvas: HTMLCanvasElement, boxes: readonly Box[]): void {
  const context = prepared(canvas);
  const most = Math.max(0.001, ...boxes.map((box) => box.element.rate));
  // Large ones first, so that small ones lie on top.
  for (const box of [...boxes].sort((one, other) => other.width * other.height - one.width * one.height)) {
    const colour = COLOUR_AT((box.element.rate / most) ** 0.6);
    context.fillStyle = `${colour}55`;
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.fillRect(box.left, box.top, box.width, box.height);
    context.strokeRect(box.left + 1, box.top + 1, box.width - 2, box.height - 2);
    tag(context, percent(box.element.rate), box.left, box.top);
  }
}

/** Bands of the page by the share of page views that came so deep. Nothing is drawn outside the page's scroller; words keep clear of the panel. */
export function drawReach(canvas: HTMLCanvasElement, scroll: Scroll, page: Scrolled, panel: Room): void {
  const context = prepared(canvas);
  const tags = new Tags(context, panel);
  const seen = page.window;
  const share = new Map(scroll.reach.map((band) => [band.depth, band.share]));
  for (let depth = 1; depth <= 100; depth++) {
    const from = page.top + (page.height * (depth - 1)) / 100;
    const to = page.top + (page.height * depth) / 100;
    const reached = share.get(depth);
    if (to < seen.top || from > seen.bottom || reached === undefined) continue;
    context.fillStyle = `${COLOUR_AT(reached)}66`;
    const edge = Math.max(from, seen.top);
    context.fillRect(seen.left, edge, seen.right - seen.left, Math.min(to, seen.bottom) - edge);
  }
  // Lines and words over the bands, so that the next one does not hide half of them.
  drawFolds(context, scroll.fold, page, tags);
  for (let depth = 10; depth <= 100; depth += 10) {
    const at = page.top + (page.height * depth) / 100;
    const reached = share.get(depth);
    if (at < seen.top || at > seen.bottom || reached === undefined) continue;
    context.fillStyle = "#0008";
    context.fillRect(seen.left, at, seen.right - seen.left, 1);
    tags.put(`${percent(reached)} came to ${depth} %`, seen.left + 8, at);
  }
}

/** How far windows reach before they scroll, in the dashboard's words; where several lines are one, the largest share says most. */
function drawFolds(context: CanvasRenderingContext2D, { p25, p50, p75 }: Scroll["fold"], { top, window: seen }: Scrolled, tags: Tags): void {
  for (const [share, at, above] of [[75, p25, null], [50, p50, p25], [25, p75, p50]] as const) {
    if (at === null || at === above) continue;
    // Windows are as high as they are, however far below their upper edge the scroller begins.
    const y = top - seen.top + at;
    if (y < seen.top || y > seen.bottom) continue;
    dashed(context, y, seen.left, seen.right);
    tags.put(`${share} % see this without scrolling`, seen.right, y);
  }
}

/** Light dashes on dark ones, to be seen on pages of any colour. */
function dashed(context: CanvasRenderingContext2D, y: number, left: number, right: number): void {
  context.fillStyle = "#1d1a26aa";
  context.fillRect(left, y - 1.5, right - left, 3);
  context.fillStyle = "#fff";
  for (let x = left; x < right; x += 14) context.fillRect(x, y - 1, 8, 2);
}

export function clear(canvas: HTMLCanvasElement): void {
  canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
}

function prepared(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d")!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  clear(canvas);
  context.scale(canvas.width / innerWidth, canvas.height / innerHeight);
  return context;
}
