// Modules under test, for use inside a page: window.parts.

import { anchorOf } from "../src/anchor";
import { isPinned, locate, resolve } from "../src/overlay/resolve";
import { scrub } from "../src/scrub";

/** The anchor of an element, "" if it has none. */
function anchor(element: Element): string {
  try {
    return anchorOf(element);
  } catch {
    return "";
  }
}

Object.assign(window, { parts: { anchor, isPinned, locate, resolve, scrub } });
