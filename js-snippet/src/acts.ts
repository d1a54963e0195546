// What a visitor does at a place: clicks and taps, and whether they are the first, in rage, or dead; swipes.
// Each is defined in docs/measuring.md.

import { native } from "./anchor";
import { DEAD_FOCUS_MS, DEAD_MUTATION_MS, DEAD_SCROLL_MS, PLACES_MAX, RAGE_CLICKS, RAGE_MS, RAGE_PX, SWIPE_PX } from "./limits";
import { later } from "./listen";
import { count, type Spot } from "./pageview";
import { left, spotOf } from "./where";

// What is clicked quickly on purpose: number fields, steppers and pagers, by what their anchors say.
const QUICK = /next|prev|pag(er|in)|step|plus|minus|spin|slider|zoom|quant|number/i;

// The last pointer that went down; the control that a label clicks next; the last click; and how many there were, in
// the page view, in a row, and of scrolls.
let down: PointerEvent | undefined;
let echo: unknown;
let last: PointerEvent | undefined;
let clicks = 0;
let row = 0;
let scrolls = 0;

/** Clicks to which nothing has answered so far. */
const silent = new Set<Spot>();
const mutations = new MutationObserver(forget);

/** Nothing more will be said about clicks that were not answered. */
export function forget(): void {
  silent.clear();
  mutations.disconnect();
}

/** A new page view: its first click is still to come. */
export function restart(): void {
  clicks = 0;
  forget();
}

export function scrolled(): void {
  scrolls++;
}

export function pointed(event: PointerEvent): void {
  down = event;
  echo = 0;
}

/** Counts a click or tap in all its layers. */
export function clicked(event: PointerEvent): void {
  const path = event.composedPath() as HTMLElement[];
  // A click on a label is followed by one that the browser makes on its control: one act, counted once.
  const again = path[0] === echo;
  const control = (path as HTMLLabelElement[]).find((node) => node.control)?.control;
  echo = !again && !path.includes(control!) && control;
  if (!event.isTrusted || again || left(path)) return;

  // From the keyboard there is no position: the middle of the element stands for it. Not every browser's click says what
  // kind of pointer it was.
  const spot = spotOf(event.detail && (event.pointerType || down?.pointerType) === "touch" ? "tap" : "click", path, event.detail && event);
  count(spot, PLACES_MAX);
  if (!clicks++) count({ ...spot, layer: "first" });

  row =
    event.detail &&
    last &&
    event.timeStamp - last.timeStamp <= RAGE_MS &&
    Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) <= RAGE_PX &&
    !QUICK.test(spot.anchor!)
      ? row + 1
      : 1;
  last = event;
  if (row === RAGE_CLICKS) count({ ...spot, layer: "rage" });

  if (path.some(native)) return;
  // Dead, unless the page answers.
  silent.add(spot);
  const unless = (state: () => unknown, ms: number) => {
    const before = state();
    later(() => state() !== before && silent.delete(spot), ms);
  };
  unless(() => scrolls + getSelection()!.type, DEAD_SCROLL_MS);
  unless(() => document.hasFocus() && document.activeElement, DEAD_FOCUS_MS);
  // The document and the open shadow roots around the click: no other nodes have a type above 8.
  for (const node of path) {
    if (node.nodeType > 8) mutations.observe(node, { subtree: true, childList: true, attributes: true, characterData: true });
  }
  later(() => {
    if (silent.delete(spot)) count({ ...spot, layer: "dead" });
    if (!silent.size) forget();
  }, DEAD_MUTATION_MS);
}

/** A finger came up: a swipe counts there, on the element on which it went down. */
export function released(event: TouchEvent): void {
  const up = event.changedTouches[0]!;
  const path = event.composedPath();
  const sideways = down ? Math.abs(up.clientX - down.clientX) : 0;
  // With another finger still down it is a pinch, and what follows is its end.
  if (event.touches[0]) down = undefined;
  else if (sideways >= SWIPE_PX && sideways > 2 * Math.abs(up.clientY - down!.clientY) && !left(path)) count(spotOf("swipe", path, up));
}
