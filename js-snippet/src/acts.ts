// What a visitor does at a place: clicks and taps, and whether they are the first, in rage, or dead; swipes.
// Each is defined in docs/measuring.md.

import { NATIVE } from "./anchor";
import { DEAD_WAITS_MS, PLACES_MAX, RAGE_CLICKS, RAGE_MS, RAGE_PX, SWIPE_PX } from "./limits";
import { later } from "./listen";
import { count, look } from "./pageview";
import { IGNORED, on, spotOf } from "./where";

// What is clicked quickly on purpose: number fields, steppers and pagers, by what their anchors say.
const QUICK = /next|prev|pager|pagin|step|plus|minus|spin|slider|zoom|quant|number/i;

// The last pointer that went down; the control that a label clicks next; the page view's last click (0: none); how many
// clicks stand in a row; and how many scrolls and answers to clicks there were.
let down: PointerEvent | 0 | undefined;
let echo: unknown;
let last: PointerEvent | 0 | undefined;
let row: number;
let scrolls = 0;
let answers = 0;

const mutations = new MutationObserver(answered);

/** Something answered all clicks so far, or nothing more will be said about them. */
export function answered(): void {
  answers++;
  mutations.disconnect();
}

/** A new page view: its first click is still to come. */
export function restart(): void {
  last = 0;
  answered();
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
  // What follows may be another route.
  look();
  const path = event.composedPath() as Element[];
  // A click on a label is followed by one that the browser makes on its control: one act, counted once.
  const again = echo === path[0];
  const control = (on(path, "label") as HTMLLabelElement)?.control;
  echo = !path.includes(control!) && control;
  if (!event.isTrusted || again || on(path, IGNORED)) return;

  // From the keyboard there is no position: the middle of the element stands for it. Not every browser's click says what
  // kind of pointer it was; the pointer that went down before it does.
  const point = event.detail && event;
  const spot = spotOf(point && down && down.pointerType === "touch" ? "tap" : "click", path, point);
  count(spot, PLACES_MAX);
  if (!last) count({ ...spot, layer: "first" });

  row =
    point &&
    last &&
    Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) <= RAGE_PX &&
    event.timeStamp - last.timeStamp <= RAGE_MS &&
    !QUICK.test(spot.anchor!)
      ? row + 1
      : 1;
  last = event;
  if (row === RAGE_CLICKS) count({ ...spot, layer: "rage" });

  // A text that was selected is an answer, and so is where a text can be written, or what opens by its attribute alone.
  if (on(path, NATIVE + ",[contenteditable],[popovertarget]") || getSelection()!.type === "Range") return;
  // The document and the open shadow roots around the click: no other nodes have a type above 8. (1 is true to a browser.)
  for (const node of path) {
    if (node.nodeType > 8) mutations.observe(node, { childList: 1, attributes: 1, characterData: 1, subtree: 1 } as never);
  }
  // Dead, unless one of these is another after so many milliseconds. Once one is, nothing more is asked: timers are dear.
  const states = () => [scrolls + getSelection()!.type, document.hasFocus() && document.activeElement, answers];
  const before = states();
  const ask = (which: number) =>
    later(
      () => {
        if (answers !== before[2] || states()[which] !== before[which]) return;
        if (which < 2) ask(which + 1);
        else count({ ...spot, layer: "dead" });
      },
      DEAD_WAITS_MS[which]!,
    );
  ask(0);
}

/** A finger came up: a swipe counts there, on the element on which it went down. */
export function released(event: TouchEvent): void {
  const up = event.changedTouches[0]!;
  const path = event.composedPath();
  // With another finger still down it is a pinch, and what follows is its end.
  if (event.touches[0]) down = 0;
  if (!down || on(path, IGNORED)) return;
  const sideways = Math.abs(up.clientX - down.clientX);
  if (sideways >= SWIPE_PX && sideways > 2 * Math.abs(up.clientY - down.clientY)) count(spotOf("swipe", path, up));
}
