// The sites of this session, each with its page views, and the way to one more.
import { ask } from "../api";
import type { DaySum, Session } from "../api-types";
import { useAnswer } from "../answer";
import { Filters, windowOf, type Window } from "../parts/filters";
import { Spark } from "../parts/series";
import { Head } from "../parts/table";
import { TokenForm } from "../parts/token-form";
import { link } from "../router";
import { count } from "../words";

interface Props {
  session: Session;
  query: Record<string, string>;
  opened: (session: Session) => void;
}

export function Sites({ session, query, opened }: Props) {
  const window = windowOf(query);
  const sites = session.sites.map(({ site }) => site).sort();
  const { add: _add, ...kept } = query;
  return (
    <>
      <h1>Sites</h1>
      <Filters view="sites" query={kept} />
      <table class="pages">
        <Head of={["Site", "By day", { number: "Page views" }, { number: "Clicks" }]} />
        <tbody>
          {sites.map((site) => (
            <Row key={site} site={site} window={window} query={kept} />
          ))}
        </tbody>
      </table>
      <section class="prose">
        <h2>Add a site</h2>
        <p class="aside">
          Each site has tokens of its own. Given here, one opens its site beside the others, until you log out or the session ends. To take a
          site away again, log out.
        </p>
        <p class="aside">
          A new site is made where the service runs, and its token printed once: <code>isotherm site add KEY --origin https://example.com</code>
        </p>
        <TokenForm key={query.add ?? ""} does="Add the site" opened={opened} focused={query.add !== undefined} />
      </section>
    </>
  );
}

/** Each site is asked by itself, so that one that cannot answer keeps no other back. */
function Row({ site, window, query }: { site: string; window: Window; query: Record<string, string> }) {
  const asked = useAnswer(JSON.stringify(window), (signal) => ask(site, "timeseries", { ...window }, signal));
  return (
    <tr>
      <td>
        <a href={link("overview", query, site)}>{site}</a>
      </td>
      {asked.error ? (
        <td colSpan={3} class="error" role="alert">
          {asked.error}{" "}
          <button type="button" class="plain" onClick={asked.again}>
            Try again
          </button>
        </td>
      ) : asked.value === undefined ? (
        <td colSpan={3} class="quiet" aria-busy="true">
          Loading…
        </td>
      ) : asked.value.length === 0 ? (
        <td colSpan={3} class="quiet">
          Not enough page views in these days.
        </td>
      ) : (
        <Sums days={asked.value} window={window} />
      )}
    </tr>
  );
}

function Sums({ days, window }: { days: DaySum[]; window: Window }) {
  const sum = (of: (day: DaySum) => number) => count(days.reduce((all, day) => all + of(day), 0));
  return (
    <>
      <td>
        <Spark days={days} from={window.from} to={window.to} />
      </td>
      <td class="number">{sum((day) => day.views)}</td>
      <td class="number">{sum((day) => day.clicks)}</td>
    </>
  );
}

/** What an address shows that names a site which this session does not open. */
export function NotOpen({ site, opened }: { site: string; opened: (session: Session) => void }) {
  return (
    <section class="prose">
      <h1>{site} is not open here</h1>
      <p>
        This session has no token for it: none was given, or it has ended or been revoked, or it may not be used from this network. Sites that
        are open stay open.
      </p>
      <TokenForm does="Open it" opened={opened} />
    </section>
  );
}
