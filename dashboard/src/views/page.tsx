// One page: where it is clicked, how deep it is seen, which elements draw people in.
import { useState } from "preact/hooks";
import { ask, fileOf, heat as heatOf, type Saved } from "../api";
import type { Heatmap, Layer, Scroll } from "../api-types";
import { messageOf, useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Attention } from "../parts/attention";
import { ElementList } from "../parts/elements";
import { Filters, windowOf } from "../parts/filters";
import { HeatMap } from "../parts/heat-map";
import { Empty } from "../parts/notice";
import { OpenOnPage } from "../parts/open-on-page";
import { Reach } from "../parts/reach";
import { Series } from "../parts/series";
import { link, replace } from "../router";
import { count, WIDTH_PX, withheld } from "../words";
import type { ViewProps } from "./view";

const LAYERS: [string, Layer | "click,tap", string][] = [
  ["Clicks and taps", "click,tap", "Mouse, pen, keyboard and touch."],
  ["Clicks", "click", "Mouse, pen and keyboard."],
  ["Taps", "tap", "Touch."],
  ["Rage clicks", "rage", "Three clicks in one place, each within a second of the last."],
  ["Dead clicks", "dead", "Clicks after which nothing happened."],
];

interface Props extends ViewProps {
  /** Set for who came by a link, with what it shows. */
  shared?: "site" | "page";
}

export function Page({ session, query, shared }: Props) {
  const path = query.path ?? "/";
  const layer = query.layer ?? "click,tap";
  const window = windowOf(query);
  const key = JSON.stringify([path, layer, window]);
  const asked = useAnswer(key, async (signal) => {
    const [heat, scroll, elements, days, countries] = await Promise.all([
      heatOf(session.site, { ...window, page: path, layer }, signal),
      ask(session.site, "scroll", { ...window, page: path }, signal),
      ask(session.site, "elements", { ...window, page: path }, signal),
      ask(session.site, "timeseries", { ...window, page: path }, signal),
      ask(session.site, "countries", { from: window.from, to: window.to, page: path }, signal),
    ]);
    return { heat, scroll, elements, days, countries };
  });
  const codes = asked.value?.countries.map((row) => row.country) ?? [];
  return (
    <>
      {shared !== "page" && (
        <p class="crumb">
          <a href={link("overview", { ...query, path: undefined, layer: undefined })}>All pages</a>
        </p>
      )}
      <div class="heading">
        <h1>{path}</h1>
        {!shared && (
          <div class="actions">
            {session.scope === "admin" && <a href={link("access", { share: path })}>Share</a>}
            <a href={link("compare", { path })}>Compare</a>
            <OpenOnPage key={path} session={session} path={path} layer={layer} window={window} />
          </div>
        )}
      </div>
      <Filters view="page" query={query} countries={codes} />
      <Answered asked={asked} what="the page">
        {({ heat, scroll, elements, days }) =>
          heat.withheld?.reason === "below_threshold" ? (
            <Empty title={withheld(heat.withheld)} />
          ) : (
            <>
              <Covered heat={heat} />
              <LayerSwitch layer={layer} choose={(next) => replace("page", { ...query, layer: next })} />
              <div class="columns wide-left">
                <HeatMap cells={heat.cells} widthPx={WIDTH_PX[window.viewport] ?? 1440} fold={scroll.fold} />
                <section>
                  <h2>Elements</h2>
                  <ElementList heat={heat} rates={elements.elements} />
                </section>
              </div>
              <Depth scroll={scroll} />
              <Attention scroll={scroll} />
              {days.length > 1 && (
                <section>
                  <h2>By day</h2>
                  <Series days={days} from={window.from} to={window.to} />
                </section>
              )}
              <Export site={session.site} parameters={{ ...window, page: path, layer }} />
            </>
          )
        }
      </Answered>
    </>
  );
}

function Covered({ heat }: { heat: Heatmap }) {
  return (
    <p class="covered">
      <strong>{count(heat.views)}</strong> page views, {heat.from} to {heat.to} (UTC).
      {heat.withheld && ` ${withheld(heat.withheld)}`}
    </p>
  );
}

function LayerSwitch({ layer, choose }: { layer: string; choose: (layer: string) => void }) {
  return (
    <div class="presets" role="group" aria-label="Layer">
      {LAYERS.map(([text, name, title]) => (
        <button key={name} type="button" title={title} aria-pressed={layer === name} onClick={() => choose(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}

function Depth({ scroll }: { scroll: Scroll }) {
  return (
    <section>
      <h2>Scroll depth</h2>
      <Reach scroll={scroll} />
    </section>
  );
}

/** The same question in other forms, as downloads. */
function Export({ site, parameters }: { site: string; parameters: Record<string, string> }) {
  const [failure, setFailure] = useState<string>();
  const [cut, setCut] = useState<Saved["cut"]>();
  const save = async (accept: string, name: string) => {
    setFailure(undefined);
    setCut(undefined);
    try {
      const { blob, cut } = await fileOf(site, "heatmap", parameters, accept);
      setCut(cut);
      const url = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: url, download: name }).click();
      URL.revokeObjectURL(url);
    } catch (error) {
      setFailure(messageOf(error));
    }
  };
  const name = `${site}${parameters.page?.replaceAll(/[/*]/g, "-")}`;
  return (
    <section class="export">
      <h2>Export</h2>
      <button type="button" onClick={() => save("text/csv", `${name}.csv`)}>
        CSV
      </button>
      <button type="button" onClick={() => save("application/json", `${name}.json`)}>
        JSON
      </button>
      <button type="button" title="For data frames: pandas, Polars, DuckDB" onClick={() => save("application/vnd.apache.arrow.stream", `${name}.arrows`)}>
        Arrow
      </button>
      <button type="button" title="At most 1,200 x 8,000 px; taller pages are scaled down" onClick={() => save("image/png", `${name}.png`)}>
        PNG
      </button>
      {cut && (
        <p role="status">
          The picture ends at {count(cut.at)} px: the page's heat goes on to {count(cut.of)} px, too far for one picture. The map above and the other forms
          have all of it.
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
