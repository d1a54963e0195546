// Which site is looked at, and the way to the others of this session.
import { useEffect, useRef } from "preact/hooks";
import type { OpenSite } from "../api-types";
import { link, type Route } from "../router";

interface Props {
  sites: OpenSite[];
  /** The site that is looked at, if one is. */
  current: string | undefined;
  route: Route;
}

/** Views that speak of a page of one site, which another has not. */
const OF_A_PAGE = ["page", "compare"];

export function Switcher({ sites, current, route }: Props) {
  const box = useRef<HTMLDetailsElement>(null);
  // Wherever the reader goes, also by the browser's own buttons.
  useEffect(() => void (box.current && (box.current.open = false)), [route]);
  const close = () => {
    if (!box.current?.open) return;
    if (box.current.contains(document.activeElement)) box.current.querySelector("summary")?.focus();
    box.current.open = false;
  };
  const left = (event: FocusEvent) => {
    if (box.current && event.relatedTarget && !box.current.contains(event.relatedTarget as Node)) box.current.open = false;
  };
  const { from, to, viewport, country } = route.query;
  const view = route.view === "sites" || OF_A_PAGE.includes(route.view) ? "overview" : route.view;
  const sorted = sites.map(({ site }) => site).sort();
  return (
    <details class="switcher" ref={box} onKeyDown={(event) => event.key === "Escape" && close()} onFocusOut={left}>
      <summary>
        <span class="hidden">Site: </span>
        <span class="site">{current ?? "Sites"}</span>
      </summary>
      <ul aria-label="Sites" onClick={close}>
        {sorted.map((site) => (
          <li key={site}>
            <a href={link(view, { from, to, viewport, country }, site)} aria-current={site === current ? "true" : undefined}>
              {site}
            </a>
          </li>
        ))}
        {sites.length > 1 && (
          <li class="apart">
            <a href={link("sites")} aria-current={route.view === "sites" ? "page" : undefined}>
              All sites
            </a>
          </li>
        )}
        <li class={sites.length > 1 ? "" : "apart"}>
          <a href={link("sites", { add: "yes" })}>Add a site</a>
        </li>
      </ul>
    </details>
  );
}
