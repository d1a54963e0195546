// What goes over the wire. The shapes come from schemas/beacon.v1.json.

/** One place of a page view, with what was counted there since the last beacon. */
export interface Place {
  layer: "click" | "tap";
  /** Page-grid cell: [floor(pageX / 16), floor(pageY / 16)]. */
  cell?: [number, number];
  /** Stable key of the element; always together with `sub`. */
  anchor?: string;
  /** Position inside the element: eighths (0 to 7), or 16 px units where `unit` is `px16`. */
  sub?: [number, number];
  unit?: "px16";
  /** Interactions, 1 to 255. */
  n: number;
  /** First touches in this page view: 1 cell, 2 its 32 px parent, 4 its 64 px parent, 8 sub-cell, 16 element. */
  first: number;
}

/** A fragment of one page view. */
export interface Beacon {
  v: 1;
  site: string;
  path: string;
  /** Width of the viewport in px at the page view's start. */
  w: number;
  /** Height of the viewport in steps of 100 px; only where `view` is true. */
  h?: number;
  touch: boolean;
  /** True in the first beacon of the page view. */
  view: boolean;
  /** Deepest reach in percent of the page's height so far, and what of it was already sent. */
  scroll: number;
  scrolled: number;
  places: Place[];
}
