// Where the reader is: `#/page?path=…&from=…`. It stands in the fragment, which browsers send to nobody.
import { useEffect, useState } from "preact/hooks";

export const VIEWS = ["overview", "page", "compare", "installation", "access", "privacy"] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  view: View;
  query: Record<string, string>;
}

export function parse(fragment: string): Route {
  const [name = "", search = ""] = fragment.replace(/^#\/?/, "").split("?");
  const view = VIEWS.find((known) => known === name) ?? "overview";
  return { view, query: Object.fromEntries(new URLSearchParams(search)) };
}

export function link(view: View, query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(given).toString();
  return `#/${view}${search && `?${search}`}`;
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
