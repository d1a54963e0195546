// What a page view says without an act: which named elements came into view, and how long each band of the page was.
// Defined in docs/measuring.md.

import { ATTENTION_BANDS, EXPOSURE_MS } from "./limits";
import { later } from "./listen";
import { count } from "./pageview";
import { bottom, top } from "./scroll";
import { anchorIn, left } from "./where";

let exposed = new Set<Element>();

// The page's named elements, as of the last second: to search a long page while it is scrolled is dear.
let named: Iterable<Element> = [];

/** A new page view: nothing was in view yet. */
export function lookAway(): void {
  exposed = new Set();
}

/** A second with the visitor's attention, for each band in the window. */
export function attend(): void {
  for (let band = Math.floor(top * ATTENTION_BANDS); band < bottom * ATTENTION_BANDS; band++) {
    count({ layer: "attention", cell: [0, band] });
  }
}

/** Looks which named elements there are. */
export function search(): void {
  named = document.querySelectorAll("[data-isotherm]:not([data-isotherm-ignore] *)");
}

/** Counts named elements whose middle line is in view now and when `EXPOSURE_MS` have passed. */
export function watch(): void {
  for (const element of named) {
    if (!exposed.has(element) && inView(element)) later(() => inView(element) && expose(element), EXPOSURE_MS);
  }
}

function expose(element: Element): void {
  const anchor = !exposed.has(element) && !left([element]) && anchorIn(element);
  exposed.add(element);
  if (anchor) count({ layer: "exposure", anchor, sub: [0, 0] });
}

function inView(element: Element): boolean {
  const { top, height } = element.getBoundingClientRect();
  const middle = top + height / 2;
  return height > 0 && middle >= 0 && middle <= innerHeight;
}
