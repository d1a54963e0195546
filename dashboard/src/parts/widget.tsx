// The picture of a site's countries: public or not, and how to put it on a page.
import { useState } from "preact/hooks";
import { ask, change } from "../api";
import { useAnswer } from "../answer";
import { Answered } from "./answered";
import { Copy } from "./copy";
import { Outcome, useSaving } from "./saving";

/** Sizes in px, as the service draws them. */
const SIZES = { full: { width: 800, height: 450, query: "" }, badge: { width: 200, height: 97, query: "?size=badge" } };
type Size = keyof typeof SIZES;

export function Widget({ site }: { site: string }) {
  const asked = useAnswer(`settings ${site}`, (signal) => ask(site, "settings", {}, signal));
  const [size, setSize] = useState<Size>("full");
  const saving = useSaving();
  const say = async (open: boolean) => {
    await saving.save(() => change(site, "widget", "POST", { public_countries: open }), "");
    asked.again();
  };
  return (
    <section>
      <h2>Map of countries for everybody</h2>
      <p class="aside">
        A picture of whole months, in sealed cohorts and rounded. Loading it counts nothing and sets nothing. It is public only while it is said so here.
      </p>
      <Answered asked={asked} what="the picture's settings">
        {({ public_countries: open, countries_url: url }) => (
          <>
            <p>
              <button type="button" aria-pressed={open} onClick={() => void say(!open)}>
                {open ? "Public: make it private" : "Private: make it public"}
              </button>
            </p>
            {open && (
              <>
                <div class="presets" role="group" aria-label="Size">
                  {(Object.keys(SIZES) as Size[]).map((name) => (
                    <button key={name} type="button" aria-pressed={size === name} onClick={() => setSize(name)}>
                      {name === "full" ? "Full" : "Badge"}
                    </button>
                  ))}
                </div>
                <p>
                  <img
                    class="widget"
                    src={`/widget/${site}/countries.svg${SIZES[size].query}`}
                    alt="The picture as everybody sees it"
                    width={SIZES[size].width}
                    height={SIZES[size].height}
                  />
                </p>
                <Copy text={embed(url, size)} label="Copy the code" />
              </>
            )}
          </>
        )}
      </Answered>
      <Outcome saving={saving} />
    </section>
  );
}

const embed = (url: string, size: Size): string => {
  const { width, height, query } = SIZES[size];
  return `<img src="${url}${query}" alt="Where our page views come from" width="${width}" height="${height}">`;
};
