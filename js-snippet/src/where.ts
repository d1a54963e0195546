// From a click event to a place: layer, page-grid cell, anchor and position inside the element.

import type { Place } from "./beacon.gen";
import { anchorOf, interactive, meant } from "./anchor";
import { ANCHOR_BYTES_MAX, bytes, CELL_PX, CELL_X_MAX, CELL_Y_MAX, LARGE_PX } from "./limits";
import { quietly } from "./listen";
import { inner } from "./scroll";

/** A place before it is counted. */
export type Spot = Omit<Place, "n" | "first">;

/** What does not scroll. */
const STILL = { scrollLeft: 0, scrollTop: 0 };

const ignored = new WeakSet<EventTarget>();
let pointer: string;
let echo: EventTarget | null | undefined | false;

/** Leaves `element` and what is in it out of everything from now on. */
export function ignore(element: Element): void {
  ignored.add(element);
}

/** Remembers what kind of pointer went down, for browsers whose click does not say it. */
export function pointed(event: PointerEvent): void {
  pointer = event.pointerType;
  echo = null;
}

/** The place of a click or tap, or undefined if it does not count. */
export function spotOf(event: PointerEvent): Spot | undefined {
  const path = event.composedPath();
  // A click on a label is followed by one that the browser makes on its control: one act, counted once.
  if (!event.isTrusted || path[0] === echo || path.some(left)) {
    echo = null;
    return;
  }
  const element = meant(path);
  const control = element.closest("label")?.control;
  echo = control !== element && control;

  const box = element.getBoundingClientRect();
  // From the keyboard there is no position: the centre of the element stands for it.
  const byPointer = event.detail;
  const x = byPointer ? event.clientX - box.left : box.width / 2;
  const y = byPointer ? event.clientY - box.top : box.height / 2;
  const moved = path.includes(inner!) ? inner! : STILL;
  const spot: Spot = {
    layer: byPointer && (event.pointerType || pointer) === "touch" ? "tap" : "click",
    cell: units(box.left + x + scrollX, box.top + y + scrollY, moved),
  };
  const anchor = quietly(() => anchorOf(element));
  if (anchor && bytes(anchor) <= ANCHOR_BYTES_MAX) {
    spot.anchor = anchor;
    if (Math.max(box.width, box.height) > LARGE_PX && !interactive(element)) {
      spot.sub = units(x, y, element === inner ? inner : STILL);
      spot.unit = "px16";
    } else {
      // An element without a size (`display: contents`) has one sub-cell.
      spot.sub = [bounded((x / box.width) * 8, 7), bounded((y / box.height) * 8, 7)];
    }
  }
  return spot;
}

function left(node: EventTarget): boolean | undefined {
  return ignored.has(node) || (node as Element).hasAttribute?.("data-isotherm-ignore");
}

function units(x: number, y: number, { scrollLeft, scrollTop }: typeof STILL): [number, number] {
  return [bounded((x + scrollLeft) / CELL_PX, CELL_X_MAX), bounded((y + scrollTop) / CELL_PX, CELL_Y_MAX)];
}

function bounded(value: number, most: number): number {
  return value > 0 ? Math.floor(Math.min(value, most)) : 0;
}
