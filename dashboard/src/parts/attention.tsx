// Which parts of a page are looked at: seconds in view by tenths of its height.
import type { Scroll } from "../api-types";
import { seconds } from "../words";
import { Bars } from "./bars";

export function Attention({ scroll }: { scroll: Scroll }) {
  if (!scroll.attention) return null;
  const bars = scroll.attention.map((band) => ({
    name: `${band.from} to ${band.to} %`,
    value: band.seconds,
    text: seconds(band.seconds / scroll.views),
  }));
  return (
    <section class="attention">
      <h2>Time in view</h2>
      <p class="aside">Seconds per page view, by tenths of the page's height from the top; only while somebody clicked, touched or scrolled.</p>
      <Bars bars={bars} label="Seconds in view per page view, from the top of the page" />
    </section>
  );
}
