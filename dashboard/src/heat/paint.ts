// Heat as colour: the visible part of a grid is coloured at one pixel per bin and stretched by the browser. Pages of any
// height need no large canvas, since only what is seen is painted.
import palette from "../../../schemas/heat-palette.json";
import type { Grid } from "./grid";

/** Colours of heat, as the service's pictures have them: level 0 is clear, 1 the coolest, the last the hottest. */
const COLOURS = Uint32Array.from(palette.rgba, (text) => {
  const rgba = Number.parseInt(text, 16);
  // Canvas memory is little-endian: red in the lowest byte.
  return (((rgba & 0xff) << 24) | ((rgba & 0xff00) << 8) | ((rgba >>> 8) & 0xff00) | (rgba >>> 24)) >>> 0;
});
const LEVELS = COLOURS.length - 1;

/** The ramp for a legend, as CSS colours from cool to hot. */
export const RAMP = [0.1, 0.3, 0.5, 0.7, 0.85, 1].map((at) => `#${palette.rgba[Math.round(at * LEVELS)]}`);

export interface Part {
  /** Upper left corner of what is seen, page px. */
  left: number;
  top: number;
  /** What is seen, page px. */
  width: number;
  height: number;
}

/** Paints what `part` shows of the grid over the whole canvas. */
export function paint(canvas: HTMLCanvasElement, grid: Grid, part: Part): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  // One bin more on each side, so that stretching has neighbours at the edges.
  const first = Math.max(0, Math.floor(part.top / grid.binPx) - 1);
  const last = Math.min(grid.rows, Math.ceil((part.top + part.height) / grid.binPx) + 1);
  if (last <= first) return;
  const small = coloured(grid, first, last);
  const across = canvas.width / part.width;
  const down = canvas.height / part.height;
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    small,
    -part.left * across,
    (first * grid.binPx - part.top) * down,
    grid.columns * grid.binPx * across,
    (last - first) * grid.binPx * down,
  );
}

function coloured(grid: Grid, first: number, last: number): OffscreenCanvas {
  const small = new OffscreenCanvas(grid.columns, last - first);
  const context = small.getContext("2d")!;
  const image = context.createImageData(grid.columns, last - first);
  const pixels = new Uint32Array(image.data.buffer);
  const start = first * grid.columns;
  for (let at = 0; at < pixels.length; at++) {
    const level = grid.levels[start + at]!;
    if (level > 0.004) pixels[at] = COLOURS[Math.min(LEVELS, Math.max(1, Math.round(level * LEVELS)))]!;
  }
  context.putImageData(image, 0, 0);
  return small;
}
