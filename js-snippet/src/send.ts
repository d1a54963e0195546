// Beacons: what is new in a page view, as text, to the collecting endpoint.

import type { Beacon, Place } from "./beacon.gen";
import { BEACON_BYTES_MAX, bytes } from "./limits";
import { quietly } from "./listen";
import { settle, type PageView } from "./pageview";
import { endpoint, site } from "./tag";

/**
 * Sends what is new, in parts where it is too long. What the browser does not take stays for the next time.
 * A string travels as text/plain, so that no preflight request is made; cookies go along for the opt-out only.
 */
export function flush(view: PageView, places: Place[]): void {
  const beacon: Beacon = {
    v: 1,
    site: site!,
    ...view.base_,
    ...view.unseen_,
    view: !!view.unseen_,
    scroll: view.deepest_,
    scrolled: view.sent_,
    places,
  };
  const text = JSON.stringify(beacon);
  const half = places.length >> 1;
  if (half && bytes(text) > BEACON_BYTES_MAX) {
    flush(view, places.slice(0, half));
    flush(view, places.slice(half));
  } else if (quietly(() => navigator.sendBeacon(endpoint(), text))) {
    view.unseen_ = null;
    settle(view, places);
  }
}
