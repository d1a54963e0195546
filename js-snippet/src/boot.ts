// The life of the script: asks for consent, then counts one page view after the other. See README.md.

import { answered, clicked, pointed, released, restart, scrolled } from "./acts";
import type { Isotherm } from "./api";
import { refusal, remember } from "./consent";
import { ATTENTION_TICKS, BEACON_TICKS } from "./limits";
import { later, quiet } from "./listen";
import { begin, due, end, flush, look, view } from "./pageview";
import { attend, search, watch } from "./passive";
import { findScroller } from "./scroll";
import { at, options } from "./tag";
import { ignore } from "./where";

// Timer of the next tick, 0 where none is pending; ticks since the last interaction and until the next beacon.
let timer = 0;
let idle: number;
let age: number;

const LISTENERS: Record<string, (event: any) => void> = {
  // Hidden, the page may be gone for good.
  visibilitychange() {
    if (document.hidden) leave();
  },
  // A page that comes back from the back/forward cache is a new page view.
  pagehide() {
    // A hidden page was left before: what stands there now may be another route.
    document.hidden ? send() : leave();
    end();
  },
  pageshow() {},
  hashchange: asked,
  pointerdown: pointed,
  touchend: released,
  click: clicked,
  scroll(event: Event) {
    scrolled();
    if (event.target !== document) findScroller();
    look();
    watch();
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
    delete options.wait;
    run();
  },
  status: () => ({ active: !refusal(), reason: refusal() }),
  ignore,
  convert() {},
};

/** Begins, unless something or somebody says no. */
export function run(): void {
  if (!refusal()) {
    hear("add");
    // A page view begins as at any event.
    heard({});
    if (options.frames != null) load("inspect.js?frames");
  }
}

// One guarded, capturing listener for everything; none of these events waits for its listeners before the page scrolls.
// Nothing is listened to where nothing is measured.
function hear(change: "add" | "remove"): void {
  for (const type in LISTENERS) window[`${change}EventListener`](type, heard as never, true);
  // A page may have something of its own by that name.
  (window as { navigation?: Partial<EventTarget> }).navigation?.[`${change}EventListener`]?.("currententrychange", heard as never);
}

const heard = quiet((event: { type?: string }) => {
  follow();
  LISTENERS[event.type!]?.(event);
  // Everything that ends with an e is a change of the page, not an act of the visitor.
  if (!/e$/.test(event.type!)) idle = 0;
  timer ||= later(tick);
});

function stop(): void {
  hear("remove");
  end();
}

// Asked at every event and tick: apps change their route without a word in browsers without the Navigation API.
function follow(): void {
  if (due()) {
    send();
    begin();
    age = 0;
    restart();
  }
}

function leave(): void {
  search();
  look();
  send(1);
  answered();
}

function tick(): void {
  timer = 0;
  if (refusal() || document.hidden) return;
  follow();
  if (!age--) {
    // The page may have grown since the last second.
    look();
    send();
    search();
  }
  look();
  watch();
  if (idle < ATTENTION_TICKS) attend();
  if (++idle < ATTENTION_TICKS) timer = later(tick);
  else send();
}

function send(leaving?: unknown): void {
  age = BEACON_TICKS;
  // The visitor may have opted out in another tab.
  if (refusal()) stop();
  else if (view) flush(leaving);
}

// A visitor follows a link to #isotherm-optout, or wants to see with #isotherm-inspect what would be sent. An analyst comes
// from the dashboard with a grant, and is no visitor: the page then measures for no site. All else is the page's own; it may
// also stand before it, as routes do: #/cart#isotherm-heat=…
export function asked(): void {
  const [, what, grant] = location.hash.split(/#isotherm-(heat=|inspect$|optout$)/);
  if (grant) options.site = "";
  if (what === "optout") isotherm.optOut();
  if (what) load((grant ? "overlay" : "inspect") + ".js");
}

// What a policy of the page or its bundle's address keeps away is not there, and the page does not hear of it.
const load = quiet((part: string) => import(at("/isotherm-" + part) as never).catch(() => {}));
