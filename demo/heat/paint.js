// Heat on a canvas: counts into a coarse grid, blurred, coloured; the browser scales it smoothly to the page's size.

import { TABLE } from "./colours.js";

/** Side of a grid square in page px. Pages so long that the canvas would pass ROWS_MAX get larger squares. */
const STEP_PX = 4;
/** Highest canvas in px: browsers draw nothing at all on much higher ones. */
const ROWS_MAX = 16000;
/** Reach of one of three blurs, in page px; together they come near a Gaussian of twice its deviation. */
const BLUR_PX = 12;
/** Heat below this share of the highest is not drawn. */
const FAINT = 0.012;
/** How much weak heat is lifted: 1 is not at all. */
const LIFT = 0.48;

/** A moving average over `count` values that lie `stride` apart, from `from` into `to`. */
function average(from, to, start, count, stride, radius) {
  let sum = 0;
  for (let at = 0; at < Math.min(radius, count); at++) sum += from[start + at * stride];
  const width = 2 * radius + 1;
  for (let at = 0; at < count; at++) {
    if (at + radius < count) sum += from[start + (at + radius) * stride];
    if (at - radius > 0) sum -= from[start + (at - radius - 1) * stride];
    to[start + at * stride] = Math.max(0, sum / width);
  }
}

function blurred(grid, columns, rows, radius) {
  let from = grid;
  let to = new Float32Array(grid.length);
  for (let round = 0; round < 3; round++) {
    for (let row = 0; row < rows; row++) average(from, to, row * columns, columns, 1, radius);
    for (let column = 0; column < columns; column++) average(to, from, column, rows, columns, radius);
  }
  return from;
}

/** Spreads each spot's count evenly over the squares it covers. */
function gridOf(spots, columns, rows, step) {
  const grid = new Float32Array(columns * rows);
  for (const spot of spots) {
    const left = Math.max(0, Math.floor(spot.x / step));
    const top = Math.max(0, Math.floor(spot.y / step));
    const right = Math.min(columns, Math.max(left + 1, Math.round((spot.x + spot.w) / step)));
    const bottom = Math.min(rows, Math.max(top + 1, Math.round((spot.y + spot.h) / step)));
    const share = spot.n / ((right - left) * (bottom - top));
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) grid[row * columns + column] += share;
    }
  }
  return grid;
}

/**
 * Draws spots. The canvas gets as many pixels as there are squares; its size on the page is the style sheet's business.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./places.js").Spot[]} spots
 * @param {{width: number, height: number}} page in px
 */
export function paintSpots(canvas, spots, page) {
  const step = Math.max(STEP_PX, Math.ceil(page.height / ROWS_MAX));
  const columns = Math.ceil(page.width / step);
  const rows = Math.ceil(page.height / step);
  const heat = blurred(gridOf(spots, columns, rows, step), columns, rows, Math.max(1, Math.round(BLUR_PX / step)));
  const most = heat.reduce((a, b) => Math.max(a, b), 0);
  canvas.width = columns;
  canvas.height = rows;
  if (most === 0) return;
  const picture = new ImageData(columns, rows);
  for (let at = 0; at < heat.length; at++) {
    const share = heat[at] / most;
    if (share < FAINT) continue;
    const value = share ** LIFT;
    const colour = 3 * Math.round(value * 255);
    picture.data[4 * at] = TABLE[colour];
    picture.data[4 * at + 1] = TABLE[colour + 1];
    picture.data[4 * at + 2] = TABLE[colour + 2];
    picture.data[4 * at + 3] = 255 * Math.min(0.9, 1.6 * (value - FAINT ** LIFT) + 0.02);
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/**
 * Draws how many page views reached each depth: a wash over the page and a strong strip on its left.
 * @param {HTMLCanvasElement} canvas
 * @param {{depth: number, share: number}[]} reach depth in percent, share 0 to 1
 * @param {{width: number, height: number}} page in px
 */
export function paintReach(canvas, reach, page) {
  const columns = 64;
  const rows = Math.min(ROWS_MAX, Math.ceil(page.height / STEP_PX));
  canvas.width = columns;
  canvas.height = rows;
  const picture = new ImageData(columns, rows);
  const strip = Math.max(1, Math.round((columns * 18) / page.width));
  for (let row = 0; row < rows; row++) {
    const share = shareAt(reach, ((row + 0.5) / rows) * 100);
    const colour = 3 * Math.round(share * 255);
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * columns + column);
      picture.data[at] = TABLE[colour];
      picture.data[at + 1] = TABLE[colour + 1];
      picture.data[at + 2] = TABLE[colour + 2];
      picture.data[at + 3] = column < strip ? 250 : 96;
    }
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** The share of page views that reached `depth` percent. The list says it at some depths, in order. */
export function shareAt(reach, depth) {
  const next = reach.find((band) => band.depth >= depth);
  return next ? next.share : 0;
}

/** The legend's strip of all colours. @param {HTMLCanvasElement} canvas 256 by 1 */
export function paintScale(canvas) {
  const picture = new ImageData(256, 1);
  for (let at = 0; at < 256; at++) picture.data.set([TABLE[3 * at], TABLE[3 * at + 1], TABLE[3 * at + 2], 255], 4 * at);
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
