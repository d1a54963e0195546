// Visits: a page opened in Chromium, scrolled and clicked at known places, and what that has to count as.

import type { BrowserContext, Page } from "playwright-core";
import type { Click, Layer } from "./expected.js";

/** Edge of a cell, and the size from which on an element is divided by cells, in px. */
const CELL_PX = 16;
const LARGE_PX = 512;

/** Something to click, and the name that it has to get. Written by hand. */
export interface Target {
  /** Finds the element; ` >>> ` enters an open shadow root. */
  css: string;
  /** Its anchor. */
  anchor: string;
  /** Which eighth of its width and height; the middle of it is clicked, so that no px decides. */
  at: [number, number];
  /** Whether visitors act on it: then it counts as a whole, however large it is. */
  interactive: boolean;
  /** How often. */
  times?: number;
}

/** What was done on a page, as counted by the test. */
export interface Done {
  clicks: Click[];
  reach: number;
  fold: number;
}

/** A place on the screen, before the click. */
interface Spot {
  x: number;
  y: number;
  scrollX: number;
  scrollY: number;
  box: { x: number; y: number; width: number; height: number };
  hit: boolean;
}

/** A tab on one page. */
export class Visit {
  private readonly done: Done;
  private lowest = 0;
  private height = 0;

  private constructor(
    readonly tab: Page,
    private readonly layer: Layer,
    fold: number,
  ) {
    this.done = { clicks: [], reach: 0, fold };
  }

  /** Opens a page and scrolls a little, so that the reach is measured from the start. */
  static async open(context: BrowserContext, url: string, layer: Layer): Promise<Visit> {
    const tab = await context.newPage();
    await tab.goto(url, { waitUntil: "load" });
    return Visit.of(tab, layer);
  }

  /** The same on a tab that has just come to another page. */
  static async of(tab: Page, layer: Layer): Promise<Visit> {
    await tab.waitForFunction(() => (window as never as { isotherm?: unknown }).isotherm !== undefined);
    const visit = new Visit(tab, layer, Math.round((await tab.evaluate(() => innerHeight)) / 100));
    await visit.scrollTo(10);
    return visit;
  }

  /**
   * Scrolls to a height and notes the reach: the lowest edge seen, as a part of what the page's height is now. Of a page that
   * became shorter as large a part was seen.
   */
  async scrollTo(top: number): Promise<void> {
    const { bottom, height } = await this.tab.evaluate(async (to) => {
      const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
      scrollTo({ top: to, behavior: "instant" });
      await frame();
      await frame();
      const { scrollHeight, clientHeight } = document.documentElement;
      return { bottom: Math.min(scrollHeight, scrollY + clientHeight), height: scrollHeight };
    }, top);
    if (height < this.height) this.lowest *= height / this.height;
    this.height = height;
    this.lowest = Math.max(this.lowest, bottom);
    this.done.reach = Math.min(100, Math.round((this.lowest / height) * 100));
  }

  /**
   * Brings a target to the middle of the window and clicks or taps it. What the click changes may move the page's end: a
   * pixel of scrolling has the script look at it, which else does so when its time comes. `leaves`: it leads elsewhere.
   */
  async click(target: Target, leaves = false): Promise<void> {
    const middle = await this.tab.evaluate(
      ([css, [, fy]]) => {
        const box = globalThis.isothermFind(css).getBoundingClientRect();
        return Math.max(0, Math.round(box.y + scrollY + (box.height * (fy + 0.5)) / 8 - innerHeight / 2));
      },
      [target.css, target.at] as const,
    );
    await this.scrollTo(middle);
    const spot = await this.tab.evaluate(spotIn, [target.css, target.at] as const);
    if (!spot.hit) throw new Error(`${target.css} is covered where it should be clicked`);
    for (let time = 0; time < (target.times ?? 1); time++) {
      if (this.layer === "tap") await this.tab.touchscreen.tap(spot.x, spot.y);
      else await this.tab.mouse.click(spot.x, spot.y);
      this.done.clicks.push(counted(spot, target));
    }
    if (!leaves) await this.scrollTo(await this.tab.evaluate(() => scrollY + (scrollY + innerHeight < document.documentElement.scrollHeight ? 1 : -1)));
  }

  /** What has to be counted of this visit. */
  result(): Done {
    return this.done;
  }

  /** Leaves by closing the tab. */
  close(): Promise<void> {
    return this.tab.close();
  }
}

/** Where a click on a target counts, by the contract's definitions. */
function counted({ x, y, scrollX, scrollY, box }: Spot, { anchor, at, interactive }: Target): Click {
  const large = Math.max(box.width, box.height) > LARGE_PX && !interactive;
  return {
    cell: [Math.floor((x + scrollX) / CELL_PX), Math.floor((y + scrollY) / CELL_PX)],
    anchor,
    unit: large ? "px16" : "eighth",
    sub: large ? [Math.floor((x - box.x) / CELL_PX), Math.floor((y - box.y) / CELL_PX)] : at,
  };
}

declare global {
  var isothermFind: (css: string) => Element;
}

/** Runs before any script of the page: finds elements also in open shadow roots. */
export function installFind(): void {
  globalThis.isothermFind = (css) => {
    let root: Document | ShadowRoot = document;
    let found: Element | null = null;
    for (const step of css.split(" >>> ")) {
      found = root.querySelector(step);
      if (found?.shadowRoot) root = found.shadowRoot;
    }
    if (!found) throw new Error(`the page has no ${css}`);
    return found;
  };
}

/** Runs in the page: the point to click, and whether the element is what lies there. */
function spotIn([css, [fx, fy]]: readonly [string, readonly [number, number]]): Spot {
  const element = globalThis.isothermFind(css);
  const { x: left, y: top, width, height } = element.getBoundingClientRect();
  // Not on the line between two cells, where the last digit of a sum decides.
  const inside = (at: number, scrolled: number): number => ((at + scrolled) % 16 === 0 ? at + 1 : at);
  const x = inside(Math.round(left + (width * (fx + 0.5)) / 8), scrollX);
  const y = inside(Math.round(top + (height * (fy + 0.5)) / 8), scrollY);
  const root = element.getRootNode() as Document | ShadowRoot;
  const hit = root.elementFromPoint(x, y);
  return { x, y, scrollX, scrollY, box: { x: left, y: top, width, height }, hit: hit !== null && element.contains(hit) };
}
