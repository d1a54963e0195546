// Where the page lies in the window, as its script measures it: by the same rules, or depths were drawn elsewhere than they were seen.
import { findScroller, height, inner, measure, top } from "../../../js-snippet/src/scroll";
import { options } from "../../../js-snippet/src/tag";
import type { Room } from "./tags";

/** The page's own scroller. */
export interface Scrolled {
  /** Where its content begins in the window, and how tall that is, px. */
  top: number;
  height: number;
  /** The part of the window that it shows it in. */
  window: Room;
}

export function scrolledPage(): Scrolled {
  // What the site asks of its script stands on the tag.
  Object.assign(options, document.querySelector<HTMLScriptElement>("script[data-site]")?.dataset);
  try {
    findScroller();
  } catch {
    // A selector that is none: the document is what scrolls, for the script as well.
  }
  measure();
  if (!inner) return { top: -top, height, window: { left: 0, top: 0, right: innerWidth, bottom: innerHeight } };
  const box = inner.getBoundingClientRect();
  return { top: box.top + inner.clientTop - top, height, window: box };
}
