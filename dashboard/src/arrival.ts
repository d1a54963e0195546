// A new view is told like a new page: it begins at its top, and the focus goes to its heading, which is read aloud.
import { useEffect } from "preact/hooks";

/** Where the reader was; nothing before the first view, which the browser has told itself. */
let before: string | undefined;

/** Acts when `where` changes, the way in included; not for filters, which are not in it. */
export function useArrival(where: string): void {
  useEffect(() => {
    const isFirst = before === undefined;
    if (before === where) return;
    before = where;
    if (isFirst) return;
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
