// Page views by day: a chart with axes, and a small one for a row of a table.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { byDay, type Day } from "../by-day";
import { count } from "../words";

const HEIGHT_PX = 200;

interface Props {
  days: Day[];
  from: string;
  to: string;
}

export function Series({ days, from, to }: Props) {
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
          { label: "Day", value: "{YYYY}-{MM}-{DD}" },
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
          {count(sums.spread)} of these page views are kept for several days together, because counts are kept of ten page views
          or more. The chart spreads them evenly over their days.
        </p>
      )}
    </>
  );
}

const line = (label: string, stroke: string): uPlot.Series => ({
  label,
  stroke,
  width: 2,
  points: { size: 5, fill: stroke },
  value: (_plot, value) => (value === null ? "–" : count(Math.round(value))),
});

export function Spark({ days, from, to }: Props) {
  const { views } = byDay(days, from, to);
  const most = Math.max(1, ...views.map((value) => value ?? 0));
  const step = 100 / Math.max(1, views.length - 1);
  const y = (value: number) => (22 - (20 * value) / most).toFixed(1);
  let path = "";
  let drawing = false;
  views.forEach((value, at) => {
    // A day alone between gaps is a dot.
    if (value !== null) path += drawing ? `L${(at * step).toFixed(1)} ${y(value)}` : `M${(at * step).toFixed(1)} ${y(value)}h0`;
    drawing = value !== null;
  });
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <path d={path} fill="none" stroke-linecap="round" vector-effect="non-scaling-stroke" />
    </svg>
  );
}
