// Whether the script may run at all. Asked before anything else, and again before every beacon.

import type { Reason } from "./api";
import { quietly } from "./listen";


// Holds the visitor's wish for this page where the browser denies storage.
let optedOut = false;

/** The first negative signal, in the order in which ingest asks them; null if there is none. */
export function refusal(): Reason {
  const nav = navigator as Navigator & Record<string, unknown>;
  // Two generations of browsers keep Do Not Track in two places; the list is tested as text, with a comma.
  return /^1|,1/.test([nav.doNotTrack, (window as never as Record<string, unknown>).doNotTrack] as never)
    ? "dnt"
    : nav.globalPrivacyControl === true
      ? "gpc"
      : optedOut || quietly(() => localStorage.isotherm_optout) === "1"
        ? "opted_out"
        : nav.webdriver
          ? "webdriver"
          : null;
}

/** Writes or clears the flag: the one thing the script ever stores. */
export function remember(out: boolean): void {
  optedOut = out;
  quietly(() => (out ? (localStorage.isotherm_optout = "1") : delete localStorage.isotherm_optout));
}
