// What is kept of visitors, and what is not: short, with the way to the whole.
import { count } from "../words";
import type { ViewProps } from "./view";

export function Privacy({ session }: ViewProps) {
  return (
    <div class="prose">
      <h1>Privacy</h1>
      <p>
        Isotherm keeps counts. For each page of <strong>{session.site}</strong>: how many page views, and how many of them clicked or tapped at a
        place, came to a depth, or saw an element; by viewport class, and either by day or by country and month, never by both.
      </p>
      <h2>What is not kept</h2>
      <ul>
        <li>No address, user agent, cookie, referrer, nor a hash of any of them.</li>
        <li>No visitor, no session, no row per click, no order and no time finer than a day.</li>
        <li>No text that was typed or shown: the script has no listener for keys.</li>
      </ul>
      <h2>What you cannot see here</h2>
      <ul>
        <li>A page with fewer than {count(session.thresholds.page_views)} page views, and a place with fewer than {count(session.thresholds.k)}.</li>
        <li>The name of a page or element with fewer than 10.</li>
        <li>Anyone who says no: with Do Not Track, Global Privacy Control or the opt-out, the script sends nothing.</li>
      </ul>
      <p>
        <a href="/privacy">All that is stored, column by column</a>, as the running service says it. Visitors opt out at{" "}
        <a href="/opt-out">the opt-out page</a>; link it from the site's own privacy page.
      </p>
    </div>
  );
}
