// The three maps over the window: heat on a canvas with a pixel per bin, the others on one with a pixel per pixel.
import type { Scroll } from "../api-types";
import { blur, empty, hottest, level } from "../heat/grid";
import { COLOUR_AT, paint } from "../heat/paint";
import type { Box, Point } from "./places";

/** Edge of a bin, px: finer than the page's grid, since elements may lie anywhere. */
const BIN_PX = 8;
/** Standard deviation of the blur, px. Positions inside elements are finer than the grid's cells, and so is their heat. */
const SIGMA_PX = 14;

/** Heat of the window's places. `top` is what counts as hottest, so that scrolling does not change colours. */
export function drawHeat(canvas: HTMLCanvasElement, points: readonly Point[], top: number): void {
  const grid = gridIn(points, innerWidth, innerHeight);
  level(grid, top);
  paint(canvas, grid);
  canvas.style.width = `${grid.columns * BIN_PX}px`;
  canvas.style.height = `${grid.rows * BIN_PX}px`;
}

/** The hottest bin of all places, wherever they are scrolled to. */
export function hottestOf(points: readonly Point[]): number {
  if (points.length === 0) return 0;
  const left = Math.min(...points.map((point) => point.x)) - 100;
  const top = Math.min(...points.map((point) => point.y)) - 100;
  const width = Math.max(...points.map((point) => point.x)) - left + 100;
  const height = Math.max(...points.map((point) => point.y)) - top + 100;
  return hottest(gridIn(points.map(({ x, y, heat }) => ({ x: x - left, y: y - top, heat })), width, height));
}

function gridIn(points: readonly Point[], width: number, height: number) {
  const grid = empty(width, height, BIN_PX);
  for (const { x, y, heat } of points) {
    const column = Math.floor(x / BIN_PX);
    const row = Math.floor(y / BIN_PX);
    if (column >= 0 && row >= 0 && column < grid.columns && row < grid.rows) grid.levels[row * grid.columns + column]! += heat;
  }
  blur(grid, SIGMA_PX);
  return grid;
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

/** Bands of the page by the share of page views that came so deep. `page` is the scroller's box and size. */
export function drawReach(canvas: HTMLCanvasElement, scroll: Scroll, page: { top: number; height: number }): void {
  const context = prepared(canvas);
  const share = new Map(scroll.reach.map((band) => [band.depth, band.share]));
  for (let depth = 1; depth <= 100; depth++) {
    const from = page.top + (page.height * (depth - 1)) / 100;
    const to = page.top + (page.height * depth) / 100;
    const reached = share.get(depth);
    if (to < 0 || from > innerHeight || reached === undefined) continue;
    context.fillStyle = `${COLOUR_AT(reached)}66`;
    context.fillRect(0, from, innerWidth, to - from);
    if (depth % 10 === 0) {
      context.fillStyle = "#0008";
      context.fillRect(0, to, innerWidth, 1);
      tag(context, `${percent(reached)} came to ${depth} %`, 8, to);
    }
  }
  for (const [name, at] of [["a quarter", scroll.fold.p25], ["half", scroll.fold.p50], ["three quarters", scroll.fold.p75]] as const) {
    if (at === null) continue;
    const y = page.top + at;
    context.setLineDash([8, 6]);
    context.strokeStyle = "#fff";
    context.strokeRect(0, y, innerWidth, 0);
    context.setLineDash([]);
    tag(context, `${name} see no further without scrolling`, innerWidth - 300, y);
  }
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

function tag(context: CanvasRenderingContext2D, text: string, left: number, top: number): void {
  context.font = "600 12px system-ui, sans-serif";
  const width = context.measureText(text).width + 10;
  const x = Math.max(0, Math.min(left, innerWidth - width));
  const y = Math.max(0, top - 9);
  context.fillStyle = "#1d1a26";
  context.fillRect(x, y, width, 18);
  context.fillStyle = "#fff";
  context.fillText(text, x + 5, y + 13);
}
