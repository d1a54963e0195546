// Which part of the page is seen. The largest scroller of a page is its page.

import { options } from "./tag";

/** The inner element that scrolls in the document's stead, if there is one. */
export let inner: Element | false | undefined;
/** The edges of what was last seen, and the page's height then, px. */
export let top: number;
export let bottom: number;
export let height: number;

/** Measures what is seen. */
export function measure(): void {
  height = scroller().scrollHeight;
  top = scroller().scrollTop;
  bottom = Math.min(height, top + scroller().clientHeight);
}

/**
 * Looks for the page's scroller: the site's, or what has more in it than it shows and than the document has, and is
 * over half as high as the window. Only what lies under the window's middle can be that: to ask every element is dear.
 */
export function findScroller(): void {
  // No element of HTML is called _.
  const own = document.querySelector(options.scroller || "_");
  // The one before stays, as long as it scrolls: below a modal dialog nothing is found.
  inner = own || ((inner as Element)?.scrollHeight > (inner as Element)?.clientHeight && inner);
  if (own) return;
  for (const element of document.elementsFromPoint(innerWidth / 2, innerHeight / 2)) {
    if (
      element.scrollHeight > Math.max(element.clientHeight, scroller().scrollHeight) &&
      element.clientHeight * 2 > innerHeight &&
      // auto or scroll: what is only cut off is never seen.
      /au|sc/.test(getComputedStyle(element).overflowY)
    ) {
      inner = element;
    }
  }
}

function scroller(): Element {
  // In quirks mode a body that scrolls by itself is nobody's scrolling element.
  return inner || document.scrollingElement || document.body;
}
