// Sums by day, out of rows of which some stand for several days: a cohort is kept as a whole, however long it took until it was
// large enough.

export interface Day {
  day: string;
  /** The last day, where it is another one. */
  to?: string | null | undefined;
  views: number;
  clicks: number;
}

export interface ByDay {
  /** Midnights, s since 1970. */
  at: number[];
  /** Null where nothing is shown: the day may hold too few page views. */
  views: (number | null)[];
  clicks: (number | null)[];
  /** Page views of rows of several days, each spread evenly over its days. */
  spread: number;
}

const DAY_MS = 86_400_000;

/** All days of a window. Their sum is that of the rows that lie in it. */
export function byDay(days: Day[], from: string, to: string): ByDay {
  const first = Date.parse(from);
  const length = Math.max(0, (Date.parse(to) - first) / DAY_MS + 1);
  const nothing = (): (number | null)[] => Array.from({ length }, () => null);
  const sums: ByDay = { at: Array.from({ length }, (_, i) => first / 1000 + (i * DAY_MS) / 1000), views: nothing(), clicks: nothing(), spread: 0 };
  for (const { day, to: last, views, clicks } of days) {
    const [begin, end] = [day, last ?? day].map((text) => (Date.parse(text) - first) / DAY_MS) as [number, number];
    const width = end - begin + 1;
    if (width > 1) sums.spread += views;
    for (let i = Math.max(0, begin); i <= Math.min(end, length - 1); i++) {
      sums.views[i] = (sums.views[i] ?? 0) + views / width;
      sums.clicks[i] = (sums.clicks[i] ?? 0) + clicks / width;
    }
  }
  return sums;
}
