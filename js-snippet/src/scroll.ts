// Which part of the page is seen. The largest scroller of a page is its page.

import { options } from "./tag";

/** The inner element that scrolls in the document's stead, if there is one. */
export let inner: Element | null;
/** The edges of what was last seen, as parts of the page's height (0 to 1). */
export let top: number;
export let bottom: number;

/** Measures what is seen. */
export function measure(): void {
  const { scrollTop, clientHeight, scrollHeight } = inner || document.scrollingElement!;
  top = scrollTop / scrollHeight;
  bottom = Math.min(1, top + clientHeight / scrollHeight);
}

/** Looks for the page's scroller: the site's, or the largest that fills half the window where the document hardly scrolls. */
export function findScroller(): void {
  inner = document.querySelector(options.scroller || ":not(*)");
  if (beyond(inner || document.scrollingElement!) * 2 < innerHeight) document.querySelectorAll("body *").forEach(consider);
}

/** Takes `element` as the page's scroller if it fills half the window and hides more than the present one. */
export function consider(element: Element): void {
  if (
    beyond(element) > beyond(inner || document.scrollingElement!) &&
    element.clientWidth * element.clientHeight * 2 > innerWidth * innerHeight &&
    /auto|scroll/.test(getComputedStyle(element).overflowY)
  ) {
    inner = element;
  }
}

// Pixels that can be scrolled to.
function beyond({ scrollHeight, clientHeight }: Element): number {
  return scrollHeight - clientHeight;
}
