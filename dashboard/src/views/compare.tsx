// Two periods, or two variants, of one page: what changed, and whether it could be chance.
import { useState } from "preact/hooks";
import { ask } from "../api";
import type { Compared } from "../api-types";
import { useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Empty } from "../parts/notice";
import { Head, Sideways } from "../parts/table";
import { replace } from "../router";
import { begun, count, daysOf, ended, lastDays, points, share, type Days } from "../words";
import type { ViewProps } from "./view";

const DAY_MS = 86_400_000;
const before = (day: string, days: number) => new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);

export function Compare({ session, query }: ViewProps) {
  const now = lastDays(14);
  const path = query.path ?? "/";
  const b = daysOf(query.from_b, query.to_b, now);
  const a = daysOf(query.from_a, query.to_a, { from: before(b.from, 14), to: before(b.from, 1) });
  const [text, setText] = useState(path);
  const variants = query.variants;
  const window = daysOf(query.from, query.to, lastDays(30));
  const parameters = variants
    ? { page: path, variants, ...window }
    : { page: path, from_a: a.from, to_a: a.to, from_b: b.from, to_b: b.to };
  const asked = useAnswer(JSON.stringify(parameters), (signal) => ask(session.site, "compare", parameters, signal));
  const set = (change: Record<string, string>) => replace("compare", { ...query, ...change });
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
    <>
      <h1>Compare</h1>
      <form class="filters" onSubmit={(event) => (event.preventDefault(), set({ path: text }))} aria-label="What to compare">
        <label class="wide">
          Page
          <input value={text} onInput={(event) => setText(event.currentTarget.value)} onBlur={() => set({ path: text })} spellcheck={false} />
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
      <Answered asked={asked} what="both sides">
        {(comparison) =>
          comparison.withheld?.reason === "below_threshold" ? (
            <Empty title={`Not enough yet: each side is shown from ${comparison.withheld.needed} page views on. Try more days.`}>
              <p>
                A has {count(comparison.a.views)} page views that can be told, B has {count(comparison.b.views)}.
              </p>
            </Empty>
          ) : (
            <>
              <p class="covered">
                A{variants && ` (${comparison.a.page})`}: <strong>{count(comparison.a.views)}</strong> page views, {comparison.a.from} to {comparison.a.to}. B
                {variants && ` (${comparison.b.page})`}: <strong>{count(comparison.b.views)}</strong>, {comparison.b.from} to {comparison.b.to}.
              </p>
              {comparison.elements.length === 0 ? (
                <Empty title="No element has enough page views in both." />
              ) : (
                <Differences rows={comparison.elements} />
              )}
            </>
          )
        }
      </Answered>
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
