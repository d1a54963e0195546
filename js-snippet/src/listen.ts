// Nothing that goes wrong in the script ever reaches the page.

import { TICK_MS } from "./limits";

/** `work`, of which nothing that goes wrong comes out. */
export function quiet<Given extends unknown[], Given2>(work: (...given: Given) => Given2): (...given: Given) => Given2 | undefined {
  return (...given) => {
    try {
      return work(...given);
    } catch {}
    return undefined;
  };
}

/** Does `work` after `ms` milliseconds, those of a tick unless said; gives the timer. */
export function later(work: () => void, ms = TICK_MS): number {
  return setTimeout(quiet(work), ms);
}
