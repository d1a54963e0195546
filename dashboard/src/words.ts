// Numbers, days and names as people read them.
import type { Viewport, Withheld } from "./api-types";

const numbers = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
const durations = new Intl.NumberFormat("en", { style: "unit", unit: "second", maximumFractionDigits: 1 });
const regions = new Intl.DisplayNames("en", { type: "region" });

export const count = (value: number): string => numbers.format(value);
export const share = (value: number | null): string => (value === null ? "–" : `${tenths.format(100 * value)} %`);
/** A difference of shares, in points; what rounds to nothing has no sign. */
export const points = (value: number): string => signed.format(100 * value);
export const seconds = (value: number): string => durations.format(value);
export const country = (code: string): string => (code === "ZZ" ? "Others and unknown" : (regions.of(code) ?? code));

export const VIEWPORTS: [Viewport, string][] = [
  ["phone", "Phone (below 480 px)"],
  ["phone-large", "Large phone (below 768 px)"],
  ["tablet", "Tablet (below 1,024 px)"],
  ["laptop", "Laptop (below 1,280 px)"],
  ["desktop", "Desktop (below 1,536 px)"],
  ["wide", "Wide (1,536 px and more)"],
];

export const viewport = (name: string): string =>
  (VIEWPORTS.find(([known]) => known === name)?.[1] ?? name).replace(/ \(.*/, "");

/** Width that the grid of a viewport class is drawn on, px: the same as in the API's pictures. */
export const WIDTH_PX: Record<string, number> = {
  phone: 390,
  "phone-large": 640,
  tablet: 820,
  laptop: 1180,
  desktop: 1440,
  wide: 1920,
};

/** Why something is missing, and what brings it. */
export function withheld(held: Withheld, shared = false): string {
  switch (held.reason) {
    case "below_threshold":
      if (shared) return `Not enough yet: a link shows days that are sealed, and a page from ${held.needed} page views on. The last days follow once they are sealed.`;
      return `Not enough yet: a page is shown from ${held.needed} page views on. Try more days, or fewer filters.`;
    case "below_k":
      return `Places with fewer than ${held.needed} page views behind them are not shown.`;
    case "no_whole_month":
      return "Countries of past days are kept by whole months only. Choose days that hold a whole month.";
    case "cut_cohorts":
      return "Some days are kept together with others outside this range, and are left out. Widen the range to see them.";
  }
}

const iso = (day: Date): string => day.toISOString().slice(0, 10);

/** UTC days, the first and the last. */
export interface Days {
  from: string;
  to: string;
}

const isDay = (text: string | undefined): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(text ?? ""));

/** The days that an address names; others where it names none, or none that are days in their order. */
export function daysOf(from: string | undefined, to: string | undefined, others: Days): Days {
  const days = { from: isDay(from) ? from : others.from, to: isDay(to) ? to : others.to };
  return days.from <= days.to ? days : others;
}

/** The days with another first one; the last one moves along where it would lie before. */
export const begun = ({ to }: Days, from: string): Days => ({ from, to: to < from ? from : to });
export const ended = ({ from }: Days, to: string): Days => ({ from: from > to ? to : from, to });

/** Today and some days before, in UTC, as the API counts days. */
export function lastDays(days: number, now = new Date()): Days {
  return { from: iso(new Date(now.getTime() - (days - 1) * 86_400_000)), to: iso(now) };
}

/** The UTC day so many days from now. */
export const inDays = (days: number, now = new Date()): string => iso(new Date(now.getTime() + days * 86_400_000));

export function lastMonth(now = new Date()): Days {
  const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
  const last = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 0);
  return { from: iso(new Date(first)), to: iso(new Date(last)) };
}
