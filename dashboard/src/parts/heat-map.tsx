// The page's grid with its heat, scrolled like the page. The canvas has a pixel per bin and is stretched, so that a page of
// any height is drawn whole.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HeatCell } from "../api-types";
import { BIN_PX, gridOf } from "../heat/grid";
import { paint, RAMP } from "../heat/paint";
import { count } from "../words";
import { Folds, type Fold } from "./folds";

/** Room below the lowest heat, px, so that it does not end at the edge. */
const FOOT_PX = 160;
/** A page without heat far down is still shown this tall, px. */
const HEIGHT_MIN_PX = 900;

interface Props {
  cells: HeatCell[];
  /** What is counted at a place. */
  what: string;
  widthPx: number;
  fold: Fold;
}

interface Pointed {
  x: number;
  y: number;
  text: string;
}

export function HeatMap({ cells, what, widthPx, fold }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scale, setScale] = useState(0);
  const [pointed, setPointed] = useState<Pointed>();
  const size = useMemo(() => {
    let width = widthPx;
    let height = HEIGHT_MIN_PX;
    for (const cell of cells) {
      width = Math.max(width, cell.x * BIN_PX + cell.px);
      height = Math.max(height, cell.y * BIN_PX + cell.px + FOOT_PX);
    }
    return { width, height };
  }, [cells, widthPx]);
  const grid = useMemo(() => gridOf(cells, size.width, size.height), [cells, size]);

  useEffect(() => {
    const host = box.current;
    if (!host) return;
    const watch = new ResizeObserver(() => setScale(Math.min(1, host.clientWidth / size.width)));
    watch.observe(host);
    return () => watch.disconnect();
  }, [size]);

  useEffect(() => {
    if (canvas.current) paint(canvas.current, grid);
  }, [grid]);

  const point = (event: PointerEvent) => {
    const host = box.current;
    if (!host || scale === 0) return;
    const frame = host.getBoundingClientRect();
    const left = event.clientX - frame.left;
    const top = event.clientY - frame.top + host.scrollTop;
    const column = left / scale / BIN_PX;
    const row = top / scale / BIN_PX;
    const under = cells.find(({ x, y, px }) => column >= x && row >= y && column < x + px / BIN_PX && row < y + px / BIN_PX);
    setPointed(under && { x: left, y: top, text: `${count(under.n)} ${what} in ${count(under.views)} page views (${under.px} px)` });
  };

  return (
    <figure class="heat">
      <div class="page" ref={box} tabIndex={0} role="region" aria-label="Heat on the page's grid" onPointerMove={point} onPointerLeave={() => setPointed(undefined)}>
        <div class="paper" style={{ height: `${size.height * scale}px`, width: `${size.width * scale}px` }}>
          <canvas
            ref={canvas}
            style={{ width: `${grid.columns * grid.binPx * scale}px`, height: `${grid.rows * grid.binPx * scale}px` }}
            role="img" aria-label={`Heat of ${cells.length} places; the list of elements says the same in numbers`}
          />
          <Folds fold={fold} topOf={(px) => `${px * scale}px`} />
          {pointed && (
            <output class="tip" style={{ left: `${pointed.x}px`, top: `${pointed.y}px` }}>
              {pointed.text}
            </output>
          )}
        </div>
      </div>
      <figcaption>
        <Legend />
        <span>Page views at a place, relative to the hottest. {count(size.width)} px wide, drawn at {Math.round(scale * 100)} %.</span>
      </figcaption>
    </figure>
  );
}

export function Legend() {
  return (
    <span class="legend" aria-hidden="true">
      low
      <svg viewBox="0 0 60 10" width="72" height="12">
        {RAMP.map((colour, at) => (
          <rect key={colour} x={at * 10} width="10.2" height="10" style={{ fill: colour.slice(0, 7) }} />
        ))}
      </svg>
      high
    </span>
  );
}
