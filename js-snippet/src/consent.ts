// Whether the script may run at all. Asked before anything else, and again before every beacon.

import { quietly } from "./listen";

/** Why nothing is measured; null while measuring. */
export type Reason = null | "dnt" | "gpc" | "opted_out" | "webdriver" | "no_site";

const FLAG = "isotherm_optout";

// Holds the visitor's wish for this page where the browser denies storage.
let optedOut = false;

/** The first negative signal, in the order in which ingest asks them; null if there is none. */
export function refusal(): Reason {
  const nav = navigator as Navigator & Record<string, unknown>;
  // Three generations of browsers keep Do Not Track in three places.
  if (/(^|,)1/.test([nav.doNotTrack, (window as never as Record<string, unknown>).doNotTrack, nav.msDoNotTrack].join())) {
    return "dnt";
  }
  if (nav.globalPrivacyControl === true) return "gpc";
  if (optedOut || quietly(() => localStorage.getItem(FLAG)) === "1") return "opted_out";
  return nav.webdriver === true ? "webdriver" : null;
}

/** Writes or clears the flag: the one thing the script ever stores. */
export function remember(out: boolean): void {
  optedOut = out;
  quietly(() => (out ? localStorage.setItem(FLAG, "1") : localStorage.removeItem(FLAG)));
}
