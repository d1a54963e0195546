// One display of a page: the unit in which everything is bounded and counted, and its beacons.

import type { Beacon, Place } from "./beacon.gen";
import { BEACON_CHARS_MAX, COUNT_MAX, OTHER_PLACES_MAX } from "./limits";
import { bottom, findScroller, measure } from "./scroll";
import { scrub } from "./scrub";
import { at, options } from "./tag";

/** A place before it is counted. */
export type Spot = Omit<Place, "n" | "first">;

/** What every beacon of the page view repeats; null where none has begun. */
export let base: Pick<Beacon, "path" | "w" | "touch"> | null;
/** Where the page view began, to notice a change of route. */
export let route: string;
/** Height of the window in steps of 100 px, until the beacon that counts the page view itself is sent. */
export let unseen: { h: number } | null;
// Deepest reach in percent, 0 until it is measured; and what of it was sent.
let deepest: number;
let sent: number;
let tallies: Map<string, Place>;
let touched: Set<string>;

/** Where the page is: its path and, where the site wants it, its route behind the #. */
export function whereabouts(): string {
  const { pathname, hash } = location;
  return "hashRoutes" in options ? (pathname + hash).replace(/\/?#!?([^?]*).*/, "$1") : pathname;
}

/** A page view begins now, or when the page is shown. A variant is a page of its own: /p and /p;b share no count. */
export function begin(): void {
  route = whereabouts();
  base = document.hidden
    ? null
    : {
        path: scrub(route) + (/^[a-h]$/.test(options.variant!) ? ";" + options.variant : ""),
        w: innerWidth,
        touch: navigator.maxTouchPoints > 0,
      };
  unseen = { h: Math.round(innerHeight / 100) * 100 || 100 };
  deepest = sent = 0;
  tallies = new Map();
  touched = new Set();
}

/** Looks how much of the page is seen. */
export function look(): void {
  if (!deepest) findScroller();
  measure();
  deepest = Math.max(deepest, Math.round(bottom * 100), 1);
}

/** Counts one interaction; bounds drop it silently. */
export function count(spot: Spot, most = OTHER_PLACES_MAX): void {
  const { layer, cell, anchor, sub, unit } = spot;
  const key = JSON.stringify(spot);
  let place = tallies.get(key);
  if (!place) {
    if (tallies.size >= most) return;
    let first = 0;
    const square = (shift: number) => cell && [cell[0] >> shift, cell[1] >> shift, shift];
    [square(0), square(1), square(2), anchor && [anchor, sub, unit], anchor].forEach((level, bit) => {
      const name = layer + level;
      if (level && !touched.has(name)) first |= 1 << bit;
      touched.add(name);
    });
    tallies.set(key, (place = { ...spot, n: 0, first }));
  }
  if (place.n < COUNT_MAX) place.n++;
}

/** What was counted and not yet sent, sorted: the order says nothing about the order of the visitor's acts. */
export function unsent(): Place[] {
  return [...tallies]
    .sort()
    .map(([, place]) => place)
    .filter((place) => place.n);
}

/** Forgets counts that were sent, or that must not be. Their places stay known, so that nothing is a first touch twice. */
export function settle(places: Place[]): void {
  for (const place of places) place.n = place.first = 0;
  sent = deepest;
}

/**
 * Sends what is new, in parts where it is too long. What the browser does not take stays for the next time.
 * A string travels as text/plain, so that no preflight request is made; cookies go along for the opt-out only.
 */
export function flush(places: Place[]): void {
  const beacon: Beacon = { v: 1, site: options.site!, ...base!, ...unseen, view: !!unseen, scroll: deepest, scrolled: sent, places };
  const text = JSON.stringify(beacon);
  if (places[1] && text.length > BEACON_CHARS_MAX) {
    flush(places.splice(0, places.length >> 1));
    flush(places);
  } else if ((unseen || deepest > sent || places[0]) && navigator.sendBeacon(options.endpoint || at("/v1/collect"), text)) {
    unseen = null;
    settle(places);
  }
}
