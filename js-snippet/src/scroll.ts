// How deep a page view reached. The largest scroller of a page is its page.

/** The inner element that scrolls in the document's stead, if there is one. */
export let inner: Element | null;

/** The bottom edge of what is seen, in percent of the page's height (1 to 100). */
export function reach(): number {
  const page = scroller();
  return Math.min(100, Math.round(((page.scrollTop + page.clientHeight) / page.scrollHeight) * 100)) || 1;
}

/** Looks for the page's scroller. Walks the page only where the document itself hardly scrolls. */
export function findScroller(): void {
  inner = null;
  if (beyond(scroller()) * 2 < innerHeight) document.querySelectorAll("body *").forEach(consider);
}

/** Takes `element` as the page's scroller if it fills half the window and hides more than the present one. */
export function consider(element: Element): void {
  if (
    beyond(element) > beyond(scroller()) &&
    element.clientWidth * element.clientHeight * 2 > innerWidth * innerHeight &&
    /auto|scroll/.test(getComputedStyle(element).overflowY)
  ) {
    inner = element;
  }
}

function scroller(): Element {
  return inner || document.scrollingElement!;
}

// Pixels that can be scrolled to.
function beyond(element: Element): number {
  return element.scrollHeight - element.clientHeight;
}
