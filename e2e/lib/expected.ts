// The tests' own count: from what was clicked, by definition, without looking at any beacon.

import type { Country } from "./installation.js";

/** Page views behind a place, and behind a page, below which nothing is shown. */
const K = 5;
const PAGE_VIEWS = 50;

export type Layer = "click" | "tap";

/** One click or tap, as the test made it. */
export interface Click {
  cell: [number, number];
  anchor: string;
  unit: "eighth" | "px16";
  sub: [number, number];
}

/** A page view, and how often it was seen again from each country. */
export interface View {
  page: string;
  viewport: string;
  layer: Layer;
  clicks: Click[];
  /** Deepest reach in percent. */
  reach: number;
  /** Viewport height in steps of 100 px. */
  fold: number;
  views: Record<Country, number>;
}

/** What an answer is narrowed to. */
export interface Narrowed {
  page: string;
  viewport?: string;
  country?: Country;
  layers?: Layer[];
}

export interface Withheld {
  reason: string;
  needed: number;
}

export interface CellAnswer {
  x: number;
  y: number;
  px: number;
  n: number;
  views: number;
}

export interface ElementAnswer {
  anchor: string;
  clicks: number;
  views: number;
  rate: number;
  cells: { unit: string; x: number; y: number; n: number; views: number }[];
}

export interface HeatmapAnswer {
  page: string;
  views: number;
  cells: CellAnswer[];
  elements: ElementAnswer[];
  withheld: Withheld | null;
}

export interface ScrollAnswer {
  page: string;
  views: number;
  fold: { p25: number | null; p50: number | null; p75: number | null };
  reach: { depth: number; views: number; share: number }[];
  withheld: Withheld | null;
}

/** Interactions and page views of one layer. */
interface Tally {
  n: number;
  views: number;
}

/** How often the page view counts under this narrowing. */
function times(view: View, { page, viewport, country }: Narrowed): number {
  if (view.page !== page || (viewport !== undefined && view.viewport !== viewport)) return 0;
  return country === undefined ? total(view) : view.views[country];
}

/** How often the page view was seen from anywhere. */
export const total = (view: View): number => Object.values(view.views).reduce((sum, n) => sum + n, 0);

/** Page views of a page under this narrowing. */
export const pageViews = (views: View[], narrowed: Narrowed): number =>
  views.reduce((sum, view) => sum + times(view, narrowed), 0);

/** Clicks and taps on a page under this narrowing. */
export const clicks = (views: View[], narrowed: Narrowed): number =>
  views.reduce((sum, view) => sum + times(view, narrowed) * view.clicks.length, 0);

/** Counts by place: `n` adds up over layers, page views are the largest over layers. */
function tally(views: View[], narrowed: Narrowed, placeOf: (click: Click) => string): Map<string, Tally> {
  const places = new Map<string, Tally>();
  for (const layer of narrowed.layers ?? ["click", "tap"]) {
    const ofLayer = new Map<string, Tally>();
    for (const view of views) {
      const often = view.layer === layer ? times(view, narrowed) : 0;
      const here = view.clicks.map(placeOf);
      for (const place of often > 0 ? new Set(here) : []) {
        const tallied = ofLayer.get(place) ?? { n: 0, views: 0 };
        tallied.n += often * here.filter((one) => one === place).length;
        tallied.views += often;
        ofLayer.set(place, tallied);
      }
    }
    for (const [place, { n, views: seen }] of ofLayer) {
      const known = places.get(place) ?? { n: 0, views: 0 };
      places.set(place, { n: known.n + n, views: Math.max(known.views, seen) });
    }
  }
  return places;
}

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** The heat map that has to be answered. */
export function heatmap(views: View[], narrowed: Narrowed): HeatmapAnswer {
  const of = pageViews(views, narrowed);
  const { page } = narrowed;
  if (of < PAGE_VIEWS) {
    return { page, views: 0, cells: [], elements: [], withheld: { reason: "below_threshold", needed: PAGE_VIEWS } };
  }
  let hidden = false;
  const shown = (places: Map<string, Tally>): [string, Tally][] =>
    [...places].filter(([, { views: seen }]) => seen >= K || ((hidden = true), false));
  const cells = shown(tally(views, narrowed, ({ cell }) => cell.join())).map(([place, { n, views: seen }]) => {
    const [x = 0, y = 0] = place.split(",").map(Number);
    return { x, y, px: 16, n, views: seen };
  });
  cells.sort((one, other) => one.y - other.y || one.x - other.x);
  const elements = shown(tally(views, narrowed, ({ anchor }) => anchor)).map(([anchor, { n, views: seen }]) => {
    const own = views.map((view) => ({ ...view, clicks: view.clicks.filter((click) => click.anchor === anchor) }));
    const inside = shown(tally(own, narrowed, ({ unit, sub }) => [unit, ...sub].join())).map(([place, sums]) => {
      const [unit = "", x, y] = place.split(",");
      return { unit, x: Number(x), y: Number(y), ...sums };
    });
    inside.sort((one, other) => byText(one.unit, other.unit) || one.y - other.y || one.x - other.x);
    return { anchor, clicks: n, views: seen, rate: Math.min(1, seen / of), cells: inside };
  });
  elements.sort((one, other) => other.clicks - one.clicks || byText(one.anchor, other.anchor));
  return { page, views: of, cells, elements, withheld: hidden ? { reason: "below_k", needed: K } : null };
}

/** The scroll answer that has to be given. */
export function scroll(views: View[], narrowed: Narrowed): ScrollAnswer {
  const of = pageViews(views, narrowed);
  const { page } = narrowed;
  if (of < PAGE_VIEWS) {
    const fold = { p25: null, p50: null, p75: null };
    return { page, views: 0, fold, reach: [], withheld: { reason: "below_threshold", needed: PAGE_VIEWS } };
  }
  const reach: ScrollAnswer["reach"] = [];
  let hidden = false;
  for (let depth = 1; depth <= 100; depth++) {
    const reached = views.reduce((sum, view) => sum + (view.reach >= depth ? times(view, narrowed) : 0), 0);
    if (reached >= K) reach.push({ depth, views: reached, share: Math.min(1, reached / of) });
    else if (reached > 0) hidden = true;
  }
  const folds = views.flatMap((view) => Array<number>(times(view, narrowed)).fill(view.fold)).sort((a, b) => a - b);
  const quartile = (quarters: number): number => (folds[Math.ceil((folds.length * quarters) / 4) - 1] ?? 0) * 100;
  const fold = { p25: quartile(1), p50: quartile(2), p75: quartile(3) };
  return { page, views: of, fold, reach, withheld: hidden ? { reason: "below_k", needed: K } : null };
}

/** The CSV of a heat map, by the contract's columns. */
export function heatmapCsv({ cells, elements }: HeatmapAnswer): string[] {
  const quoted = (anchor: string): string => (/[",]/.test(anchor) ? `"${anchor.replaceAll('"', '""')}"` : anchor);
  return [
    "kind,anchor,x,y,px,n,views",
    ...cells.map(({ x, y, px, n, views }) => ["cell", "", x, y, px, n, views].join()),
    ...elements.flatMap(({ anchor, clicks: n, views, cells: inside }) => [
      ["element", quoted(anchor), "", "", "", n, views].join(),
      ...inside.map((cell) =>
        [cell.unit, quoted(anchor), cell.x, cell.y, cell.unit === "px16" ? 16 : "", cell.n, cell.views].join(),
      ),
    ]),
  ];
}
