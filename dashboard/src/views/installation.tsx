// Does it work? What arrived, what did not and why, and what to do about it.
import { useEffect } from "preact/hooks";
import { ask } from "../api";
import type { Status } from "../api-types";
import { useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Bars } from "../parts/bars";
import { Copy } from "../parts/copy";
import { count, share } from "../words";
import type { ViewProps } from "./view";

/** How often it looks again, ms. */
const LOOK_EVERY_MS = 5_000;

const WORDS: Record<string, [string, string]> = {
  admitted: ["Counted", "Stored and counted."],
  dnt: ["Do Not Track", "The visitor's browser asks not to be tracked; nothing was read."],
  gpc: ["Global Privacy Control", "The visitor's browser sends GPC; nothing was read."],
  opted_out: ["Opted out", "The visitor opted out; nothing was read."],
  content_type: ["Wrong content type", "Something other than the script sent it."],
  encoding: ["Compressed body", "Something other than the script sent it."],
  too_large: ["Too large", "Above the limit of a beacon."],
  malformed: ["Malformed", "Not a beacon that this version understands."],
  rate_limited: ["Rate limited", "Too many from one address or for the site at once."],
  unknown_site: ["Unknown site", "The site key in the tag is not one of this installation's."],
  origin: ["Wrong origin", "The page's origin is not one of the site's."],
  bot: ["Bots", "Crawlers and automated browsers."],
  rule: ["Page rules", "A page rule of the site says not to measure it."],
  unavailable: ["Not stored", "The log could not take it; the script tries again."],
};

export function Installation({ session }: ViewProps) {
  const asked = useAnswer("status", async (signal) => {
    const [status, settings] = await Promise.all([
      ask(session.site, "status", {}, signal),
      ask(session.site, "settings", {}, signal),
    ]);
    return { status, settings };
  });
  useEffect(() => {
    const timer = setInterval(asked.again, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <h1>Installation</h1>
      <Answered asked={asked} what="what arrived">
        {({ status, settings }) => (
          <>
            <Verdict status={status} origins={settings.origins} />
            <section>
              <h2>The tag</h2>
              <p>Paste this into every page of the site, best into its head.</p>
              <Copy text={settings.script_tag} label="Copy the tag" />
              <p class="aside">
                Pages of {settings.origins.join(", ")} may send. On any of them, <code>#isotherm-inspect</code> at the end of the address shows a
                visitor what would be sent.
              </p>
            </section>
            <Coverage status={status} />
          </>
        )}
      </Answered>
    </>
  );
}

/** The first cause that explains what is seen, in words. */
function verdict({ outcomes }: Status, origins: string[]): [kind: "good" | "bad" | "open", title: string, text: string] {
  const of = (name: string) => outcomes[name] ?? 0;
  const all = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
  const refused = of("dnt") + of("gpc") + of("opted_out");
  if (of("admitted") > 0) return ["good", "It works.", "Page views arrive and are counted. A page is shown once it has 50 of them."];
  if (of("origin") > 0) {
    return ["bad", "The pages' origin is not allowed.", `Beacons come from an origin that is not one of ${origins.join(", ")}. Add it with “isotherm site add”, http and https being two.`];
  }
  if (of("unavailable") > 0) return ["bad", "Beacons arrive but cannot be stored.", "The service's disk or log is full; its log says which."];
  if (of("malformed") + of("content_type") + of("encoding") > 0) {
    return ["bad", "Something else than the script sends here.", "Check that the tag is the one below and that nothing between rewrites its requests."];
  }
  if (of("bot") > 0) return ["bad", "Only bots were seen.", "Automated browsers are not measured; open the page in an ordinary one."];
  if (of("rule") > 0) return ["bad", "A page rule drops every page that was seen.", "“isotherm rule list” shows the site's rules."];
  if (refused > 0 && refused === all) return ["open", "All visitors so far opted out.", "Their browsers said no, and they are not measured. Open a page with a browser that does not."];
  return [
    "open",
    "Nothing has arrived in the last day.",
    "Open one of the pages with the tag. If this stays: look in the browser's console whether isotherm.js was loaded (a wrong address, an ad blocker) or was refused by the page's Content-Security-Policy (script-src and connect-src must name this service).",
  ];
}

function Verdict({ status, origins }: { status: Status; origins: string[] }) {
  const [kind, title, text] = verdict(status, origins);
  return (
    <div class={`verdict ${kind}`} role="status">
      <strong>{title}</strong>
      <p>{text}</p>
    </div>
  );
}

function Coverage({ status }: { status: Status }) {
  const seen = Object.entries(status.outcomes).filter(([, n]) => n > 0);
  const all = seen.reduce((sum, [, n]) => sum + n, 0);
  if (all === 0) return null;
  const bars = seen
    .sort((one, other) => other[1] - one[1])
    .map(([outcome, n]) => ({ name: WORDS[outcome]?.[0] ?? outcome, value: n, text: `${count(n)} · ${share(n / all)}` }));
  return (
    <section>
      <h2>Coverage, last 24 hours</h2>
      <Bars label="Beacons by outcome" bars={bars} />
      <dl class="words">
        {seen.map(([outcome]) => (
          <div key={outcome}>
            <dt>{WORDS[outcome]?.[0] ?? outcome}</dt>
            <dd>{WORDS[outcome]?.[1] ?? ""}</dd>
          </div>
        ))}
      </dl>
      <p class="aside">Visitors whose browser says no send nothing at all, so most of them are in no number here.</p>
    </section>
  );
}
