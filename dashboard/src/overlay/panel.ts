// The overlay's own switches, in a closed shadow root: the page's styles do not reach in, and nothing of it reaches out.
import { RAMP } from "../heat/paint";
import { country as nameOf, VIEWPORTS } from "../words";
import { Fold } from "./fold";

export type Map = "heat" | "rates" | "reach";

export interface Choice {
  map: Map;
  layer: string;
  viewport: string;
  /** As the dashboard had it; can be given up here, not chosen. */
  country: string;
}

/** What the panel says. Folded it has `short` whole, of the page what there is room for, and nothing more. */
export interface Said {
  page?: string;
  short: string;
  more?: string;
}

const MAPS: [Map, string][] = [
  ["heat", "Heat"],
  ["rates", "Rates"],
  ["reach", "Scroll"],
];

export const LAYERS: [string, string][] = [
  ["click,tap", "Clicks and taps"],
  ["click", "Clicks"],
  ["tap", "Taps"],
  ["rage", "Rage clicks"],
  ["dead", "Dead clicks"],
];

const STYLE = `
  :host { all: initial; position: fixed; inset: 0; width: 100vw; height: 100vh; margin: 0; padding: 0; border: 0;
    background: none; overflow: hidden; pointer-events: none; z-index: 2147483647; color-scheme: light dark; }
  canvas { position: absolute; left: 0; top: 0; opacity: 0.8; }
  .lines { width: 100%; height: 100%; }
  form { box-sizing: border-box; position: absolute; right: 12px; bottom: 12px; pointer-events: auto; display: flex; flex-wrap: wrap; gap: 8px;
    align-items: center; max-width: min(560px, calc(100vw - 24px)); padding: 10px 12px; border-radius: 10px;
    font: 14px/1.4 system-ui, sans-serif; color: #eceaf2; background: #1e1b26; box-shadow: 0 4px 24px #0006; }
  button, select { font: inherit; color: inherit; background: #35303f; border: 1px solid #5e586e; border-radius: 6px;
    padding: 4px 10px; min-height: 32px; cursor: pointer; }
  button[aria-pressed=true] { background: #c79bf2; color: #1a1024; border-color: #c79bf2; }
  :focus-visible { outline: 3px solid #fb9d45; outline-offset: 2px; }
  p { flex: 1 1 100%; margin: 0; color: #c9c4d6; }
  strong { color: #fff; }
  .folded > :not(.fold, p), .folded .more { display: none; }
  .folded { flex-wrap: nowrap; }
  .folded p { flex: 1 1 auto; display: flex; min-width: 0; white-space: pre-wrap; }
  .page { unicode-bidi: isolate; }
  .folded .page { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
  .folded .page + .short { flex: none; }
  .legend { display: inline-flex; gap: 6px; align-items: center; color: #c9c4d6; }
`;

export class Panel {
  /** A pixel per bin of heat, stretched by its style. */
  readonly heat = document.createElement("canvas");
  /** A pixel per pixel of the window, for lines and letters. */
  readonly lines = Object.assign(document.createElement("canvas"), { className: "lines" });
  readonly host = document.createElement("div");
  readonly #form = document.createElement("form");
  readonly #fold: Fold;
  readonly #say = document.createElement("p");
  readonly #maps: HTMLButtonElement[] = [];

  constructor(
    readonly choice: Choice,
    changed: (asksAgain: boolean) => void,
    closed: () => void,
  ) {
    const root = this.host.attachShadow({ mode: "closed" });
    // A sheet made by script needs no permission of the page's content policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const form = this.#form;
    form.setAttribute("aria-label", "Isotherm");
    for (const [map, text] of MAPS) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.addEventListener("click", () => {
        choice.map = map;
        this.#press();
        changed(false);
      });
      button.dataset.map = map;
      this.#maps.push(button);
    }
    const layer = select("Layer", LAYERS, choice.layer, (value) => ((choice.layer = value), changed(true)));
    const viewport = select("Viewport", [["", "All viewports"], ...VIEWPORTS], choice.viewport, (value) => ((choice.viewport = value), changed(true)));
    const countries: [string, string][] = [["", "All countries"], [choice.country, nameOf(choice.country || "ZZ")]];
    const country = choice.country ? [select("Country", countries, choice.country, (value) => ((choice.country = value), changed(true)))] : [];
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
    close.addEventListener("click", closed);
    this.#say.setAttribute("role", "status");
    this.#fold = new Fold(form, () => changed(false));
    form.append(this.#say, ...this.#maps, layer, viewport, ...country, legend(), this.#fold.button, close);
    root.append(this.heat, this.lines, form);
    this.#press();
  }

  /** Puts it over everything, also over the page's own dialogs where the browser can. */
  show(): void {
    this.host.setAttribute("popover", "manual");
    document.documentElement.append(this.host);
    this.host.showPopover?.();
    this.fit();
  }

  fit(): void {
    const ratio = devicePixelRatio || 1;
    this.lines.width = Math.round(innerWidth * ratio);
    this.lines.height = Math.round(innerHeight * ratio);
    this.#fold.fit();
  }

  /** Where the switches lie in the window. */
  get box(): DOMRect {
    return this.#form.getBoundingClientRect();
  }

  say({ page = "", short, more = "" }: Said): void {
    // What is said already is not read out again.
    if (this.#say.textContent === page + short + more) return;
    const parts = Object.entries({ page, short, more }).filter(([, text]) => text);
    this.#say.replaceChildren(...parts.map(([className, textContent]) => Object.assign(document.createElement("span"), { className, textContent })));
  }

  #press(): void {
    for (const button of this.#maps) button.setAttribute("aria-pressed", String(button.dataset.map === this.choice.map));
  }
}

function select(label: string, entries: [string, string][], chosen: string, change: (value: string) => void): HTMLSelectElement {
  const list = document.createElement("select");
  list.setAttribute("aria-label", label);
  for (const [value, text] of entries) list.append(new Option(text, value, false, value === chosen));
  list.addEventListener("change", () => change(list.value));
  return list;
}

function legend(): HTMLElement {
  const box = Object.assign(document.createElement("span"), { className: "legend" });
  const strip = document.createElement("canvas");
  [strip.width, strip.height] = [60, 10];
  strip.style.cssText = "position:static;width:60px;height:10px;opacity:1";
  const context = strip.getContext("2d")!;
  RAMP.forEach((colour, at) => {
    context.fillStyle = colour.slice(0, 7);
    context.fillRect(at * 10, 0, 10, 10);
  });
  box.append("low", strip, "high");
  return box;
}
