// Every bound of the script, with its unit and what happens at it.

/** Distinct places kept per page view. Further ones are dropped: one page view cannot flood a map. */
export const PLACES_MAX = 64;
/** Once so many are taken, only clicks and taps take further ones: no other layer crowds them out. */
export const OTHER_PLACES_MAX = 40;
/** Interactions counted per place and beacon. Further ones are not counted (`n` fits one byte). */
export const COUNT_MAX = 255;
/**
 * Characters of a beacon's places, as an address would hold them, and so never fewer than they have bytes. Where they are
 * more, a beacon has `BEACON_PLACES_MAX` of them: a place has less than 120 bytes beside its anchor. No beacon then has more
 * than 8 KiB; ingest takes twice as much.
 */
export const BEACON_CHARS_MAX = 7500;
export const BEACON_PLACES_MAX = 16;
/**
 * Characters of an anchor, as an address would hold it: there each byte that is no ASCII, and each sign that JSON escapes,
 * has three. A longer one is left out; the place then has its cell only. Ingest takes 256 bytes.
 */
export const ANCHOR_CHARS_MAX = 256;
/** Greatest cell (16 px units: 16,384 px to the right, 524,288 px down). Places beyond it are counted at it. */
export const CELL_X_MAX = 1023;
export const CELL_Y_MAX = 32767;
/** Milliseconds of a tick: the first beacon goes with a page view's first one. */
export const TICK_MS = 1000;
/** Ticks between beacons. Without news nothing is sent. */
export const BEACON_TICKS = 10;
/** Ticks after the last interaction during which the page has the visitor's attention; then the clock stops. */
export const ATTENTION_TICKS = 30;
/** Bands of the page's height in which attention is counted. */
export const ATTENTION_BANDS = 10;
/** Side of a page-grid cell in px. */
export const CELL_PX = 16;
/** An element wider or higher than this (px) that is not interactive is divided into 16 px units, not eighths. */
export const LARGE_PX = 512;
/** Rage: this many clicks, each within so many px and ms of the one before. */
export const RAGE_CLICKS = 3;
export const RAGE_PX = 30;
export const RAGE_MS = 1000;
/**
 * Dead: no scrolling and no selection after so many ms, no other focus after so many more, and no mutation after so many
 * more: 100, 1,000 and 2,500 ms after the click.
 */
export const DEAD_WAITS_MS = [100, 900, 1500];
/** A swipe goes at least so far sideways (px), and twice as far as up or down. */
export const SWIPE_PX = 30;
/** An element is exposed once its middle line was in view for so long (ms). */
export const EXPOSURE_MS = 150;
