// Heat as colour: a canvas with one pixel per bin, which style stretches over the page. Colouring is then a few thousand
// pixels, the browser's compositor does the stretching, and a page of any height needs no large canvas.
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

/** The colour of a level from 0 to 1, without its transparency. */
export const COLOUR_AT = (level: number): string => `#${palette.rgba[Math.max(1, Math.round(Math.min(1, level) * LEVELS))]!.slice(0, 6)}`;

/** Paints the grid, one pixel per bin. The canvas is to be shown `columns * binPx` by `rows * binPx` px large. */
export function paint(canvas: HTMLCanvasElement, grid: Grid): void {
  if (canvas.width !== grid.columns) canvas.width = grid.columns;
  if (canvas.height !== grid.rows) canvas.height = grid.rows;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(grid.columns, grid.rows);
  const pixels = new Uint32Array(image.data.buffer);
  const { levels } = grid;
  for (let at = 0; at < pixels.length; at++) {
    const level = levels[at]!;
    if (level > 0.004) pixels[at] = COLOURS[Math.min(LEVELS, Math.max(1, Math.round(level * LEVELS)))]!;
  }
  context.putImageData(image, 0, 0);
}
