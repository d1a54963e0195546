// A site at a glance: how much, when, on which pages, from where, on what.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ask } from "../api";
import type { Answers } from "../api-types";
import { useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Bars } from "../parts/bars";
import { Export } from "../parts/export";
import { Filters, windowOf, type Window } from "../parts/filters";
import { Empty } from "../parts/notice";
import { Series, Spark } from "../parts/series";
import { Head } from "../parts/table";
import { World } from "../parts/world";
import { link, replace } from "../router";
import { count, viewport } from "../words";
import type { ViewProps } from "./view";

export function Overview({ session, query, shared }: ViewProps & { shared?: boolean }) {
  const window = windowOf(query);
  const key = JSON.stringify(window);
  const asked = useAnswer(key, async (signal) => {
    const { country: _country, ...wide } = window;
    const { viewport: _viewport, ...whole } = window;
    const [pages, days, countries, viewports] = await Promise.all([
      ask(session.site, "pages", { ...window }, signal),
      ask(session.site, "timeseries", { ...window }, signal),
      ask(session.site, "countries", wide, signal),
      ask(session.site, "viewports", whole, signal),
    ]);
    return { pages, days, countries, viewports };
  });
  return (
    <>
      <h1>Pages</h1>
      <Filters view="overview" query={query} countries={asked.value?.countries.map((row) => row.country) ?? []} />
      <Answered asked={asked} what="the site">
        {({ pages, days, countries, viewports }) => (
          <>
            <Totals pages={pages} days={days} />
            {days.length > 0 && <Series days={days} from={window.from} to={window.to} country={window.country} />}
            <PageList session={session} pages={pages} window={window} query={query} shared={shared ?? false} />
            <div class="columns">
              <section>
                <h2>Countries</h2>
                {countries.length === 0 ? (
                  <Empty title="No country has enough page views in these days." />
                ) : (
                  <World rows={countries} chosen={window.country} choose={(country) => replace("overview", { ...query, country })} />
                )}
              </section>
              <section>
                <h2>Viewports</h2>
                {viewports.length === 0 ? (
                  <Empty title="No viewport class has enough page views in these days." />
                ) : (
                  <Bars label="Page views by viewport class" bars={viewports.map((row) => ({ name: viewport(row.viewport), value: row.views }))} />
                )}
              </section>
            </div>
            <Export
              site={session.site}
              tables={[
                { what: "Pages", endpoint: "pages", parameters: { ...window } },
                { what: "By day", endpoint: "timeseries", parameters: { ...window } },
                { what: "Countries", endpoint: "countries", parameters: { ...window, country: "" } },
                { what: "Viewports", endpoint: "viewports", parameters: { ...window, viewport: "" } },
              ]}
            />
          </>
        )}
      </Answered>
    </>
  );
}

function Totals({ pages, days }: { pages: Answers["pages"]; days: Answers["timeseries"] }) {
  const sum = (of: (row: { views: number; clicks: number }) => number) => days.reduce((all, row) => all + of(row), 0);
  const tiles: [string, number][] = [
    ["Page views", sum((day) => day.views)],
    ["Clicks and taps", sum((day) => day.clicks)],
    ["Pages shown", pages.length],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ListProps {
  session: ViewProps["session"];
  pages: Answers["pages"];
  window: Window;
  query: Record<string, string>;
  shared: boolean;
}

/** Rows drawn at once; more on request, so that a site with thousands of pages stays quick. */
const ROWS_STEP = 50;

function PageList({ session: { site, thresholds }, pages, window, query, shared }: ListProps) {
  // In the address, like the filters: it is there again on the way back, and for whoever is sent it.
  const wanted = query.search ?? "";
  const groups = query.groups === "only";
  const narrow = (change: { search?: string; groups?: string }) => replace("overview", { ...query, ...change });
  const [rows, setRows] = useState(ROWS_STEP);
  const hasGroups = pages.some((page) => page.group);
  const found = useMemo(() => {
    const text = wanted.trim().toLowerCase();
    const listed = groups && hasGroups ? pages.filter((page) => page.group) : pages;
    return text ? listed.filter((page) => page.path.toLowerCase().includes(text)) : listed;
  }, [pages, wanted, groups, hasGroups]);
  if (pages.length === 0) {
    return (
      <Empty title={`No page has ${count(thresholds.page_views)} page views in these days yet.`}>
        {shared ? (
          <p>A link shows days that are sealed, and a page once enough page views stand behind it. The last days follow once they are sealed.</p>
        ) : (
          <p>
            A page is shown once enough page views stand behind it. <a href={link("installation")}>See whether page views arrive</a>, or choose more days.
          </p>
        )}
      </Empty>
    );
  }
  return (
    <section>
      <div class="heading">
        <h2>All pages</h2>
        {hasGroups && (
          <button type="button" aria-pressed={groups} title="Pages that a rule counts as one" onClick={() => narrow({ groups: groups ? "" : "only" })}>
            Groups only
          </button>
        )}
        <label class="search">
          <span class="hidden">Search pages</span>
          <input type="search" placeholder="Search pages" value={wanted} onInput={(event) => narrow({ search: event.currentTarget.value })} />
        </label>
      </div>
      <table class="pages">
        <Head of={["Page", "By day", { number: "Page views" }, { number: "Clicks" }]} />
        <tbody>
          {found.slice(0, rows).map((page) => (
            <tr key={page.path}>
              <td>
                <a class="path" href={link("page", { ...query, path: page.path })} title={page.path}>
                  {page.path}
                </a>
                {page.group && <span class="badge">group</span>}
              </td>
              <td>
                <LazySpark site={site} path={page.path} window={window} />
              </td>
              <td class="number">{count(page.views)}</td>
              <td class="number">{count(page.clicks)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="aside">Clicks of a page are those that its map shows; the sums above have all of them.</p>
      {found.length === 0 && <p class="aside">No page has “{wanted}” in its path.</p>}
      {found.length > rows && (
        <button type="button" onClick={() => setRows(rows + ROWS_STEP)}>
          Show {Math.min(ROWS_STEP, found.length - rows)} more of {count(found.length)}
        </button>
      )}
    </section>
  );
}

/** A row's chart is asked for when the row is first seen. */
function LazySpark({ site, path, window }: { site: string; path: string; window: Window }) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    });
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const key = seen ? JSON.stringify([path, window]) : null;
  const asked = useAnswer(key, (signal) => ask(site, "timeseries", { ...window, page: path }, signal));
  return (
    <div ref={box}>
      {asked.error && (
        <span class="quiet" role="img" title={asked.error} aria-label={asked.error}>
          –
        </span>
      )}
      {asked.value && <Spark days={asked.value} from={window.from} to={window.to} />}
    </div>
  );
}
