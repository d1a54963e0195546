// Two periods, or two variants, of one page: what changed, and whether it could be chance.
import { useState } from "preact/hooks";
import { ask } from "../api";
import type { Compared, Comparison } from "../api-types";
import { useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Export } from "../parts/export";
import { Narrowing } from "../parts/filters";
import { Empty } from "../parts/notice";
import { Head, Sideways } from "../parts/table";
import { replace } from "../router";
import { begun, count, daysOf, ended, lastDays, points, share, withheld, type Days } from "../words";
import type { ViewProps } from "./view";

const DAY_MS = 86_400_000;

/** As many days as these, just before them. */
function before({ from, to }: Days): Days {
  const end = Date.parse(from) - DAY_MS;
  const days = [end - (Date.parse(to) - Date.parse(from)), end].map((time) => new Date(time).toISOString().slice(0, 10));
  return { from: days[0] ?? from, to: days[1] ?? from };
}

/** What an address names: the page, what it is narrowed to, and two periods, or two variants in one. */
function askedBy(query: Record<string, string>) {
  const b = daysOf(query.from_b, query.to_b, lastDays(14));
  const a = daysOf(query.from_a, query.to_a, before(b));
  const window = daysOf(query.from, query.to, lastDays(30));
  const variants = query.variants;
  const narrowed = { viewport: query.viewport ?? "", country: query.country ?? "" };
  const of = { page: query.path ?? "/", ...narrowed };
  const parameters: Record<string, string> = variants
    ? { ...of, variants, ...window }
    : { ...of, from_a: a.from, to_a: a.to, from_b: b.from, to_b: b.to };
  // A variant is counted as a page of its own; the countries to choose from are then the site's.
  const periods = variants ? [window] : [a, b];
  const from = periods.map((days) => days.from).sort()[0] ?? "";
  const to = periods.map((days) => days.to).sort().at(-1) ?? "";
  return { a, b, window, variants, narrowed, parameters, whence: { from, to, page: variants ? "" : of.page } };
}

export function Compare({ session, query }: ViewProps) {
  const { variants, parameters, whence } = askedBy(query);
  const asked = useAnswer(JSON.stringify(parameters), async (signal) => {
    const [comparison, countries] = await Promise.all([
      ask(session.site, "compare", parameters, signal),
      ask(session.site, "countries", whence, signal),
    ]);
    return { comparison, countries };
  });
  return (
    <>
      <h1>Compare</h1>
      <What query={query} countries={asked.value?.countries.map((row) => row.country) ?? []} />
      <Answered asked={asked} what="both sides">
        {({ comparison }) => (
          <>
            <Told comparison={comparison} variants={Boolean(variants)} />
            {!isTooFew(comparison) && <Export site={session.site} tables={[{ what: "Comparison", endpoint: "compare", parameters }]} />}
          </>
        )}
      </Answered>
    </>
  );
}

function What({ query, countries }: { query: Record<string, string>; countries: string[] }) {
  const { a, b, window, variants, narrowed, parameters } = askedBy(query);
  const [text, setText] = useState(parameters.page ?? "/");
  const set = (change: Record<string, string>) => replace("compare", { ...query, ...change });
  // A field that goes with its view loses the focus, too: without a change that must not bring the view back.
  const take = () => text !== parameters.page && set({ path: text });
  const days = (side: string, { from, to }: Days) => {
    const choose = (changed: Days) => set({ [`from${side}`]: changed.from, [`to${side}`]: changed.to });
    const input = (label: string, value: string, change: (day: string) => Days) => (
      <label>
        {label}
        <input type="date" value={value} onChange={(event) => choose(change(event.currentTarget.value))} />
      </label>
    );
    return (
      <>
        {input("From", from, (day) => begun({ from, to }, day))}
        {input("To", to, (day) => ended({ from, to }, day))}
      </>
    );
  };
  return (
    <form class="filters" onSubmit={(event) => (event.preventDefault(), set({ path: text }))} aria-label="What to compare">
      <label class="wide">
        Page
        <input value={text} onInput={(event) => setText(event.currentTarget.value)} onBlur={take} spellcheck={false} />
      </label>
      <button type="submit">Compare</button>
      <div class="presets" role="group" aria-label="Compare what">
        <button type="button" aria-pressed={!variants} onClick={() => set({ variants: "" })}>
          Two periods
        </button>
        <button type="button" aria-pressed={Boolean(variants)} onClick={() => set({ variants: variants ?? "a,b" })}>
          Two variants
        </button>
      </div>
      <Narrowing chosen={narrowed} choose={set} countries={countries} />
      {variants ? (
        <div class="sides">
          <Variants chosen={variants} choose={(names) => set({ variants: names })} />
          <fieldset>
            <legend>Days</legend>
            {days("", window)}
          </fieldset>
        </div>
      ) : (
        <div class="sides">
          <fieldset>
            <legend>A</legend>
            {days("_a", a)}
          </fieldset>
          <fieldset>
            <legend>B</legend>
            {days("_b", b)}
          </fieldset>
        </div>
      )}
    </form>
  );
}

