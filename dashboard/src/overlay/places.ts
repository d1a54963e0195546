// Where heat lies at this moment: anchors are found on the living page, and their positions are read anew for every picture,
// so that heat follows layout, scrolling, and parts that stick.
import { inside, resolve } from "../../../js-snippet/src/overlay/resolve";
import type { HeatElement, Heatmap } from "../api-types";

/** A place with heat, in px of the window. */
export interface Point {
  x: number;
  y: number;
  heat: number;
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
  element: HeatElement;
}

interface Found {
  source: HeatElement;
  target: Element;
}

export class Places {
  #found: Found[] = [];

  /** How many of the answer's elements this page has. */
  get known(): number {
    return this.#found.length;
  }

  /** Looks for every anchor again; for when the page has changed. */
  search(heatmap: Heatmap): void {
    this.#found = [];
    for (const source of heatmap.elements) {
      const target = quietly(() => resolve(source.anchor));
      if (target) this.#found.push({ source, target });
    }
  }

  /** The elements that can be seen now. */
  boxes(): Box[] {
    const boxes: Box[] = [];
    for (const { source, target } of this.#found) {
      const { left, top, width, height } = target.getBoundingClientRect();
      if (width > 0 && height > 0 && seen(target)) boxes.push({ left, top, width, height, element: source });
    }
    return boxes;
  }

  /** All places with heat, also outside the window. Those that their own scroller hides are left out. */
  points(): Point[] {
    const points: Point[] = [];
    for (const { source, target } of this.#found) {
      const box = target.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || !seen(target)) continue;
      const clip = clipOf(target);
      for (const cell of source.cells) {
        const { left, top, width, height } = inside(target, box, [cell.x, cell.y], cell.unit);
        const [x, y] = [left + width / 2, top + height / 2];
        if (visible(x, y, clip)) points.push({ x, y, heat: cell.views });
      }
      points.push(...spread(source, box).filter(({ x, y }) => visible(x, y, clip)));
    }
    return points;
  }
}

/** Distance of the points over which an element's untold heat is spread, px, and how many of them a side has at most. */
const SPREAD_PX = 12;
const SPREAD_MAX = 32;

/** What an element has beyond its positions: too few page views stand behind each of the others to say where. */
function spread(source: HeatElement, box: DOMRect): Point[] {
  const told = source.cells.reduce((sum, cell) => sum + cell.n, 0);
  const rest = source.clicks > told ? source.views * (1 - told / source.clicks) : 0;
  if (rest === 0) return [];
  const columns = Math.min(SPREAD_MAX, Math.ceil(box.width / SPREAD_PX));
  const rows = Math.min(SPREAD_MAX, Math.ceil(box.height / SPREAD_PX));
  const heat = rest / (columns * rows);
  return Array.from({ length: columns * rows }, (_, at) => ({
    x: box.left + (((at % columns) + 0.5) * box.width) / columns,
    y: box.top + ((Math.floor(at / columns) + 0.5) * box.height) / rows,
    heat,
  }));
}

function seen(target: Element): boolean {
  return target.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true;
}

/** The part of the window that the scrollers around an element leave of it. */
function clipOf(target: Element): DOMRect | null {
  let clip: DOMRect | null = null;
  for (let at = parentOf(target); at && at !== document.body && at !== document.documentElement; at = parentOf(at)) {
    if (at.scrollHeight <= at.clientHeight && at.scrollWidth <= at.clientWidth) continue;
    if (getComputedStyle(at).overflow === "visible") continue;
    const box = at.getBoundingClientRect();
    clip = clip ? intersection(clip, box) : box;
  }
  return clip;
}

const parentOf = (element: Element): Element | null =>
  element.parentElement ?? ((element.getRootNode() as ShadowRoot).host as Element | undefined) ?? null;

function intersection(one: DOMRect, other: DOMRect): DOMRect {
  const left = Math.max(one.left, other.left);
  const top = Math.max(one.top, other.top);
  return new DOMRect(left, top, Math.max(0, Math.min(one.right, other.right) - left), Math.max(0, Math.min(one.bottom, other.bottom) - top));
}

const visible = (x: number, y: number, clip: DOMRect | null): boolean =>
  !clip || (x >= clip.left && x <= clip.right && y >= clip.top && y <= clip.bottom);

function quietly<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    // An anchor that this page's engine does not understand is one that it does not have.
    return null;
  }
}
