// The way back from a place to where it is on a live page, for overlays. Not part of the script that pages load.

import type { Unit } from "../beacon.gen";
import { CELL_PX } from "../limits";

/** Where heat is drawn, in px of the window; `pinned` heat does not scroll with the page. */
export interface Spot {
  element: Element;
  left: number;
  top: number;
  width: number;
  height: number;
  pinned: boolean;
}

/** The element that `anchor` names under `root`, or null if the page has none. */
export function resolve(anchor: string, root: ParentNode = document): Element | null {
  let found: Element | null = null;
  for (const step of anchor.split(" >>> ")) {
    const inside: ParentNode | null = found ? found.shadowRoot : root;
    found = inside && inside.querySelector(step);
    if (!found) return null;
  }
  return found;
}

/** Where a sub-cell of an element lies now; null where the element is not there or not shown. */
export function locate(anchor: string, [x, y]: [number, number], unit: Unit = "eighth", root: ParentNode = document): Spot | null {
  const element = resolve(anchor, root);
  const box = element?.getBoundingClientRect();
  if (!element || !box || box.width === 0 || box.height === 0) return null;
  return { element, ...inside(element, box, [x, y], unit), pinned: isPinned(element) };
}

/** Where a position of an element lies now that has this box, in px of the window. */
export function inside(element: Element, box: DOMRect, [x, y]: [number, number], unit: Unit): Omit<Spot, "element" | "pinned"> {
  if (unit === "eighth") {
    const [width, height] = [box.width / 8, box.height / 8];
    return { left: box.left + x * width, top: box.top + y * height, width, height };
  }
  // What an element has scrolled inside itself was added to the position.
  const moved = element === document.documentElement ? { scrollLeft: 0, scrollTop: 0 } : element;
  const [left, top] = [box.left + x * CELL_PX - moved.scrollLeft, box.top + y * CELL_PX - moved.scrollTop];
  return { left, top, width: CELL_PX, height: CELL_PX };
}

/** Whether an element stays where it is when the page scrolls: fixed, or sticky and stuck just now. */
export function isPinned(element: Element): boolean {
  for (let at: Element | null = element; at; at = above(at)) {
    const { position, top, bottom } = getComputedStyle(at);
    if (position === "fixed") return true;
    if (position === "sticky" && isStuck(at, parseFloat(top), parseFloat(bottom))) return true;
  }
  return false;
}

// A sticky element is stuck where it touches the line that its style names.
function isStuck(element: Element, top: number, bottom: number): boolean {
  const box = element.getBoundingClientRect();
  return Math.abs(box.top - top) < 1 || Math.abs(innerHeight - box.bottom - bottom) < 1;
}

function above(element: Element): Element | null {
  return element.parentElement ?? ((element.getRootNode() as ShadowRoot).host as Element | undefined) ?? null;
}
