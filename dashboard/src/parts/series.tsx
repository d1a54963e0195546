// Page views by day: a chart with axes, and a small one for a row of a table.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { byDay, type Day } from "../by-day";
import { count } from "../words";
import { DayTable } from "./by-day";

const HEIGHT_PX = 200;

interface Props {
  days: Day[];
  from: string;
  to: string;
  /** What is counted is of one country: kept by month. */
  country?: string | null | undefined;
}

export function Series({ days, from, to, country }: Props) {
  const sums = useMemo(() => byDay(days, from, to), [days, from, to]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = box.current;
    if (!host) return;
    const colour = (name: string) => getComputedStyle(host).getPropertyValue(name).trim();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const chart = new uPlot(
      {
        width: host.clientWidth,
        height: HEIGHT_PX,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(10, high * 1.08)] } },
        axes: [axis, { ...axis, size: 56, values: (_plot, ticks) => ticks.map(count) }],
        series: [
          { label: "Day", value: (_plot, at) => (at === null ? "–" : new Date(at * 1000).toISOString().slice(0, 10)) },
          line("Page views", colour("--accent")),
          line("Clicks", colour("--warm")),
        ],
      },
      [sums.at, sums.views, sums.clicks],
      host,
    );
    const watch = new ResizeObserver(() => chart.setSize({ width: host.clientWidth, height: HEIGHT_PX }));
    watch.observe(host);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [sums]);
  const all = days.reduce((sum, day) => sum + day.views, 0);
  const shown = sums.views.filter((value) => value !== null).length;
  const text = `Page views and clicks by day from ${from} to ${to}: ${count(all)} page views on ${shown} days shown.`;
  return (
    <>
      <div class="series" ref={box} role="img" aria-label={text} />
      {sums.spread > 0 && (
        <p class="quiet">
          {count(sums.spread)} of these page views are kept for several days together, because{" "}
          {country ? "no count is kept of a country and a day: a country's are by month" : "counts are kept of ten page views or more"}.
          The chart spreads them evenly over their days.
        </p>
      )}
      <DayTable days={days} />
    </>
  );
}

const line = (label: string, stroke: string): uPlot.Series => ({
  label,
  stroke,
  width: 2,
  // Where there is no room for all of them, a day alone between gaps is still a point: no line would show it.
  points: { size: 5, fill: stroke, filter: (plot, at, all) => (all ? null : alone(plot.data[at] ?? [])) },
  value: (_plot, value) => (value === null ? "–" : count(Math.round(value))),
});

type Values = ArrayLike<number | null | undefined>;
const isKnown = (values: Values, at: number): boolean => (values[at] ?? null) !== null;
const isAlone = (values: Values, at: number): boolean => isKnown(values, at) && !isKnown(values, at - 1) && !isKnown(values, at + 1);
const alone = (values: Values): number[] => Array.from(values, (_, at) => at).filter((at) => isAlone(values, at));

export function Spark({ days, from, to }: Props) {
  const { views } = byDay(days, from, to);
  const most = Math.max(1, ...views.map((value) => value ?? 0));
  const step = 100 / Math.max(1, views.length - 1);
  const y = (value: number) => (22 - (20 * value) / most).toFixed(1);
  let [lines, dots] = ["", ""];
  views.forEach((value, at) => {
    if (value === null) return;
    const place = `${(at * step).toFixed(1)} ${y(value)}`;
    // A day alone between gaps is a dot.
    if (isAlone(views, at)) dots += `M${place}h0`;
    else lines += `${isKnown(views, at - 1) ? "L" : "M"}${place}`;
  });
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <path d={lines} fill="none" stroke-linecap="round" vector-effect="non-scaling-stroke" />
      <path class="alone" d={dots} fill="none" stroke-linecap="round" vector-effect="non-scaling-stroke" />
    </svg>
  );
}
