// A new view is told like a new page: it begins at its top, and the focus goes to its heading, which is read aloud.
import { useEffect, useRef } from "preact/hooks";

/** Acts when `where` changes: not at the first view, which the browser has told itself, nor for filters, which are not in it. */
export function useArrival(where: string): void {
  const before = useRef(where);
  useEffect(() => {
    if (before.current === where) return;
    before.current = where;
    scrollTo(0, 0);
    const main = document.querySelector("main");
    // A view may begin in a field of its own; `main` itself has the focus where somebody skipped to the content.
    if (document.activeElement !== main && main?.contains(document.activeElement)) return;
    const heading = main?.querySelector("h1");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }, [where]);
}
