// Where heat lies at this moment: anchors are found on the living page, and their positions are read anew for every picture,
// so that heat follows layout, scrolling, and parts that stick.
import { above, inside, resolve } from "../../../js-snippet/src/overlay/resolve";
import type { HeatElement, Heatmap } from "../api-types";
import { Covers } from "./covers";

/** A place with heat, in px of the window. */
export interface Point {
  x: number;
  y: number;
  heat: number;
}

/** A part of the window over which heat lies evenly, so much on each px². */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
  density: number;
  /** Whether something lies over a point of it. */
  hides: (x: number, y: number) => boolean;
}

export interface Heat {
  points: Point[];
  areas: Area[];
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

  /** How many of the answer's elements this page has, and shows at this width. */
  get shown(): number {
    return this.#found.filter(({ target }) => isDrawn(target, target.getBoundingClientRect())).length;
  }

  /** Looks for every anchor again; for when the page has changed. */
  search(heatmap: Heatmap): void {
    this.#found = [];
    for (const source of heatmap.elements) {
      const target = quietly(() => resolve(source.anchor));
      if (target) this.#found.push({ source, target });
    }
  }

  /** The elements that can be seen now, as far as their own scrollers leave them. */
  boxes(): Box[] {
    const boxes: Box[] = [];
    const covers = new Covers();
    for (const { source, target } of this.#found) {
      const box = target.getBoundingClientRect();
      if (!isDrawn(target, box)) continue;
      const clip = clipOf(target);
      const { left, top, width, height } = clip ? intersection(clip, box) : box;
      if (width * height === 0 || covers.hides(target, left + width / 2, top + height / 2)) continue;
      boxes.push({ left, top, width, height, element: source });
    }
    return boxes;
  }

  /** The heat that can be seen now. */
  heat(): Heat {
    const covers = new Covers();
    return this.#heat((target, x, y) => covers.hides(target, x, y));
  }

  /** All heat, wherever the page is scrolled to. */
  whole(): Heat {
    return this.#heat(() => false);
  }

  /** Heat also outside the window, but for what is hidden. What an element's own scroller cuts off is left out. */
  #heat(hides: (target: Element, x: number, y: number) => boolean): Heat {
    const heat: Heat = { points: [], areas: [] };
    for (const { source, target } of this.#found) {
      const box = target.getBoundingClientRect();
      if (!isDrawn(target, box)) continue;
      const clip = clipOf(target);
      for (const cell of source.cells) {
        const { left, top, width, height } = inside(target, box, [cell.x, cell.y], cell.unit);
        const [x, y] = [left + width / 2, top + height / 2];
        if (visible(x, y, clip) && !hides(target, x, y)) heat.points.push({ x, y, heat: cell.views });
      }
      const { left, top, right, bottom } = clip ? intersection(clip, box) : box;
      const density = untold(source) / (box.width * box.height);
      if (density > 0) heat.areas.push({ left, top, right, bottom, density, hides: (x, y) => hides(target, x, y) });
    }
    return heat;
  }
}

/** What an element has beyond its positions: too few page views stand behind each of the others to say where. */
function untold(source: HeatElement): number {
  const told = source.cells.reduce((sum, cell) => sum + cell.n, 0);
  return source.clicks > told ? source.views * (1 - told / source.clicks) : 0;
}

const isDrawn = (target: Element, box: DOMRect): boolean => box.width > 0 && box.height > 0 && seen(target);

function seen(target: Element): boolean {
  return target.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true;
}

/** The part of the window that the scrollers around an element leave of it. */
function clipOf(target: Element): DOMRect | null {
  let clip: DOMRect | null = null;
  for (let at = above(target); at && at !== document.body && at !== document.documentElement; at = above(at)) {
    if (at.scrollHeight <= at.clientHeight && at.scrollWidth <= at.clientWidth) continue;
    if (getComputedStyle(at).overflow === "visible") continue;
    const box = at.getBoundingClientRect();
    clip = clip ? intersection(clip, box) : box;
  }
  return clip;
}

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
