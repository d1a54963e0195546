// What a page view says without an act: which named elements came into view, and how long each band of the page was.
// Defined in docs/measuring.md.

import { ATTENTION_BANDS, EXPOSURE_MS } from "./limits";
import { later } from "./listen";
import { count, touched } from "./pageview";
import { bottom, findScroller, height, top } from "./scroll";
import { anchorIn, IGNORED } from "./where";

// The page's named elements, as of the last beacon: to search a long page is dear.
let named: Element[] = [];
// Whether some of them were seen, and are looked at once more.
let looking: unknown;

/** A second with the visitor's attention, for each band in the window. */
export function attend(): void {
  for (let band = ((top / height) * ATTENTION_BANDS) | 0; band < (bottom / height) * ATTENTION_BANDS; band++) {
    count({ layer: "attention", cell: [0, band] });
  }
}

/** Looks which element scrolls, and which named ones there are. */
export function search(): void {
  findScroller();
  named = [...document.querySelectorAll("[data-isotherm]")];
}

/** Counts named elements whose middle line is in view now and when `EXPOSURE_MS` have passed. */
export function watch(): void {
  if (looking) return;
  const seen = named.filter(inView);
  looking =
    seen[0] &&
    later(() => {
      looking = 0;
      seen.filter(inView).map(expose);
      watch();
    }, EXPOSURE_MS);
}

function expose(element: Element): void {
  touched.add(element);
  const anchor = anchorIn(element);
  // One that is drawn anew, or several of one name, are seen once.
  if (anchor && !touched.has(anchor) && !element.closest(IGNORED)) {
    touched.add(anchor);
    count({ layer: "exposure", anchor, sub: [0, 0] });
  }
}

function inView(element: Element): unknown {
  const box = element.getBoundingClientRect();
  const middle = box.top + box.height / 2;
  return box.height && middle >= 0 && middle <= innerHeight && box.left < innerWidth && box.right > 0 && !touched.has(element);
}
