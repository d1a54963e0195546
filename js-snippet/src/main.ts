// The script of a page: asks for consent, then counts one page view after the other. See README.md.

import { refusal, remember, type Reason } from "./consent";
import { FIRST_DELAY_MS, NEXT_DELAY_MS } from "./limits";
import { listen, quietly, silence } from "./listen";
import { begin, count, settle, unsent, type PageView } from "./pageview";
import { watchRoutes } from "./routes";
import { consider, findScroller, reach } from "./scroll";
import { flush } from "./send";
import { site } from "./tag";
import { ignore, pointed, spotOf } from "./where";

declare global {
  var isotherm: { status?: unknown } | undefined;
}

let reason: Reason;
let view: PageView | null;
// Timer of the next beacon and frame of the next scroll measurement; 0 where none is pending.
let timer = 0;
let frame = 0;

function start(): void {
  reason = site ? refusal() : "no_site";
  if (reason) return;
  listen("visibilitychange", () => (document.hidden ? send() : open()));
  listen("pagehide", send, window);
  listen<PageTransitionEvent>("pageshow", (event) => event.persisted && renew(), window);
  listen("pointerdown", pointed);
  listen("click", clicked);
  listen("scroll", scrolled);
  watchRoutes(() => view?.route_ !== location.pathname && renew());
  open();
}

function stop(why: Reason): void {
  reason = why;
  silence();
  pause();
  if (view) settle(view, unsent(view));
}

function pause(): void {
  clearTimeout(timer);
  cancelAnimationFrame(frame);
  timer = frame = 0;
}

// Pages that are prerendered or opened in the background begin when they are first shown.
function open(): void {
  if (document.hidden) return;
  if (!view) {
    view = begin();
    findScroller();
  }
  schedule();
}

// The page view ends: a new route, or a page that comes back from the back/forward cache.
function renew(): void {
  send();
  if (reason) return;
  pause();
  view = null;
  open();
}

function clicked(event: PointerEvent): void {
  const spot = view && spotOf(event);
  if (spot) {
    count(view!, spot);
    schedule();
  }
}

function scrolled(event: Event): void {
  if (event.target !== document) consider(event.target as Element);
  frame ||= requestAnimationFrame(() => quietly(measure));
}

function measure(): void {
  frame = 0;
  if (view) {
    view.deepest_ = Math.max(view.deepest_, reach());
    schedule();
  }
}

// There may be news: a beacon is due, unless one is already.
function schedule(): void {
  timer ||= setTimeout(() => quietly(due), view!.unseen_ ? FIRST_DELAY_MS : NEXT_DELAY_MS);
}

function due(): void {
  timer = 0;
  send();
}

function send(): void {
  // The visitor may have opted out in another tab.
  const refused = refusal();
  if (refused) return stop(refused);
  if (!view) return;
  if (!view.deepest_) {
    findScroller();
    view.deepest_ = reach();
  }
  const places = unsent(view);
  if (view.unseen_ || view.deepest_ > view.sent_ || places[0]) flush(view, places);
}

// A second copy of the tag does nothing. (`window.isotherm` may also be an element of the page with that id.)
if (!window.isotherm?.status) {
  window.isotherm = {
    optOut() {
      remember(true);
      stop("opted_out");
    },
    optIn() {
      remember(false);
      if (reason === "opted_out") quietly(start);
    },
    status: () => ({ active: !reason, reason }),
    convert() {},
    ignore,
  } as never;
  quietly(start);
}
