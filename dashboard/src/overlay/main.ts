// Heat on the living page, for who came from the dashboard with a grant. The page's script loads this file only then.
//
// The grant stands in the fragment (`#isotherm-heat=…`), is taken out of the address at once, lives in this page's memory
// and is sent to the service alone.
import { count, VIEWPORTS, withheld } from "../words";
import { Panel, type Choice } from "./panel";
import { clear, drawHeat, drawRates, drawReach, hottestOf } from "./picture";
import { Places } from "./places";
import { OverlayError, question, type OverlayAnswer } from "./question";

/** The page may change all the time; anchors are looked for again at most so often, ms. */
const SEARCH_EVERY_MS = 400;
const MARK = "isotherm-heat=";

function start(service: string, grant: string, viewport: string): void {
  const choice: Choice = { map: "heat", layer: "click,tap", viewport };
  const panel = new Panel(choice, (again) => (again ? void load() : redraw()), close);
  const places = new Places();
  const page = location.pathname;
  let answer: OverlayAnswer | undefined;
  let top = 0;
  let frame = 0;
  let searching = 0;

  async function load(): Promise<void> {
    panel.say("Loading…");
    try {
      answer = await question(service, grant, { layer: choice.layer, viewport: choice.viewport });
      search();
    } catch (error) {
      answer = undefined;
      panel.say(error instanceof OverlayError ? error.message : "Something went wrong in the overlay.");
    }
    redraw();
  }

  function search(): void {
    searching = 0;
    if (!answer) return;
    places.search(answer.heatmap);
    top = hottestOf(places.points());
    redraw();
  }

  function draw(): void {
    frame = 0;
    clear(panel.heat);
    clear(panel.lines);
    if (!answer || location.pathname !== page) {
      if (answer) panel.say("This is another page now. Open it from the dashboard to see its heat.");
      return;
    }
    panel.say(sentence(answer, places.known));
    if (choice.map === "heat") drawHeat(panel.heat, places.points(), top);
    else if (choice.map === "rates") drawRates(panel.lines, places.boxes());
    else drawReach(panel.lines, answer.scroll, scrolledPage());
  }

  function redraw(): void {
    frame ||= requestAnimationFrame(draw);
  }

  function changed(): void {
    searching ||= window.setTimeout(search, SEARCH_EVERY_MS);
    redraw();
  }

  function resized(): void {
    panel.fit();
    changed();
  }

  function key(event: KeyboardEvent): void {
    if (event.key === "Escape") close();
  }

  // What changes in the page, in its style or in what has loaded moves its elements.
  const watch = new MutationObserver((changes) => changes.some((change) => change.target !== panel.host) && changed());
  const sizes = new ResizeObserver(changed);

  function close(): void {
    watch.disconnect();
    sizes.disconnect();
    removeEventListener("scroll", redraw, true);
    removeEventListener("resize", resized);
    removeEventListener("load", changed, true);
    removeEventListener("keydown", key);
    clearTimeout(searching);
    cancelAnimationFrame(frame);
    panel.host.remove();
  }

  panel.show();
  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  sizes.observe(document.documentElement);
  addEventListener("scroll", redraw, { capture: true, passive: true });
  addEventListener("resize", resized);
  addEventListener("load", changed, true);
  addEventListener("keydown", key);
  void load();
}

function sentence({ heatmap }: OverlayAnswer, found: number): string {
  if (heatmap.withheld?.reason === "below_threshold") return withheld(heatmap.withheld);
  const missing = heatmap.elements.length - found;
  const where = missing > 0 ? ` ${count(missing)} of ${count(heatmap.elements.length)} elements are not on this page at this width.` : "";
  return `${count(heatmap.views)} page views, ${heatmap.from} to ${heatmap.to}.${where}`;
}

/** Where the page's own scroller begins in the window, and how tall its content is. */
function scrolledPage(): { top: number; height: number } {
  const root = document.scrollingElement ?? document.documentElement;
  if (root.scrollHeight > innerHeight + 1) return { top: -root.scrollTop, height: root.scrollHeight };
  // The largest inner scroller is the page.
  let largest: Element | null = null;
  for (const element of document.querySelectorAll("body *")) {
    const area = element.clientWidth * element.clientHeight;
    const scrolls = element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
    if (scrolls && area > (largest ? largest.clientWidth * largest.clientHeight : 0)) largest = element;
  }
  if (!largest) return { top: 0, height: innerHeight };
  return { top: largest.getBoundingClientRect().top - largest.scrollTop, height: largest.scrollHeight };
}

// The page's script imports this file from the service, which is therefore where answers come from.
const [before = "", rest = ""] = location.hash.slice(1).split(MARK);
const [grant = "", wanted] = rest.split("&viewport=");
const viewport = VIEWPORTS.find(([known]) => known === wanted)?.[0] ?? "";
if (grant) {
  // The page's own fragment stays, the grant does not.
  history.replaceState(history.state, "", location.pathname + location.search + (before && `#${before.replace(/&$/, "")}`));
  start(import.meta.url, grant, viewport);
}
