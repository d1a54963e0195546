// How deep a page is seen: share of page views by depth, and what of it needs no scrolling.
import type { Scroll } from "../api-types";
import { count, share, withheld } from "../words";
import { Folds, linesOf, type Fold } from "./folds";
import { Empty } from "./notice";
import { Head } from "./table";

export function Reach({ scroll }: { scroll: Scroll }) {
  if (scroll.reach.length === 0) {
    return <Empty title={scroll.withheld ? withheld(scroll.withheld) : "No scrolling was counted in these days."} />;
  }
  const at = new Map(scroll.reach.map((band) => [band.depth, band]));
  const deciles = Array.from({ length: 10 }, (_, index) => at.get(10 * (index + 1)));
  const area = scroll.reach.map((band) => `${(100 * band.share).toFixed(2)} ${band.depth}`).join("L");
  return (
    <div class="reach">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path d={`M0 0L100 0L${area}L0 ${scroll.reach.at(-1)!.depth}Z`} />
      </svg>
      <table>
        <caption>Page views that came at least so deep</caption>
        <Head of={["Depth", { number: "Page views" }, { number: "Share" }]} />
        <tbody>
          {deciles.map((band, index) => (
            <tr key={index}>
              <td>{10 * (index + 1)} %</td>
              <td class="number">{band ? count(band.views) : "–"}</td>
              <td class="number">{band ? share(band.share) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstScreen fold={scroll.fold} />
      <p class="aside">
        {scroll.fold.p50 === null
          ? "Too few page views told the height of their window."
          : `Half of the page views see at least ${count(scroll.fold.p50)} px of the page without scrolling.`}
      </p>
    </div>
  );
}

/** The fold on a scale of its own: it is told in px, and depth in percent of a height that is not kept. */
function FirstScreen({ fold }: { fold: Fold }) {
  const lines = linesOf(fold);
  const lowest = lines.at(-1)?.at;
  if (!lowest) return null;
  const down = (px: number) => (85 * px) / lowest;
  const steps = lines.map(({ at, share }) => `H${share}V${down(at).toFixed(2)}`).join("");
  return (
    <figure class="first-screen">
      <div>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <path d={`M0 0${steps}H0Z`} />
        </svg>
        <Folds fold={fold} topOf={(px) => `${down(px)}%`} />
      </div>
      <figcaption>Page views that see at least so much without scrolling, by px from the top. How tall a page is, is not kept.</figcaption>
    </figure>
  );
}
