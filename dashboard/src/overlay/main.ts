// Heat on the living page, for who came from the dashboard with a grant. The page's script loads this file only then.
//
// The grant stands in the fragment (`#isotherm-heat=…`), is taken out of the address at once, lives in this page's memory
// and is sent to the service alone.
import { count, withheld } from "../words";
import { began, whereabouts, type Began } from "./began";
import { Panel, type Said } from "./panel";
import { clear, drawHeat, drawRates, drawReach, hottestOf } from "./picture";
import { Places } from "./places";
import { OverlayError, question, type OverlayAnswer } from "./question";
import { scrolledPage } from "./scroller";

/** The page may change all the time; anchors are looked for again at most so often, ms. */
const SEARCH_EVERY_MS = 400;

/** Not in every browser yet, nor in the types. Elsewhere a new route is heard by what it changes in the page. */
const { navigation } = window as { navigation?: EventTarget };

class Overlay {
  readonly #panel: Panel;
  readonly #places = new Places();
  /** The path that the grant was opened on, and the one that is drawn. */
  readonly #first = whereabouts();
  #shown = this.#first;
  #answer: OverlayAnswer | undefined;
  /** How often was asked; only the last answer is drawn. */
  #asked = 0;
  #top = 0;
  #frame = 0;
  #searching = 0;

  readonly #redraw = (): void => void (this.#frame ||= requestAnimationFrame(() => this.#draw()));
  readonly #changed = (): void => {
    this.#searching ||= window.setTimeout(() => this.#search(), SEARCH_EVERY_MS);
    this.#redraw();
  };
  // What changes in the page, in its style or in what has loaded moves its elements.
  readonly #watch = new MutationObserver((changes) => changes.some(({ target }) => target !== this.#panel.host) && this.#changed());
  readonly #sizes = new ResizeObserver(this.#changed);
  readonly #heard: [EventTarget | undefined, string, (event: Event) => void][] = [
    [window, "scroll", this.#redraw],
    [window, "load", this.#changed],
    [window, "resize", () => (this.#panel.fit(), this.#changed())],
    [window, "keydown", (event) => (event as KeyboardEvent).key === "Escape" && this.close()],
    [window, "popstate", this.#redraw],
    [window, "hashchange", this.#redraw],
    [navigation, "currententrychange", this.#redraw],
  ];

  constructor(
    readonly service: string,
    readonly opened: Began,
  ) {
    this.#panel = new Panel(opened.choice, (again) => (again ? void this.#load() : this.#redraw()), () => this.close());
  }

  open(): void {
    this.#panel.show();
    this.#watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    this.#sizes.observe(document.documentElement);
    for (const [target, type, act] of this.#heard) target?.addEventListener(type, act, { capture: true, passive: true });
    void this.#load();
  }

  close(): void {
    this.#watch.disconnect();
    this.#sizes.disconnect();
    for (const [target, type, act] of this.#heard) target?.removeEventListener(type, act, true);
    clearTimeout(this.#searching);
    cancelAnimationFrame(this.#frame);
    this.#panel.host.remove();
  }

  async #load(): Promise<void> {
    const turn = ++this.#asked;
    const route = this.#shown;
    // What was drawn is of another page or another question.
    this.#answer = undefined;
    this.#panel.say({ short: "Loading…" });
    this.#redraw();
    try {
      const answer = await question(this.service, this.opened.grant, { ...this.opened.choice, ...(route !== this.#first && { route }) });
      if (turn !== this.#asked) return;
      this.#answer = answer;
      this.#search();
    } catch (error) {
      if (turn === this.#asked) this.#panel.say({ short: error instanceof OverlayError ? error.message : "Something went wrong in the overlay." });
    }
  }

  #search(): void {
    this.#searching = 0;
    if (!this.#answer) return;
    this.#places.search(this.#answer.heatmap);
    this.#panel.say(sentence(this.#answer, this.#places.shown));
    this.#top = hottestOf(this.#places.whole());
    this.#redraw();
  }

  #draw(): void {
    this.#frame = 0;
    const { heat, lines } = this.#panel;
    clear(heat);
    clear(lines);
    const route = whereabouts();
    if (route !== this.#shown) {
      this.#shown = route;
      return void this.#load();
    }
    if (!this.#answer) return;
    const { map } = this.opened.choice;
    if (map === "heat") drawHeat(heat, this.#places.heat(), this.#top);
    else if (map === "rates") drawRates(lines, this.#places.boxes());
    else drawReach(lines, this.#answer.scroll, scrolledPage(), this.#panel.box);
  }
}

function sentence({ heatmap: { page, withheld: held, elements, views, from, to } }: OverlayAnswer, shown: number): Said {
  if (held?.reason === "below_threshold") {
    const [short = "", more = ""] = withheld(held).split(/(?=: )/, 2);
    return { page, short: `: ${short}`, more };
  }
  const cut = held && held.reason !== "below_k" ? ` ${withheld(held)}` : "";
  const missing = elements.length - shown;
  const where = missing > 0 ? ` ${count(missing)} of ${count(elements.length)} elements are not on this page at this width.` : "";
  return { page, short: `: ${count(views)} page views`, more: `, ${from} to ${to}.${where}${cut}` };
}

// The page's script imports this file from the service, which is therefore where answers come from.
const asked = began();
if (asked) new Overlay(import.meta.url, asked).open();
