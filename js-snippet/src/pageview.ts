// One display of a page: the unit in which everything is bounded and counted.

import type { Beacon, Place } from "./beacon.gen";
import { COUNT_MAX, PATH_CHARS_MAX, PLACES_MAX } from "./limits";
import { scrub } from "./scrub";
import type { Spot } from "./where";

/** A place and how often it was counted in the whole page view, sent or not. Names ending in _ are shortened by the build. */
interface Tally {
  place_: Place;
  total_: number;
}

export interface PageView {
  /** `location.pathname` as it was, to notice a change of route. */
  route_: string;
  /** What every beacon of the page view repeats. */
  base_: Pick<Beacon, "path" | "w" | "touch">;
  /** Height of the window in steps of 100 px, until the beacon that counts the page view itself is sent. */
  unseen_: { h: number } | null;
  /** Deepest reach in percent, and what of it was sent. */
  deepest_: number;
  sent_: number;
  tallies_: Map<string, Tally>;
  touched_: Set<string>;
}

/** A page view that begins now. */
export function begin(): PageView {
  const route = location.pathname;
  return {
    route_: route,
    base_: { path: scrub(route.slice(0, PATH_CHARS_MAX)), w: innerWidth, touch: navigator.maxTouchPoints > 0 },
    unseen_: { h: Math.round(innerHeight / 100) * 100 || 100 },
    deepest_: 0,
    sent_: 0,
    tallies_: new Map(),
    touched_: new Set(),
  };
}

/** Counts one interaction; bounds drop it silently. */
export function count(view: PageView, spot: Spot): void {
  const { layer, cell, anchor, sub, unit } = spot;
  const key = [layer, cell, anchor, sub, unit].join();
  let tally = view.tallies_.get(key);
  if (!tally) {
    if (view.tallies_.size >= PLACES_MAX) return;
    const [x, y] = cell!;
    let first = 0;
    [[x, y], [x >> 1, y >> 1, 32], [x >> 2, y >> 2, 64], anchor && [anchor, sub, unit], anchor].forEach((level, bit) => {
      const name = layer + level;
      if (level && !view.touched_.has(name)) first |= 1 << bit;
      view.touched_.add(name);
    });
    tally = { place_: { ...spot, n: 0, first }, total_: 0 };
    view.tallies_.set(key, tally);
  }
  if (tally.total_++ < COUNT_MAX) tally.place_.n++;
}

/** What was counted and not yet sent, sorted: the order says nothing about the order of the visitor's acts. */
export function unsent(view: PageView): Place[] {
  return [...view.tallies_]
    .sort()
    .map(([, tally]) => tally.place_)
    .filter((place) => place.n);
}

/** Forgets counts that were sent, or that must not be. Their places stay known, so that nothing is a first touch twice. */
export function settle(view: PageView, places: Place[]): void {
  for (const place of places) place.n = place.first = 0;
  view.sent_ = view.deepest_;
}
