// Whether the script may run at all. Asked before anything else, and again before every beacon.

import type { Reason } from "./api";
import { quiet } from "./listen";
import { options } from "./tag";

declare global {
  interface Navigator {
    globalPrivacyControl?: boolean;
  }
  interface Window {
    doNotTrack?: string;
  }
}

// Holds the visitor's wish for this page where the browser denies storage.
let optedOut: boolean | undefined;

/** Why nothing may be measured: a negative signal, in the order in which ingest asks them, or what the site says. */
export function refusal(): Reason {
  // Two generations of browsers keep Do Not Track in two places; the list is tested as text, with a comma.
  return !options.site
    ? "no_site"
    : /^1|,1/.test([navigator.doNotTrack, window.doNotTrack] as never)
      ? "dnt"
      : navigator.globalPrivacyControl
        ? "gpc"
        : optedOut || quiet(() => localStorage.isotherm_optout)() === "1"
          ? "opted_out"
          : navigator.webdriver
            ? "webdriver"
            : options.wait != null
              ? "waiting"
              : null;
}

/** Writes or clears the flag: the one thing the script ever stores. */
export function remember(out: boolean): void {
  optedOut = out;
  quiet(() => (out ? (localStorage.isotherm_optout = "1") : delete localStorage.isotherm_optout))();
}
