// What the site is to the service: its key and tag, whose pages send, which are counted how, how long, and who may look from where.
import { ask } from "../api";
import { useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Copy } from "../parts/copy";
import { Networks } from "../parts/networks";
import { Empty } from "../parts/notice";
import { Origins } from "../parts/origins";
import { Retention } from "../parts/retention";
import { Rules } from "../parts/rules";
import "../settings.css";
import type { ViewProps } from "./view";

export function Site({ session: { site, scope } }: ViewProps) {
  const asked = useAnswer(`settings ${site}`, (signal) => ask(site, "settings", {}, signal));
  if (scope !== "admin") {
    return (
      <>
        <h1>Site</h1>
        <Empty title="This token may read, not administer.">
          <p>
            Log in with an administering token to see and change the site's origins, page rules, retention and networks:{" "}
            <code>isotherm token create --site {site} --admin</code>
          </p>
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1>Site</h1>
      <Answered asked={asked} what="the site">
        {({ origins, script_tag }) => (
          <>
            <section>
              <p>
                Its key is <strong>{site}</strong>. Its tag goes into every page, best into the head:
              </p>
              <Copy text={script_tag} label="Copy the tag" />
            </section>
            <Origins site={site} origins={origins} changed={asked.again} />
          </>
        )}
      </Answered>
      <Rules site={site} />
      <Retention site={site} />
      <Networks site={site} />
      <Commands site={site} />
    </>
  );
}

/** What no token may do. */
function Commands({ site }: { site: string }) {
  return (
    <section class="settings" aria-labelledby="commands">
      <h2 id="commands">Sites, and what is erased</h2>
      <p class="aside">Not done from a browser: these are commands, on the machine that the service runs on.</p>
      <p>
        To erase for good what was counted on pages: <code>isotherm erase --site {site} --path '/user/*'</code>
      </p>
      <p>
        To remove this site for good with all that was counted: <code>isotherm site remove {site}</code>
      </p>
      <p>
        To make another site: <code>isotherm site add KEY --origin https://example.com</code>
      </p>
    </section>
  );
}
