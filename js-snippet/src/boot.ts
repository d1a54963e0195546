// The life of the script: asks for consent, then counts one page view after the other. See README.md.

import { clicked, forget, pointed, released, restart, scrolled } from "./acts";
import type { Isotherm, Reason } from "./api";
import { refusal, remember } from "./consent";
import { ATTENTION_TICKS, BEACON_TICKS, EXPOSURE_MS, TICK_MS } from "./limits";
import { later, quietly } from "./listen";
import { base, begin, flush, look, route, settle, unseen, unsent, whereabouts } from "./pageview";
import { attend, lookAway, search, watch } from "./passive";
import { consider } from "./scroll";
import { at, options } from "./tag";
import { ignore } from "./where";

let reason: Reason | undefined;
let started = false;
// Timer of the next tick, 0 where none is pending; ticks since the last interaction and since the last beacon.
let timer = 0;
// Timer of the next look at named elements while the page is scrolled: in every frame it would cost ten times as much.
let scan = 0;
let idle = 0;
let age = 0;

const LISTENERS: Record<string, (event: any) => void> = {
  visibilitychange: () => (document.hidden ? leave() : open()),
  pagehide: leave,
  pageshow: (event: PageTransitionEvent) => event.persisted && renew(),
  hashchange: asked,
  pointerdown: pointed,
  touchend: released,
  click: clicked,
  scroll({ target }: Event) {
    scrolled();
    if (target !== document) consider(target as Element);
    look();
    scan ||= later(() => {
      scan = 0;
      watch();
    }, EXPOSURE_MS);
  },
};

/** `window.isotherm`. */
export const isotherm: Isotherm = {
  optOut() {
    remember(true);
    stop();
  },
  optIn() {
    remember(false);
    run();
  },
  start() {
    started = true;
    run();
  },
  status: () => ({ active: !reason, reason }),
  ignore,
  convert() {},
};

/** Begins, unless something or somebody says no. */
export function run(): void {
  if (reason === null) return;
  reason = refused() || ("wait" in options && !started ? "waiting" : null);
  if (!reason) {
    hear("add");
    open();
  }
}

function refused(): Reason {
  return options.site ? refusal() : "no_site";
}

// One guarded, capturing listener for everything; none of these events waits for its listeners before the page scrolls.
// Nothing is listened to where nothing is measured.
function hear(change: "add" | "remove"): void {
  for (const type in LISTENERS) window[`${change}EventListener`](type, heard, true);
  (window as { navigation?: EventTarget }).navigation?.[`${change}EventListener`]("currententrychange", heard);
}

function heard(event: Event): void {
  quietly(() => {
    // While the page is scrolled, the next look asks for the route.
    if (event.type !== "scroll") rerouted();
    LISTENERS[event.type]?.(event);
    wake();
  });
}

function stop(): void {
  reason = refused();
  hear("remove");
  pause();
  if (base) settle(unsent());
}

function pause(): void {
  clearTimeout(timer);
  timer = 0;
  lookAway();
  restart();
}

function open(): void {
  if (!base) begin();
  wake();
}

function leave(): void {
  send();
  forget();
}

// The page view ends: a new route, or a page that comes back from the back/forward cache.
function renew(): void {
  send();
  if (reason) return;
  pause();
  begin();
  wake();
}

// Asked at every event and tick: apps change their route without a word in browsers without the Navigation API.
function rerouted(): void {
  if (base && route !== whereabouts()) renew();
}

function wake(): void {
  idle = 0;
  timer ||= later(tick, TICK_MS);
}

function tick(): void {
  timer = 0;
  rerouted();
  if (reason || document.hidden) return;
  look();
  search();
  watch();
  attend();
  if (unseen || ++age >= BEACON_TICKS) send();
  if (++idle < ATTENTION_TICKS) timer = later(tick, TICK_MS);
  else send();
}

function send(): void {
  age = 0;
  // The visitor may have opted out in another tab.
  if (refusal()) stop();
  else if (base) {
    look();
    flush(unsent());
  }
}

// A visitor follows a link to #isotherm-optout, or wants to see with #isotherm-inspect what would be sent. An analyst comes
// from the dashboard with a grant, and is no visitor: the page then measures for no site.
export function asked(): void {
  const [, what] = /^#isotherm-(optout$|inspect$|heat=)/.exec(location.hash) || [];
  const heat = what === "heat=";
  if (heat) {
    options.site = "";
    stop();
  }
  if (what === "optout") isotherm.optOut();
  if (what) import(at(`/isotherm-${heat ? "overlay" : "inspect"}.js`) as never);
}