const isTooFew = ({ withheld: held }: Comparison): boolean => held?.reason === "below_threshold";

function Told({ comparison, variants }: { comparison: Comparison; variants: boolean }) {
  const { a, b, elements, withheld: held } = comparison;
  if (held && isTooFew(comparison)) {
    return (
      <Empty title={`Not enough yet: each side is shown from ${held.needed} page views on. Try more days, or fewer filters.`}>
        <p>
          A has {count(a.views)} page views that can be told, B has {count(b.views)}.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <p class="covered">
        A{variants && ` (${a.page})`}: <strong>{count(a.views)}</strong> page views, {a.from} to {a.to}. B{variants && ` (${b.page})`}:{" "}
        <strong>{count(b.views)}</strong>, {b.from} to {b.to}.{held && ` ${withheld(held)}`}
      </p>
      {elements.length === 0 ? <Empty title="No element has enough page views in both." /> : <Differences rows={elements} />}
    </>
  );
}

/** As `data-variant` of the tag names them; without it a page view has none. */
const NAMES = [..."abcdefgh", "none"];

function Variants({ chosen, choose }: { chosen: string; choose: (names: string) => void }) {
  const [a = "a", b = "b"] = chosen.split(",");
  const side = (label: string, value: string, other: string, set: (name: string) => void) => (
    <label>
      {label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        {NAMES.filter((name) => name !== other).map((name) => (
          <option key={name} value={name}>
            {name === "none" ? "no variant" : `variant ${name}`}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <fieldset>
      <legend>Variants</legend>
      {side("A", a, b, (name) => choose(`${name},${b}`))}
      {side("B", b, a, (name) => choose(`${a},${name}`))}
    </fieldset>
  );
}

function Differences({ rows }: { rows: Compared[] }) {
  const most = Math.max(0.01, ...rows.map((row) => Math.max(Math.abs(row.low), Math.abs(row.high))));
  const at = (value: number) => 50 + (48 * value) / most;
  return (
    <Sideways label="Differences by element">
      <table class="differences">
        <caption>Click rate by element: share of page views with a click on it. The bar is the 95 % interval of B minus A.</caption>
        <Head of={["Element", { number: "A" }, { number: "B" }, { number: "B − A, points" }, "Interval", "Reading"]} />
        <tbody>
          {rows.map((row) => (
            <tr key={row.anchor}>
              <td>
                <code>{row.anchor}</code>
              </td>
              <td class="number">{share(row.a.rate)}</td>
              <td class="number">{share(row.b.rate)}</td>
              <td class="number">{points(row.difference)}</td>
              <td>
                <svg class="interval" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={`${points(row.low)} to ${points(row.high)} points`}>
                  <line x1="50" x2="50" y1="0" y2="12" />
                  <rect class={row.significant ? "sure" : ""} x={at(row.low)} width={Math.max(0.8, at(row.high) - at(row.low))} y="4" height="4" />
                </svg>
              </td>
              <td>{row.significant ? (row.difference > 0 ? "More in B" : "Less in B") : "Could be chance"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}
