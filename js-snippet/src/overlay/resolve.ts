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

/** The element that `anchor` names under `root`, or null if the page has none, or several of which it could be any. */
export function resolve(anchor: string, root: ParentNode = document): Element | null {
  let found: Element | null = null;
  for (const step of anchor.split(" >>> ")) {
    const inside: ParentNode | null = found ? found.shadowRoot : root;
    found = inside && (only(inside, step) ?? moved(inside, step));
    if (!found) return null;
  }
  return found;
}

// What a name of the owner's says twice is one thing on the map: the first stands for it.
const NAME = /^\[data-isotherm="[^"\\]*"\]$/;

function only(root: ParentNode, selector: string): Element | null {
  const all = root.querySelectorAll(selector);
  return all.length === 1 || NAME.test(selector) ? (all[0] ?? null) : null;
}

// What further selectors find alone, unless there are fewer like it now: of a list that became shorter any may be left.
function moved(root: ParentNode, step: string): Element | null {
  const found = others(step).map((other) => only(root, other));
  return found.find((element) => element && !cameForward(element, step)) ?? null;
}

// Whether the element, or what is around it, stands before the place that the anchor says.
function cameForward(element: Element, step: string): boolean {
  let at: Element | null = element;
  for (const part of step.split(">").reverse()) {
    const place = /:nth-of-type\((\d+)\)$/.exec(part);
    if (place && at && placeOf(at) < Number(place[1])) return true;
    at = at && at.parentElement;
  }
  return false;
}

function placeOf(element: Element): number {
  let place = 1;
  for (let at = element.previousElementSibling; at; at = at.previousElementSibling) {
    if (at.localName === element.localName) place++;
  }
  return place;
}

/**
 * Further selectors for a page that is not what it was when the anchor was made, each good only where it finds one
 * element: without the places of what has a name as well (something was inserted before it), and with something new
 * between the body and the rest.
 */
function others(step: string): string[] {
  const names = step.replace(/([.\]][^>:]*):nth-of-type\(\d+\)/g, "$1");
  return [names, step.replace(/^(html>)?body>/, "body "), names.replace(/^(html>)?body>/, "body ")].filter((other) => other !== step);
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

/** Whether an element stays where it is when the page scrolls. */
export const isPinned = (element: Element): boolean => pinnedPart(element) !== null;

/** The nearest part around an element, itself first, that stays where it is: fixed, or sticky and stuck just now. */
export function pinnedPart(element: Element): Element | null {
  for (let at: Element | null = element; at; at = above(at)) {
    const { position, top, bottom } = getComputedStyle(at);
    if (position === "fixed") return at;
    if (position === "sticky" && isStuck(at, parseFloat(top), parseFloat(bottom))) return at;
  }
  return null;
}

// A sticky element is stuck where it touches the line that its style names.
function isStuck(element: Element, top: number, bottom: number): boolean {
  const box = element.getBoundingClientRect();
  return Math.abs(box.top - top) < 1 || Math.abs(innerHeight - box.bottom - bottom) < 1;
}

/** What an element stands in, also out of an open shadow root. */
export function above(element: Element): Element | null {
  return element.parentElement ?? ((element.getRootNode() as ShadowRoot).host as Element | undefined) ?? null;
}
