// Every bound of the script, with its unit and what happens at it.

/** Distinct places kept per page view. Further ones are dropped: one page view cannot flood a map. */
export const PLACES_MAX = 64;
/** Interactions counted per place and page view. Further ones are not counted (`n` fits one byte). */
export const COUNT_MAX = 255;
/** Bytes of one beacon. A longer one is split into halves until each part fits; ingest takes twice as much. */
export const BEACON_BYTES_MAX = 8192;
/**
 * Characters of a percent-coded path: three for each byte that ingest takes. A longer one is cut here, and refused
 * there, so that nothing is counted under another page's name.
 */
export const PATH_CHARS_MAX = 3072;
/** Bytes of an anchor. A longer one is left out; the place then has its cell only. */
export const ANCHOR_BYTES_MAX = 256;
/** Greatest cell (16 px units: 16,384 px to the right, 524,288 px down). Places beyond it are counted at it. */
export const CELL_X_MAX = 1023;
export const CELL_Y_MAX = 32767;
/** Milliseconds from the start of a page view to its first beacon, so that short visits count. */
export const FIRST_DELAY_MS = 1000;
/** Milliseconds from the first news after a beacon to the next one. Without news nothing is sent. */
export const NEXT_DELAY_MS = 10000;
/** Side of a page-grid cell in px. */
export const CELL_PX = 16;
/** An element wider or higher than this (px) that is not interactive is divided into 16 px units, not eighths. */
export const LARGE_PX = 512;

/** Bytes of a text in UTF-8. */
export function bytes(text: string): number {
  return new Blob([text]).size;
}
