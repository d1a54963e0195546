// Where the reader is: `#/sites/acme/page?path=…&from=…`. It stands in the fragment, which browsers send to nobody.
import { useEffect, useState } from "preact/hooks";

export const VIEWS = ["sites", "overview", "page", "compare", "installation", "site", "access", "privacy"] as const;
export type View = (typeof VIEWS)[number];

/** Who comes by a share link keeps its secret in front of every address, so that a view can be loaded again. */
const SHARED = /^#\/shared\/([\w-]+)\/?/;

/** The site that an address speaks of stands in front of it too, so that it means the same to a colleague with other sites. */
const SITE = /^#\/sites\/([a-z0-9-]{1,32})(?=\/|$)/;

/** The secret of the share link that this page was opened by, if it was. */
export const sharedSecret = (): string | undefined => SHARED.exec(location.hash)?.[1];

export interface Route {
  view: View;
  /** The site that the address names, if it does. */
  site?: string;
  query: Record<string, string>;
}

export function parse(fragment: string): Route {
  const [name = "", search = ""] = fragment.replace(SHARED, "").replace(SITE, "").replace(/^#?\/?/, "").split("?");
  const view = VIEWS.find((known) => known === name) ?? "overview";
  const site = SITE.exec(fragment)?.[1];
  return { view, ...(site && { site }), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a view of a site: of the one that this address names, if no other is given. */
export function link(view: View, query: Record<string, string | undefined> = {}, site = parse(location.hash).site): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(given).toString();
  const secret = sharedSecret();
  const of = secret ? `shared/${secret}/` : site && view !== "sites" ? `sites/${site}/` : "";
  return `#/${of}${view}${search && `?${search}`}`;
}

/** Names the site in an address that names none. */
export function nameSite(site: string): void {
  const { view, query } = parse(location.hash);
  history.replaceState(null, "", link(view, query, site));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Changes the fragment without leaving a step in the history for every turn of a filter. */
export function replace(view: View, query: Record<string, string | undefined>): void {
  history.replaceState(null, "", link(view, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  const [route, set] = useState(() => parse(location.hash));
  useEffect(() => {
    const follow = () => set(parse(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
