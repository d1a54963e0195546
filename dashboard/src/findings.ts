// What the sums of arrivals say about an installation, in words: causes first that keep everything out. Only what reaches the
// service for a known site is in them; everything else looks alike from here, and is told apart by opening a page.
import type { Status } from "./api-types";
import { count } from "./words";

export interface Finding {
  kind: "good" | "bad" | "open";
  title: string;
  text: string;
  /** What to do about it on the command line. */
  command?: string;
}

/** What is known besides the sums. */
export interface Known {
  site: string;
  /** Page views from which a page is shown. */
  needed: number;
  origins: string[];
  /** The sums when the view was opened, to see what still arrives. */
  before: Status;
  now: Date;
}

/** Without a counted page view for so many hours, "it works" is no longer the news. */
const QUIET_HOURS = 3;
const HOUR_MS = 3_600_000;

/** Every cause that is seen, the most telling one first; never empty. */
export function findings(status: Status, known: Known): Finding[] {
  const of = (outcome: string): number => status.outcomes[outcome] ?? 0;
  const found = [
    ...counted(status, known),
    of("origin") > 0 && wrongOrigin(status, known),
    of("unavailable") > 0 && {
      kind: "bad" as const,
      title: "Some beacons could not be stored.",
      text: `${beacons(of("unavailable"))} in the last 24 hours are lost: browsers do not send again. The service was asked too much at once, or its disk or log is full; its log and /metrics say which.${since(status, known, "unavailable")}`,
    },
    of("rate_limited") > 0 && {
      kind: "bad" as const,
      title: "Some beacons were above the site's rate.",
      text: `${beacons(of("rate_limited"))} in the last 24 hours were not counted. If these are visitors, raise rate_per_site_per_s under [ingest] in the service's configuration.${since(status, known, "rate_limited")}`,
    },
  ].filter((finding): finding is Finding => finding !== false);
  if (found.length > 0) return found;
  return [onlyRefused(of("rule"), of("bot"), known.site) ?? NOTHING(status)];
}

function counted(status: Status, { now, needed }: Known): Finding[] {
  const admitted = status.outcomes.admitted ?? 0;
  if (admitted === 0) return [];
  const last = status.last_admitted_hour ? new Date(status.last_admitted_hour) : now;
  const text = `${beacons(admitted)} in the last 24 hours, the last between ${clock(last)} and ${clock(new Date(last.getTime() + HOUR_MS))} UTC.`;
  const quiet = now.getTime() - last.getTime() >= (QUIET_HOURS + 1) * HOUR_MS;
  if (!quiet) return [{ kind: "good", title: "It works.", text: `${text} A page is shown once it has ${count(needed)} page views.` }];
  const more = "Either nobody came since, or the tag has left the pages or is blocked there: open one of them below.";
  return [{ kind: "open", title: "It worked, and has been quiet for hours.", text: `${text} ${more}` }];
}

function wrongOrigin(status: Status, known: Known): Finding {
  const n = status.outcomes.origin ?? 0;
  const some = (status.outcomes.admitted ?? 0) > 0;
  return {
    kind: "bad",
    title: some ? "Some pages' origin is not allowed." : "The pages' origin is not allowed.",
    text:
      `${beacons(n)} in the last 24 hours came from elsewhere than ${known.origins.join(", ")}, and ${n === 1 ? "was" : "were"} not counted. ` +
      "From where is not kept: enter a page's address below to see whether it may send. " +
      `http and https are two origins, so are a name with and without www, and each port.${since(status, known, "origin")}`,
  };
}

function onlyRefused(rule: number, bot: number, site: string): Finding | undefined {
  if (rule > 0) {
    return {
      kind: "bad",
      title: "A page rule drops every page that was seen.",
      text: `${beacons(rule)} came for pages that a rule of the site leaves out.`,
      command: `isotherm rule list --site ${site}`,
    };
  }
  if (bot === 0) return undefined;
  return { kind: "open", title: "Only bots were seen.", text: `${beacons(bot)} came from crawlers and automated browsers, which are not measured.` };
}

const NOTHING = (status: Status): Finding => ({
  kind: "open",
  title: `Nothing has arrived ${status.since ? `since ${clock(new Date(status.since))} UTC` : "in the last 24 hours"}.`,
  text:
    "From here it looks the same whether nobody came, the script is not on the pages or blocked there, the tag has another site's key, or all visitors " +
    "opted out: for them the script sends nothing, so that nobody can count them. Open a page below: what you see there tells which it is.",
});

/** Whether it still goes on, for who has just changed something. */
function since(status: Status, { before }: Known, outcome: string): string {
  const more = (status.outcomes[outcome] ?? 0) - (before.outcomes[outcome] ?? 0);
  return more > 0 ? ` ${count(more)} of them since you opened this view.` : " None of them since you opened this view.";
}

const beacons = (n: number): string => `${count(n)} ${n === 1 ? "beacon" : "beacons"}`;

const clock = (at: Date): string => at.toISOString().slice(11, 16);

/** Whether a page may send for the site, and if not, the command after which it may; null for what is no address of a page. */
export function mayPage(address: string, site: string, origins: string[]): { origin: string; command?: string } | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  // A command is for pasting: nothing stands in it that a shell would take for more than a name.
  if (!url || !/^https?:\/\/[\w.:[\]-]+$/.test(url.origin)) return null;
  if (origins.includes(url.origin)) return { origin: url.origin };
  // The command names all of a site's origins, so the old ones stand in it as well.
  const all = [...origins, url.origin].map((origin) => ` --origin ${origin}`).join("");
  return { origin: url.origin, command: `isotherm site add ${site}${all}` };
}
