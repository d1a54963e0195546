// The countries of a site: a map, and the same as a list.
import { ApiError } from "../api";
import { useAnswer } from "../answer";
import { count, country as nameOf } from "../words";
import { Failure } from "./notice";
import { Head } from "./table";

interface Row {
  country: string;
  views: number;
  clicks: number;
}

interface Outlines {
  width: number;
  height: number;
  outlines: Record<string, string>;
}

/** The outlines are a third of all the code, so they come when a map is first drawn. */
let outlines: Promise<Outlines> | undefined;
const load = () => (outlines ??= import("../../assets/world.json").then((world) => world.default as Outlines, forget));

/** What did not come is asked for again when a map is next drawn. */
function forget(): never {
  outlines = undefined;
  throw new ApiError(0, "The map's outlines did not come. The list says the same.");
}

interface Props {
  rows: Row[];
  chosen: string;
  choose: (code: string) => void;
}

export function World({ rows, chosen, choose }: Props) {
  const { value: world, error, again } = useAnswer("outlines", load);
  const most = Math.max(1, ...rows.filter((row) => row.country !== "ZZ").map((row) => row.views));
  const known = new Map(rows.map((row) => [row.country, row.views]));
  // Shares are told apart by strength alone, which holds in both colour schemes and for every eye.
  const colour = (views: number) => `color-mix(in oklab, var(--accent) ${Math.round(25 + 75 * Math.sqrt(views / most))}%, var(--line))`;
  return (
    <div class="world">
      {error && <Failure message={error} again={again} />}
      {world && (
        <svg viewBox={`0 0 ${world.width} ${world.height}`} role="img" aria-label="Countries by page views; the list says the same">
          {Object.entries(world.outlines).map(([code, path]) => {
            const views = known.get(code);
            return (
              <path key={code} d={path} {...(views ? { style: { fill: colour(views) } } : {})}>
                <title>{views ? `${nameOf(code)}: ${count(views)} page views` : nameOf(code)}</title>
              </path>
            );
          })}
        </svg>
      )}
      <table>
        <Head of={["Country", { number: "Page views" }, { number: "Clicks" }]} />
        <tbody>
          {rows.map((row) => (
            <tr key={row.country} aria-current={row.country === chosen ? "true" : undefined}>
              <td>
                {row.country === "ZZ" ? (
                  nameOf(row.country)
                ) : (
                  <button type="button" class="plain" onClick={() => choose(row.country === chosen ? "" : row.country)}>
                    {nameOf(row.country)}
                  </button>
                )}
              </td>
              <td class="number">{count(row.views)}</td>
              <td class="number">{count(row.clicks)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
