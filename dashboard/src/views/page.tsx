// One page: where it is clicked, how deep it is seen, which elements draw people in.
import { ask, heat as heatOf } from "../api";
import type { Heatmap, Scroll } from "../api-types";
import { useAnswer } from "../answer";
import { LAYERS, layerOf, type Layered } from "../layers";
import { Answered } from "../parts/answered";
import { Attention } from "../parts/attention";
import { ElementList } from "../parts/elements";
import { Export } from "../parts/export";
import { Filters, windowOf, type Window } from "../parts/filters";
import type { Fold } from "../parts/folds";
import { HeatMap } from "../parts/heat-map";
import { NotEnough } from "../parts/not-enough";
import { Empty } from "../parts/notice";
import { OpenOnPage } from "../parts/open-on-page";
import { Reach } from "../parts/reach";
import { Series } from "../parts/series";
import { link, replace } from "../router";
import { count, WIDTH_PX, withheld } from "../words";
import type { ViewProps } from "./view";

interface Props extends ViewProps {
  /** Set for who came by a link, with what it shows. */
  shared?: "site" | "page";
}

export function Page({ session, query, shared }: Props) {
  const path = query.path ?? "/";
  const layer = layerOf(query.layer);
  const window = windowOf(query);
  const key = JSON.stringify([path, layer.name, window]);
  const asked = useAnswer(key, async (signal) => {
    const [heat, scroll, elements, days, countries] = await Promise.all([
      heatOf(session.site, { ...window, page: path, layer: layer.name }, signal),
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
        <h1 title={path}>
          <span class="path">{path}</span>
        </h1>
        {!shared && (
          <div class="actions">
            {session.scope === "admin" && <a href={link("access", { share: path })}>Share</a>}
            <a href={link("compare", compared(path, window))}>Compare</a>
            <OpenOnPage key={path} session={session} path={path} layer={layer.name} window={window} />
          </div>
        )}
      </div>
      <Filters view="page" query={query} countries={codes} />
      <Answered asked={asked} what="the page">
        {({ heat, scroll, elements, days }) =>
          heat.withheld?.reason === "below_threshold" ? (
            <NotEnough held={heat.withheld} query={query} window={window} shared={Boolean(shared)} again={asked.again} />
          ) : (
            <>
              <Covered heat={heat} />
              <LayerSwitch layer={layer} choose={(next) => replace("page", { ...query, layer: next })} />
              <div class="columns wide-left">
                <Places heat={heat} layer={layer} widthPx={WIDTH_PX[window.viewport] ?? 1440} fold={scroll.fold} />
                <section>
                  <h2>Elements</h2>
                  <ElementList heat={heat} rates={elements.elements} layer={layer} />
                </section>
              </div>
              <Depth scroll={scroll} />
              <Attention scroll={scroll} />
              {days.length > 1 && (
                <section>
                  <h2>By day</h2>
                  <Series days={days} from={window.from} to={window.to} country={window.country} />
                </section>
              )}
              <Export
                key={path}
                site={session.site}
                tables={[
                  { what: "Heat", endpoint: "heatmap", parameters: { ...window, page: path, layer: layer.name }, drawn: !layer.unplaced },
                  { what: "Elements", endpoint: "elements", parameters: { ...window, page: path } },
                  { what: "Scroll depth", endpoint: "scroll", parameters: { ...window, page: path } },
                ]}
              />
            </>
          )
        }
      </Answered>
    </>
  );
}

/** A comparison with the days before, or of variants in these days, under the same filters. */
const compared = (path: string, { from, to, ...filters }: Window) => ({ path, ...filters, from, to, from_b: from, to_b: to });

function Covered({ heat }: { heat: Heatmap }) {
  return (
    <p class="covered">
      <strong>{count(heat.views)}</strong> page views, {heat.from} to {heat.to} (UTC).
      {heat.withheld && ` ${withheld(heat.withheld)}`}
    </p>
  );
}

interface PlacesProps {
  heat: Heatmap;
  layer: Layered;
  widthPx: number;
  fold: Fold;
}

/** The map; where a layer has none, or nothing on it, words say so. */
function Places({ heat, layer, widthPx, fold }: PlacesProps) {
  if (layer.unplaced) return <SeenAlone />;
  const what = layer.text.toLowerCase();
  if (heat.cells.length + heat.elements.length === 0) return <Empty title={`No ${what} in these days that enough page views stand behind.`} />;
  return <HeatMap cells={heat.cells} what={what} widthPx={widthPx} fold={fold} />;
}

function SeenAlone() {
  return (
    <Empty title="What is seen is counted by element, without a place on the page: there is no map of it.">
      <p>
        The list has every element with a <code>data-isotherm</code> name that came into view in enough page views, those that nobody clicks as well.
      </p>
    </Empty>
  );
}

function LayerSwitch({ layer, choose }: { layer: Layered; choose: (layer: string) => void }) {
  return (
    <div class="presets" role="group" aria-label="Layer">
      {LAYERS.map(({ name, text, means }) => (
        <button key={name} type="button" title={means} aria-pressed={layer.name === name} onClick={() => choose(name)}>
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
