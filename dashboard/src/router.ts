// Where the reader is: `#/page?path=…&from=…`. It stands in the fragment, which browsers send to nobody.
import { useEffect, useState } from "preact/hooks";

export const VIEWS = ["overview", "page", "compare", "installation", "access", "privacy"] as const;
export type View = (typeof VIEWS)[number];

/** Who comes by a share link keeps its secret in front of every address, so that a view can be loaded again. */
const SHARED = /^#\/shared\/([\w-]+)\/?/;

/** The secret of the share link that this page was opened by, if it was. */
export const sharedSecret = (): string | undefined => SHARED.exec(location.hash)?.[1];

export interface Route {
  view: View;
  query: Record<string, string>;
}

export function parse(fragment: string): Route {
  const [name = "", search = ""] = fragment.replace(SHARED, "").replace(/^#\/?/, "").split("?");
  const view = VIEWS.find((known) => known === name) ?? "overview";
  return { view, query: Object.fromEntries(new URLSearchParams(search)) };
}

export function link(view: View, query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(given).toString();
  const secret = sharedSecret();
  return `#/${secret ? `shared/${secret}/` : ""}${view}${search && `?${search}`}`;
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
