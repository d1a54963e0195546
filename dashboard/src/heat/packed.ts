// Heat maps in the packed form of the API; docs/api.md says how the bytes lie.
import type { HeatCell, HeatElement, Heatmap, Withheld } from "../api-types";

/** What to accept. */
export const CELLS = "application/vnd.isotherm.cells";

const REASONS: Withheld["reason"][] = ["below_threshold", "below_k", "no_whole_month", "cut_cohorts"];
const DAY_MS = 86_400_000;

/** The same as the JSON answer, but for positions inside elements, which are left out. */
export function heatmapOf(bytes: Uint8Array, page: string): Heatmap {
  const from = new Bytes(bytes);
  if (from.text(4) !== "ISC1") throw new Error("not a packed heat map of a form that this knows");
  const day = (): string => new Date(from.number() * DAY_MS).toISOString().slice(0, 10);
  const views = from.number();
  const days = { from: day(), to: day() };
  const reason = REASONS[from.number() - 1];
  const needed = from.number();
  const cells = cellsOf(from);
  const elements = Array.from({ length: from.number() }, (): HeatElement => {
    const anchor = from.text(from.number());
    const [clicks, seen] = [from.number(), from.number()];
    return { anchor, clicks, views: seen, rate: views > 0 ? Math.min(1, seen / views) : 0, cells: [] };
  });
  return { page, ...days, views, cells, elements, withheld: reason ? { reason, needed } : null };
}

function cellsOf(from: Bytes): HeatCell[] {
  let [x, y] = [0, 0];
  return Array.from({ length: from.number() }, () => {
    const down = from.number();
    const along = from.number();
    const seen = from.number();
    x = down < 4 ? x + along : along;
    y += Math.floor(down / 4);
    const views = Math.floor(seen / 2);
    const px = (16 << (down % 4)) as HeatCell["px"];
    return { x, y, px, n: views + (seen % 2 === 1 ? from.number() : 0), views };
  });
}

class Bytes {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  /** Numbers above 2^53 do not come: they are counts of clicks. */
  number(): number {
    let number = 0;
    for (let worth = 1; ; worth *= 128) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new Error("a packed heat map that ends too early");
      number += (byte % 128) * worth;
      if (byte < 128) return number;
    }
  }

  text(length: number): string {
    const end = this.#at + length;
    const text = new TextDecoder().decode(this.bytes.subarray(this.#at, end));
    this.#at = end;
    return text;
  }
}
