// What surrounds every view: whose site it is, the way to the other views, the way out.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { OpenedLink, OpenSite } from "../api-types";
import { useArrival } from "../arrival";
import { link, type Route, type View } from "../router";
import { Switcher } from "./switcher";

const ENTRIES: [View, string][] = [
  ["overview", "Pages"],
  ["compare", "Compare"],
  ["installation", "Installation"],
  ["site", "Site"],
  ["access", "Access"],
  ["privacy", "Privacy"],
];

interface Props {
  sites: OpenSite[];
  /** The site that is looked at, if one is. */
  current: OpenSite | undefined;
  route: Route;
  leave: () => void;
  children: ComponentChildren;
}

export function Frame({ sites, current, route, leave, children }: Props) {
  const here = route.view === "page" ? "overview" : route.view;
  useTitle(titleOf(route, current?.site));
  useArrival(`${current?.site} ${placeOf(route)}`);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href={sites.length > 1 ? link("sites") : link("overview")}>
          <Mark /> Isotherm
        </a>
        <Switcher sites={sites} current={current?.site} route={route} />
        {current && (
          <nav aria-label="Views">
            {ENTRIES.map(([name, text]) => (
              <a key={name} href={link(name)} aria-current={here === name ? "page" : undefined}>
                {text}
              </a>
            ))}
          </nav>
        )}
        <button type="button" class="quiet leave" onClick={leave}>
          Log out
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** What is looked at, but for the filters: another page is another place, another window of the same one is not. */
const placeOf = ({ view, query }: Route): string => (view === "page" ? `page ${query.path ?? "/"}` : view);

function titleOf({ view, query }: Route, site: string | undefined): string {
  const entry = ENTRIES.find(([name]) => name === view)?.[1];
  const what = view === "page" ? (query.path ?? "/") : view === "compare" && query.path ? `Compare ${query.path}` : (entry ?? "Sites");
  return [what, site].filter(Boolean).join(" · ");
}

/** Names the browser's tab, so that several of them, and the history, can be told apart. */
function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Isotherm`;
    return () => {
      document.title = "Isotherm";
    };
  }, [title]);
}

/** The same around what a link shows: no way anywhere else. */
export function SharedFrame({ opened, route, children }: { opened: OpenedLink; route: Route; children: ComponentChildren }) {
  useTitle(titleOf(route, opened.site));
  useArrival(placeOf(route));
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="bar">
        <span class="brand">
          <Mark /> Isotherm
        </span>
        <span class="site">{opened.site}</span>
        <p class="until">
          Shared to read, until {opened.expires}. The last days, and what fewer than ten page views stand for, are not in it.
        </p>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function skip(event: MouseEvent) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Three lines of equal heat. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d="M4 14a8 8 0 1 1 14 5" fill="none" stroke="#6d2aa8" stroke-width="2" stroke-linecap="round" />
      <path d="M8 14a4.6 4.6 0 1 1 7 3.6" fill="none" stroke="#ee5a63" stroke-width="2" stroke-linecap="round" />
      <circle cx="12" cy="13.5" r="1.8" fill="#fb9d45" />
    </svg>
  );
}
