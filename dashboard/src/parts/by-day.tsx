// Page views and clicks by day as a table: what the chart draws, to be read aloud and copied.
import type { Day } from "../by-day";
import { count } from "../words";
import { Head } from "./table";

/** Lines are those of the answer: what is kept for several days together has one of its own. */
export function DayTable({ days }: { days: Day[] }) {
  return (
    <details class="by-day">
      <summary>Show as a table</summary>
      <div class="scrolling" tabIndex={0} role="region" aria-label="Page views and clicks by day">
        <table>
          <Head of={["Day (UTC)", { number: "Page views" }, { number: "Clicks" }]} />
          <tbody>
            {days.map(({ day, to, views, clicks }) => (
              <tr key={`${day} ${to}`}>
                <td>{to ? `${day} to ${to}` : day}</td>
                <td class="number">{count(views)}</td>
                <td class="number">{count(clicks)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
