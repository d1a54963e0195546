// The window of every question: days, viewport class, country. It stands in the address, so that a view can be kept or
// sent to a colleague who has a token.
import { useMemo } from "preact/hooks";
import { replace, type View } from "../router";
import { begun, daysOf, ended, lastDays, lastMonth, VIEWPORTS, country as nameOf, type Days } from "../words";

export interface Window extends Days {
  viewport: string;
  country: string;
}

const PRESETS: [string, () => Days][] = [
  ["7 days", () => lastDays(7)],
  ["30 days", () => lastDays(30)],
  ["90 days", () => lastDays(90)],
  ["Last month", lastMonth],
];

/** The window that an address names; 30 days where it names none. */
export function windowOf(query: Record<string, string>): Window {
  return {
    ...daysOf(query.from, query.to, lastDays(30)),
    viewport: query.viewport ?? "",
    country: query.country ?? "",
  };
}

interface Props {
  view: View;
  query: Record<string, string>;
  countries?: string[];
}

export function Filters({ view, query, countries }: Props) {
  const window = windowOf(query);
  const set = (change: Partial<Window>) => replace(view, { ...query, ...change });
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
      <div class="presets" role="group" aria-label="Days">
        {PRESETS.map(([text, days]) => {
          const { from, to } = days();
          const chosen = from === window.from && to === window.to;
          return (
            <button key={text} type="button" aria-pressed={chosen} onClick={() => set({ from, to })}>
              {text}
            </button>
          );
        })}
      </div>
      <label>
        From
        <input type="date" value={window.from} onChange={(event) => set(begun(window, event.currentTarget.value))} />
      </label>
      <label>
        To
        <input type="date" value={window.to} onChange={(event) => set(ended(window, event.currentTarget.value))} />
      </label>
      <Narrowing chosen={window} choose={set} countries={countries} />
    </form>
  );
}

interface NarrowingProps {
  chosen: Pick<Window, "viewport" | "country">;
  choose: (change: Partial<Window>) => void;
  countries: string[] | undefined;
}

/** What page views can be narrowed to besides days; by country only where countries are known. */
export function Narrowing({ chosen, choose, countries }: NarrowingProps) {
  const codes = useMemo(
    () => [...new Set([...(countries ?? []), ...(chosen.country ? [chosen.country] : [])])].filter((code) => code !== "ZZ"),
    [countries, chosen.country],
  );
  return (
    <>
      <label>
        Viewport
        <select value={chosen.viewport} onChange={(event) => choose({ viewport: event.currentTarget.value })}>
          <option value="">All</option>
          {VIEWPORTS.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {countries && (
        <label>
          Country
          <select value={chosen.country} onChange={(event) => choose({ country: event.currentTarget.value })}>
            <option value="">All</option>
            {codes.map((code) => (
              <option key={code} value={code}>
                {nameOf(code)}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}
