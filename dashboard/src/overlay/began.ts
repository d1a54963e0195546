// What the overlay begins with: the grant and the dashboard's choices, out of the fragment, and where the page is.
import type { Choice } from "./panel";
import { LAYERS } from "./panel";
import { VIEWPORTS } from "../words";

/** `#isotherm-heat=GRANT&viewport=…&country=…&layer=…`, perhaps behind a route of the page's own. */
const MARK = "isotherm-heat=";

export interface Began {
  grant: string;
  choice: Choice;
}

/** Reads the fragment and takes the mark out of the address at once; the page's own fragment stays. */
export function began(): Began | undefined {
  const [before = "", rest = ""] = location.hash.split(MARK);
  const [grant = "", ...chosen] = rest.split("&");
  if (!grant) return undefined;
  const own = before.replace(/[#&]$/, "");
  history.replaceState(history.state, "", location.pathname + location.search + own);
  const of = new URLSearchParams(chosen.join("&"));
  const among = (known: [string, string][], name: string): string => known.find(([one]) => one === of.get(name))?.[0] ?? "";
  const country = /^[A-Z]{2}$/.exec(of.get("country") ?? "")?.[0] ?? "";
  return { grant, choice: { map: "heat", layer: among(LAYERS, "layer") || "click,tap", viewport: among(VIEWPORTS, "viewport"), country } };
}

/** The path as which a view of the page is counted now: as the script says it (js-snippet/src/pageview.ts), by the tag's own wishes. */
export function whereabouts(): string {
  const { hashRoutes, variant } = document.querySelector<HTMLScriptElement>("script[data-site]")?.dataset ?? {};
  const { pathname, hash } = location;
  const route = hashRoutes !== undefined ? (pathname + hash).replace(/\/?#!?(\/[^?]*)?.*/, "$1") : pathname;
  return route + (/^[a-h]$/.test(variant ?? "") ? `;${variant}` : "");
}
