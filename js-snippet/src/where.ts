// From a point on the page to a place: layer, page-grid cell, anchor and position inside the element.

import { anchorOf, interactive, meant } from "./anchor";
import { ANCHOR_BYTES_MAX, CELL_PX, CELL_X_MAX, CELL_Y_MAX, LARGE_PX } from "./limits";
import { quietly } from "./listen";
import type { Spot } from "./pageview";
import { inner } from "./scroll";

/** Leaves `element` and what is in it out of everything from now on. */
export function ignore(element: Element): void {
  (element as HTMLElement).dataset.isothermIgnore = "1";
}

/** Whether the site wants something on the path of an event left out. */
export function left(path: EventTarget[]): boolean {
  return (path as HTMLElement[]).some((node) => node.dataset?.isothermIgnore != null);
}

/** The place of a point in the window, or of the middle of what was meant where there is none. */
export function spotOf(layer: Spot["layer"], path: EventTarget[], point: { clientX: number; clientY: number } | 0): Spot {
  const element = meant(path);
  const { left, top, width, height } = element.getBoundingClientRect();
  const x = point ? point.clientX - left : width / 2;
  const y = point ? point.clientY - top : height / 2;
  // What an element has scrolled inside itself is added. (The document's own box moves with it.)
  const units = (x: number, y: number, by: any): [number, number] => [
    bounded((x + (by && by.scrollLeft)) / CELL_PX, CELL_X_MAX),
    bounded((y + (by && by.scrollTop)) / CELL_PX, CELL_Y_MAX),
  ];
  const spot: Spot = { layer, cell: units(left + x + scrollX, top + y + scrollY, path.includes(inner!) && inner) };
  const anchor = anchorIn(element);
  if (!anchor) return spot;
  return Math.max(width, height) > LARGE_PX && !interactive(element)
    ? { ...spot, anchor, sub: units(x, y, element !== document.documentElement && element), unit: "px16" }
    : // An element without a size (`display: contents`) has one sub-cell.
      { ...spot, anchor, sub: [bounded((x / width) * 8, 7), bounded((y / height) * 8, 7)] };
}

/** The element's anchor; nothing where there is none, or none that is short enough. */
export function anchorIn(element: Element): string | undefined {
  return quietly(() => {
    const anchor = anchorOf(element);
    // Each byte that is no ASCII becomes %XX, and each %XX one character: its length is that in UTF-8. A Blob says the same,
    // but asks another process.
    return unescape(encodeURI(anchor)).length <= ANCHOR_BYTES_MAX ? anchor : undefined;
  });
}

function bounded(value: number, most: number): number {
  return value > 0 ? Math.min(value, most) | 0 : 0;
}
