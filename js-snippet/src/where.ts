// From a point on the page to a place: layer, page-grid cell, anchor and position inside the element.

import { anchorOf, INTERACTIVE } from "./anchor";
import { ANCHOR_CHARS_MAX, CELL_PX, CELL_X_MAX, CELL_Y_MAX, LARGE_PX } from "./limits";
import { quiet } from "./listen";
import type { Spot } from "./pageview";
import { inner } from "./scroll";

/** What the site wants left out. */
export const IGNORED = "[data-isotherm-ignore]";

/** Leaves `element` and what is in it out of everything from now on. */
export function ignore(element: Element | null): void {
  // A page may have none where it looked for one.
  element?.setAttribute("data-isotherm-ignore", "");
}

/** The innermost element on an event's path that `selector` matches; paths lead out of shadow roots. */
export function on(path: EventTarget[], selector: string): Element | undefined {
  // Of all nodes only elements can be matched.
  return (path as Element[]).find((node) => node.matches?.(selector));
}

/** The place of a point in the window, or of the middle of what was meant where there is none. */
export function spotOf(layer: Spot["layer"], path: EventTarget[], point: { clientX: number; clientY: number } | 0): Spot {
  // What was meant: the nearest named or interactive element, else the target itself.
  const element = on(path, "[data-isotherm]," + INTERACTIVE) || (path[0] as Element);
  const { left, top, width, height } = element.getBoundingClientRect();
  const x = point ? point.clientX - left : width / 2;
  const y = point ? point.clientY - top : height / 2;
  // What an element has scrolled inside itself is added. (The document's own box moves with it.)
  const units = (x: number, y: number, by: any): [number, number] => [
    bounded((x + (by && by.scrollLeft)) / CELL_PX, CELL_X_MAX),
    bounded((y + (by && by.scrollTop)) / CELL_PX, CELL_Y_MAX),
  ];
  const anchor = anchorIn(element);
  return {
    layer,
    cell: units(left + x + scrollX, top + y + scrollY, path.includes(inner as Element) && inner),
    ...(anchor &&
      (Math.max(width, height) > LARGE_PX && !element.matches(INTERACTIVE)
        ? { anchor, sub: units(x, y, element !== document.documentElement && element), unit: "px16" }
        : // An element without a size (`display: contents`) has one sub-cell.
          { anchor, sub: [bounded((x / width) * 8, 7), bounded((y / height) * 8, 7)] })),
  };
}

/** The element's anchor; nothing where there is none, or none that is short enough. */
export function anchorIn(element: Element): string | undefined | false {
  const anchor = quiet(anchorOf)(element);
  return encodeURI(anchor!).length <= ANCHOR_CHARS_MAX && anchor;
}

function bounded(value: number, most: number): number {
  return Math.max(0, Math.min(value, most)) | 0;
}
