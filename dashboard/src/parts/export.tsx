// The questions of a view in other forms, as downloads.
import { useState } from "preact/hooks";
import { fileOf, type Saved } from "../api";
import type { Endpoint } from "../api-types";
import { messageOf } from "../answer";
import { count } from "../words";

/** A table that can be taken away: what it is called, and how it is asked for. */
export interface Exported {
  what: string;
  endpoint: Endpoint;
  parameters: Record<string, string>;
  /** Whether it can be had as a picture. */
  drawn?: boolean;
}

const FORMS: [string, string, string, string][] = [
  ["CSV", "csv", "text/csv", "For spreadsheets"],
  ["JSON", "json", "application/json", "As the API answers"],
  ["Arrow", "arrows", "application/vnd.apache.arrow.stream", "For data frames: pandas, Polars, DuckDB"],
  ["PNG", "png", "image/png", "At most 1,200 x 8,000 px; taller pages are scaled down, the tallest in parts"],
];

export function Export({ site, tables }: { site: string; tables: [Exported, ...Exported[]] }) {
  const [chosen, choose] = useState(0);
  const [failure, setFailure] = useState<string>();
  const [cut, setCut] = useState<Saved["cut"]>();
  const table = tables[chosen] ?? tables[0];
  /** A picture may begin further down, at `top` px of the page. */
  const save = async (accept: string, ending: string, top?: number) => {
    setFailure(undefined);
    setCut(undefined);
    try {
      const { blob, cut } = await fileOf(site, table.endpoint, { ...table.parameters, ...(top !== undefined && { top: String(top) }) }, accept);
      setCut(cut);
      const url = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: url, download: `${nameOf(site, table)}${top === undefined ? "" : `_from-${top}`}.${ending}` }).click();
      URL.revokeObjectURL(url);
    } catch (error) {
      setFailure(messageOf(error));
    }
  };
  return (
    <section class="export">
      <h2>Export</h2>
      {tables.length > 1 && (
        <label>
          <span class="hidden">What to export</span>
          <select value={chosen} onChange={(event) => choose(Number(event.currentTarget.value))}>
            {tables.map(({ what }, at) => (
              <option key={what} value={at}>
                {what}
              </option>
            ))}
          </select>
        </label>
      )}
      {FORMS.filter(([name]) => table.drawn || name !== "PNG").map(([name, ending, accept, title]) => (
        <button key={name} type="button" title={title} onClick={() => void save(accept, ending)}>
          {name}
        </button>
      ))}
      {cut && (
        <p role="status">
          The picture ends at {count(cut.at)} px: the page's heat goes on to {count(cut.of)} px, too far for one picture.{" "}
          <button type="button" onClick={() => void save("image/png", "png", cut.at)}>
            Save the next part
          </button>
        </p>
      )}
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
    </section>
  );
}

/** Says what is in the file: site, table, page, layer, filters, days. */
function nameOf(site: string, { endpoint, parameters }: Exported): string {
  const named = ["page", "layer", "variants", "viewport", "country", "from", "to", "from_a", "to_a", "from_b", "to_b"];
  const parts = [site, endpoint, ...named.map((name) => parameters[name] ?? "")];
  return parts.map((part) => part.replaceAll(/[^A-Za-z0-9-]+/g, "-").replaceAll(/^-+|-+$/g, "")).filter(Boolean).join("_").slice(0, 120);
}
