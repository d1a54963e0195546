// How deep a page is seen: share of page views by depth, with the fold.
import type { Scroll } from "../api-types";
import { count, share, withheld } from "../words";
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
      <p class="aside">
        {scroll.fold.p50 === null
          ? "Too few page views told the height of their window."
          : `Half of the page views see at least ${count(scroll.fold.p50)} px of the page without scrolling.`}
      </p>
    </div>
  );
}
