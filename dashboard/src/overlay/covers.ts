// What stays in the window lies over what scrolls: stuck headers, banners, dialogs. Heat of what they hide is not drawn on them.
import { above, pinnedPart } from "../../../js-snippet/src/overlay/resolve";

/** The window is asked by squares of this edge, px, each at most once for a picture: to hit every point is dear. */
const SQUARE_PX = 32;

export class Covers {
  readonly #squares = new Map<string, Element | null>();
  readonly #parts = new Map<Element, Element | null>();

  /** Whether something that stays in the window lies over this point of an element. Outside the window nothing does. */
  hides(element: Element, x: number, y: number): boolean {
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return false;
    const cover = this.#at(Math.floor(x / SQUARE_PX), Math.floor(y / SQUARE_PX));
    return cover !== null && !holds(cover, element);
  }

  #at(column: number, row: number): Element | null {
    const key = `${column} ${row}`;
    let cover = this.#squares.get(key);
    if (cover === undefined) {
      const middle = (square: number, end: number) => Math.min((square + 0.5) * SQUARE_PX, end - 1);
      const hit = topmost(middle(column, innerWidth), middle(row, innerHeight));
      cover = hit && this.#partOf(hit);
      this.#squares.set(key, cover);
    }
    return cover;
  }

  #partOf(hit: Element): Element | null {
    let part = this.#parts.get(hit);
    if (part === undefined) this.#parts.set(hit, (part = pinnedPart(hit)));
    return part;
  }
}

/** What a click there would hit, also inside open shadow roots. */
function topmost(x: number, y: number): Element | null {
  const hit = (root: DocumentOrShadowRoot | null | undefined) => root?.elementFromPoint(x, y) ?? null;
  let found = hit(document);
  for (let inner = hit(found?.shadowRoot); inner && inner !== found; inner = hit(inner.shadowRoot)) found = inner;
  return found;
}

function holds(part: Element, element: Element): boolean {
  for (let at: Element | null = element; at; at = above(at)) if (at === part) return true;
  return false;
}
