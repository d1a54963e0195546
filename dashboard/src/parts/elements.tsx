// The elements of a page by what people did with them; sortable, and findable by name.
import { useMemo, useState } from "preact/hooks";
import type { ElementRates, Heatmap } from "../api-types";
import type { Layered } from "../layers";
import { count, share } from "../words";
import { Empty } from "./notice";

interface Row {
  anchor: string;
  clicks: number;
  rate: number;
  exposure: number | null;
  attraction: number | null;
  rage: number | null;
  dead: number | null;
}

type Column = keyof Row;

const SEEN: [Column, string, string] = ["exposure", "Seen", "Share of page views in which its middle was visible"];

/** Where a layer is of what is seen, its own rate says it. */
const columnsOf = ({ number, rate, unplaced }: Layered): [Column, string, string][] => [
  ["anchor", "Element", "A short selector: data-isotherm name, id, or the shortest stable path"],
  ["clicks", ...number],
  ["rate", ...rate],
  ...(unplaced ? [] : [SEEN]),
  ["attraction", "Clicked given seen", "Of the page views that saw it, the share that clicked it"],
  ["rage", "Rage", "Of the page views that clicked it, the share with a rage click"],
  ["dead", "Dead", "Of the page views that clicked it, the share with a dead click"],
];

const ROWS_MAX = 100;

interface Props {
  heat: Heatmap;
  rates: ElementRates[];
  layer: Layered;
}

export function ElementList({ heat, rates, layer }: Props) {
  const [by, setBy] = useState<Column>("clicks");
  const [up, setUp] = useState(false);
  const rows = useMemo(() => sorted(rowsOf(heat, rates), by, up), [heat, rates, by, up]);
  if (rows.length === 0) return <Empty title="No element has enough page views behind it in these days." />;
  const turn = (column: Column) => {
    setUp(column === by ? !up : column === "anchor");
    setBy(column);
  };
  return (
    <div class="scrolling" tabIndex={0} role="region" aria-label={`Elements by ${layer.text.toLowerCase()}`}>
      <table class="elements">
        <thead>
          <tr>
            {columnsOf(layer).map(([name, text, title]) => (
              <th key={name} scope="col" class={name === "anchor" ? "" : "number"} aria-sort={name === by ? (up ? "ascending" : "descending") : "none"}>
                <button type="button" class="plain" title={title} onClick={() => turn(name)}>
                  {text}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row) => (
            <tr key={row.anchor}>
              <td>
                <code>{row.anchor}</code>
              </td>
              <td class="number">{count(row.clicks)}</td>
              <td class="number">{share(row.rate)}</td>
              {!layer.unplaced && <td class="number">{share(row.exposure)}</td>}
              <td class="number">{share(row.attraction)}</td>
              <td class="number">{share(row.rage)}</td>
              <td class="number">{share(row.dead)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_MAX && <p class="aside">The first {ROWS_MAX} of {count(rows.length)}; the export has all of them.</p>}
    </div>
  );
}

function rowsOf(heat: Heatmap, rates: ElementRates[]): Row[] {
  const known = new Map(rates.map((row) => [row.anchor, row]));
  return heat.elements.map((element) => {
    const rates = known.get(element.anchor);
    return {
      anchor: element.anchor,
      clicks: element.clicks,
      rate: element.rate,
      exposure: rates?.exposure_rate ?? null,
      attraction: rates?.attractiveness ?? null,
      rage: rates?.rage_share ?? null,
      dead: rates?.dead_share ?? null,
    };
  });
}

function sorted(rows: Row[], by: Column, up: boolean): Row[] {
  const turn = up ? 1 : -1;
  return rows.sort((one, other) => {
    const [left, right] = [one[by] ?? -1, other[by] ?? -1];
    return turn * (typeof left === "string" ? left.localeCompare(String(right)) : left - Number(right));
  });
}
