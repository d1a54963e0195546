// The tests' own count: from what was clicked, by definition, without looking at any beacon.

import type { Country } from "./installation.js";

/** Page views behind a place, and behind a page, below which nothing is shown. */
export const K = 5;
const PAGE_VIEWS = 50;
/** Edge of the smallest square of the map, px. */
const CELL_PX = 16;

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

/** Interactions and page views of a place. */
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

/** A square of the page, with all that was clicked in it. */
interface Square extends Tally {
  /** Its corner in units of 16 px. */
  x: number;
  y: number;
  px: number;
}

/** Squares of one size that were clicked, by their corner. */
function squares(views: View[], narrowed: Narrowed, px: number): Square[] {
  const units = px / CELL_PX;
  const corner = (at: number): number => at - (at % units);
  const found = tally(views, narrowed, ({ cell: [x, y] }) => `${corner(x)},${corner(y)}`);
  return [...found].map(([place, sums]) => {
    const [x = 0, y = 0] = place.split(",").map(Number);
    return { x, y, px, ...sums };
  });
}

/** The share of a square's page views that may be left out when it is shown by its quarters instead of whole. */
const LEFT_OUT_MAX: Record<number, number> = { 32: 0.25, 64: 0.5 };

/**
 * The map: squares that do not overlap, K page views behind each. A square is shown by its quarters where little of it is
 * left out then, else whole. What lies in it is weighed in page views of its 16 px cells.
 */
function map(views: View[], narrowed: Narrowed): { shown: Square[]; leftOut: boolean } {
  const sizes = new Map([16, 32, 64].map((px) => [px, squares(views, narrowed, px)]));
  const within = (outer: Square, px: number): Square[] =>
    (sizes.get(px) ?? []).filter(({ x, y }) => {
      const units = outer.px / CELL_PX;
      return x >= outer.x && x < outer.x + units && y >= outer.y && y < outer.y + units;
    });
  const weight = (parts: Square[]): number => parts.reduce((sum, part) => sum + part.views, 0);
  const best = (square: Square): Square[] => {
    if (square.views < K) return [];
    if (square.px === CELL_PX) return [square];
    const quarters = within(square, square.px / 2).flatMap(best);
    const cells = within(square, CELL_PX);
    const kept = weight(cells.filter((cell) => quarters.some((part) => part.px > CELL_PX ? within(part, CELL_PX).includes(cell) : part === cell)));
    return weight(cells) - kept <= weight(cells) * (LEFT_OUT_MAX[square.px] ?? 0) ? quarters : [square];
  };
  const all = sizes.get(64) ?? [];
  const shown = all.flatMap(best);
  const clicked = all.reduce((sum, { n }) => sum + n, 0);
  return { shown, leftOut: shown.reduce((sum, { n }) => sum + n, 0) < clicked };
}

/** The heat map that has to be answered. */
export function heatmap(views: View[], narrowed: Narrowed): HeatmapAnswer {
  const of = pageViews(views, narrowed);
  const { page } = narrowed;
  if (of < PAGE_VIEWS) {
    return { page, views: 0, cells: [], elements: [], withheld: { reason: "below_threshold", needed: PAGE_VIEWS } };
  }
  const { shown: cells, leftOut } = map(views, narrowed);
  cells.sort((one, other) => one.y - other.y || one.x - other.x);
  let hidden = leftOut;
  const elements: ElementAnswer[] = [];
  for (const [anchor, { n, views: seen }] of tally(views, narrowed, (click) => click.anchor)) {
    if (seen < K) {
      hidden = true;
      continue;
    }
    const inside = positions(views, narrowed, anchor);
    hidden ||= inside.leftOut;
    elements.push({ anchor, clicks: n, views: seen, rate: Math.min(1, seen / of), cells: inside.shown });
  }
  elements.sort((one, other) => other.clicks - one.clicks || byText(one.anchor, other.anchor));
  return { page, views: of, cells, elements, withheld: hidden ? { reason: "below_k", needed: K } : null };
}

/**
 * Positions inside an element. Its totals stand beside them, so that what they leave over must have K page views, too: those
 * that clicked the element there before anywhere else on it, or as many as one position alone has. If it has not, the
 * smallest position is left out as well.
 */
function positions(views: View[], narrowed: Narrowed, anchor: string): { shown: ElementAnswer["cells"]; leftOut: boolean } {
  const own = views.map((view) => ({ ...view, clicks: view.clicks.filter((click) => click.anchor === anchor) }));
  const placeOf = ({ unit, sub }: Click): string => [unit, ...sub].join();
  const first = tally(own.map((view) => ({ ...view, clicks: view.clicks.slice(0, 1) })), narrowed, placeOf);
  const all = [...tally(own, narrowed, placeOf)].sort(([, one], [, other]) => one.views - other.views || one.n - other.n);
  const shown = all.filter(([, sums]) => sums.views >= K);
  const rest = all.filter(([, sums]) => sums.views < K);
  if (rest.length > 0) {
    const begun = rest.reduce((sum, [place]) => sum + (first.get(place)?.views ?? 0), 0);
    if (Math.max(begun, ...rest.map(([, sums]) => sums.views)) < K) shown.shift();
  }
  const cells = shown.map(([place, sums]) => {
    const [unit = "", x, y] = place.split(",");
    return { unit, x: Number(x), y: Number(y), ...sums };
  });
  cells.sort((one, other) => byText(one.unit, other.unit) || one.y - other.y || one.x - other.x);
  return { shown: cells, leftOut: rest.length > 0 };
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
