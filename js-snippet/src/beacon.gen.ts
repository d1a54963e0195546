// Made from schemas/beacon.v1.json by `npm run types`. Do not edit.

/**
 * What was done.
 */
export type Layer = "click" | "tap" | "rage" | "dead" | "swipe" | "first" | "exposure" | "attention";
/**
 * How the position inside an element counts.
 */
export type Unit = "eighth" | "px16";

/**
 * A beacon as the script sends it: a fragment of one page view. Counts only: no time, no order, no text, no id.
 */
export interface Beacon {
  /**
   * Viewport height in CSS px, rounded to steps of 100; only where `view` is true.
   */
  h?: number;
  /**
   * The path at the page view's start, without query and fragment.
   */
  path: string;
  /**
   * Places with news, each place at most once.
   *
   * @maxItems 64
   */
  places: Place[];
  /**
   * Deepest reach so far, in percent of the page's height.
   */
  scroll: number;
  /**
   * What of the reach was already sent, in percent; at most `scroll`.
   */
  scrolled: number;
  /**
   * The site key of the script tag.
   */
  site: string;
  /**
   * Whether the device is operated by touch.
   */
  touch: boolean;
  /**
   * The format's version.
   */
  v: number;
  /**
   * Whether this is the page view's first beacon.
   */
  view: boolean;
  /**
   * Viewport width in CSS px at the page view's start.
   */
  w: number;
}
/**
 * A place: on the page grid, on an element, or both.
 */
export interface Place {
  /**
   * A stable selector of the element, at most 256 bytes.
   */
  anchor?: string;
  /**
   * Column and row of the 16 px cell, unscaled page pixels. For `attention`: 0 and the band of the page's height, 0 to 9.
   *
   * @minItems 2
   * @maxItems 2
   */
  cell?: [number, number];
  /**
   * Levels touched for the first time in this page view: 1 cell, 2 its 32 px parent, 4 its 64 px parent, 8 sub-cell, 16 element.
   */
  first: number;
  layer: Layer;
  /**
   * How often since it was last sent.
   */
  n: number;
  /**
   * Column and row inside the element, in `unit`; goes with `anchor`.
   *
   * @minItems 2
   * @maxItems 2
   */
  sub?: [number, number];
  /**
   * How `sub` counts; eighths where it is missing.
   */
  unit?: Unit;
}
