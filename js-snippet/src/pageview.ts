// One display of a page: the unit in which everything is bounded and counted, and its beacons.

import type { Beacon, Place } from "./beacon.gen";
import { BEACON_CHARS_MAX, BEACON_PLACES_MAX, COUNT_MAX, OTHER_PLACES_MAX, PLACES_MAX } from "./limits";
import { bottom, height, measure } from "./scroll";
import { scrub } from "./scrub";
import { at, options } from "./tag";

/** A place before it is counted. */
export type Spot = Omit<Place, "n" | "first">;

/** The page view as its next beacon tells it, but for the places; null where none has begun. */
export let view: Omit<Beacon, "view" | "places"> | null;
// Where the page view began, to notice a change of route.
let route: string;
let tallies: Map<string, Place>;
/** What was touched in the page view: levels of places, and elements that were exposed. */
export let touched: Set<unknown>;
// The lowest edge that was seen, px.
let lowest: number;

/** Where the page is: its path and, where the site wants it, its route behind the #. */
function whereabouts(): string {
  return (location.pathname + (options.hashRoutes != null ? location.hash : "")).replace(/\/?#!?(\/[^?]*).*|#.*/, "$1");
}

/** Whether a page view must begin: the page is shown, and none has begun or the route is another one. */
export function due(): boolean {
  return !document.hidden && !(view && route === whereabouts());
}

/** A page view begins now. A variant is a page of its own: /p and /p;b share no count. */
export function begin(): void {
  route = whereabouts();
  view = {
    v: 1,
    site: options.site!,
    path: scrub(route) + (/^[a-h]$/.test(options.variant!) ? ";" + options.variant : ""),
    w: innerWidth,
    h: Math.round(innerHeight / 100) * 100 || 100,
    touch: navigator.maxTouchPoints > 0,
    // What is in the window when a page view begins is not looked at yet: the page may be built still.
    scroll: 1,
    scrolled: 0,
  };
  lowest = 0;
  tallies = new Map();
  touched = new Set();
}

/** The page view is over, or nothing more may be said of it. */
export function end(): void {
  view = null;
}

/** Looks how much of the page is seen. */
export function look(): void {
  const before = height;
  measure();
  // Of a page that becomes shorter (a filter, a tab) as large a part was seen.
  if (height < before) lowest *= height / before;
  lowest = Math.max(lowest, bottom);
}

/** Counts one interaction; bounds drop it silently. */
export function count(spot: Spot, most = OTHER_PLACES_MAX): void {
  const { layer, cell, anchor, sub, unit } = spot;
  const key = JSON.stringify(spot);
  let place = tallies.get(key);
  if (!place && tallies.size < most) {
    let first = 0;
    const square = (shift: number) => cell && [cell[0] >> shift, cell[1] >> shift, shift];
    // From the highest bit of `first` to the lowest; what a browser says of no level counts as 0.
    for (const level of [anchor, anchor && [anchor, sub, unit], square(2), square(1), square(0)]) {
      first = (first * 2) | ((level && touched.size < touched.add(layer + level).size) as never);
    }
    tallies.set(key, (place = { ...spot, n: 0, first }));
  }
  if (place?.n! < COUNT_MAX) place!.n++;
}

/**
 * Sends what is new, in parts where it is much, sorted: the order says nothing about the order of the visitor's acts. What
 * the browser does not take stays for the next time; what was sent stays known, so that nothing is a first touch twice.
 * A string travels as text/plain, so that no preflight request is made; cookies go along for the opt-out only.
 */
export function flush(leaving?: unknown): void {
  // Many a page is empty in its first second, and an empty page is seen whole: what was seen until the first beacon is forgotten,
  // unless there will be no other.
  lowest *= +(leaving || !view!.h);
  // A part of what the page's height was at the last look: pages grow while they are read.
  view!.scroll = Math.max(view!.scroll, Math.min(100, ((lowest / height) * 100 + 0.5) | 0));
  const news = [...tallies]
    .sort()
    .map(([, place]) => place)
    .filter((place) => place.n);
  do {
    const places = news.splice(0, encodeURI(JSON.stringify([view, news])).length > BEACON_CHARS_MAX ? BEACON_PLACES_MAX : PLACES_MAX);
    if (
      (view!.scroll > view!.scrolled || view!.h || places[0]) &&
      navigator.sendBeacon(options.endpoint || at("/v1/collect"), JSON.stringify({ ...view, view: !!view!.h, places }))
    ) {
      delete view!.h;
      view!.scrolled = view!.scroll;
      for (const place of places) place.n = place.first = 0;
    }
  } while (news[0]);
}
