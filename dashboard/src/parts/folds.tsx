// Where the fold lies: how much of a page is seen without scrolling.
import type { Scroll } from "../api-types";
import { count } from "../words";

export type Fold = Scroll["fold"];

interface Line {
  /** px from the top of the page. */
  at: number;
  /** Percent of the page views that see at least so much. */
  share: number;
}

/** The quartiles that are told; of those that are the same, the one that most page views stand behind. */
export function linesOf({ p25, p50, p75 }: Fold): Line[] {
  const lines = [p25, p50, p75].flatMap((at, index) => (at === null ? [] : [{ at, share: 75 - 25 * index }]));
  return lines.filter(({ at }, index) => lines[index - 1]?.at !== at);
}

/** The lines, on whatever is drawn by px of the page. */
export function Folds({ fold, topOf }: { fold: Fold; topOf: (px: number) => string }) {
  return (
    <>
      {linesOf(fold).map(({ at, share }) => (
        <div key={share} class="fold" style={{ top: topOf(at) }}>
          <span>
            {share} % see this without scrolling ({count(at)} px)
          </span>
        </div>
      ))}
    </>
  );
}
