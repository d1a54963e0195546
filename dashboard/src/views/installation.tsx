// Does it work? What arrived, what did not and why, and what to do about it.
import { useEffect, useRef } from "preact/hooks";
import { ask } from "../api";
import type { Status } from "../api-types";
import { useAnswer } from "../answer";
import { type Finding, findings, type Known } from "../findings";
import { Answered } from "../parts/answered";
import { Bars } from "../parts/bars";
import { Copy } from "../parts/copy";
import { LookAtPage } from "../parts/look-at-page";
import { count, share } from "../words";
import type { ViewProps } from "./view";

/** How often it looks again, ms. */
const LOOK_EVERY_MS = 5_000;

/** What can become of a beacon once its site is known; everything else ends before that and stands in no site's sums. */
const WORDS: Record<string, [string, string]> = {
  admitted: ["Counted", "Stored and counted."],
  origin: ["Wrong origin", "The page's origin is not one of the site's."],
  rate_limited: ["Above the rate", "Too many for the site at once."],
  bot: ["Bots", "Crawlers and automated browsers."],
  rule: ["Page rules", "A page rule of the site says not to measure it."],
  unavailable: ["Not stored", "The service could not take it. Browsers do not send again."],
};

export function Installation({ session }: ViewProps) {
  const asked = useAnswer("status", async (signal) => {
    const [status, settings] = await Promise.all([
      ask(session.site, "status", {}, signal),
      ask(session.site, "settings", {}, signal),
    ]);
    return { status, settings };
  });
  const before = useRef<Status | undefined>(undefined);
  before.current ??= asked.value?.status;
  useEffect(() => {
    const timer = setInterval(asked.again, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <h1>Installation</h1>
      <Answered asked={asked} what="what arrived">
        {({ status, settings: { origins, script_tag } }) => (
          <>
            <Findings status={status} known={{ site: session.site, needed: session.thresholds.page_views, origins, before: before.current ?? status, now: new Date() }} />
            <section>
              <h2>The tag</h2>
              <p>Paste this into every page of the site, best into its head.</p>
              <Copy text={script_tag} label="Copy the tag" />
              <p class="aside">Pages of {origins.join(", ")} may send.</p>
            </section>
            <LookAtPage site={session.site} origins={origins} tag={script_tag} />
            <Coverage status={status} />
          </>
        )}
      </Answered>
    </>
  );
}

function Findings({ status, known }: { status: Status; known: Known }) {
  // Only a new cause is read out, not every number.
  return (
    <div role="status" aria-atomic="false" aria-relevant="additions">
      {findings(status, known).map((finding) => (
        <Verdict key={finding.title} {...finding} />
      ))}
    </div>
  );
}

function Verdict({ kind, title, text, command }: Finding) {
  return (
    <div class={`verdict ${kind}`}>
      <strong>{title}</strong>
      <p>{text}</p>
      {command && <Copy text={command} label="Copy the command" />}
    </div>
  );
}

function Coverage({ status }: { status: Status }) {
  const seen = Object.entries(status.outcomes).filter(([outcome, n]) => n > 0 && WORDS[outcome]);
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
      <p class="aside">
        Visitors who say no send nothing, and what still arrives of them is refused before its site is known: they are in no number here, on purpose.
        What is not a beacon, or names no known site, is counted for the whole installation in <code>isotherm_beacons_total</code>.
      </p>
    </section>
  );
}
