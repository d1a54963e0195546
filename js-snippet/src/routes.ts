// Changes of route in single-page apps.

import { listen, quietly } from "./listen";

let notify: (() => void) | undefined;

/** Calls `changed` whenever the page's address may have changed without a load. */
export function watchRoutes(changed: () => void): void {
  const { navigation } = window as unknown as { navigation?: EventTarget };
  if (navigation) return listen("currententrychange", changed, navigation);
  listen("popstate", changed, window);
  // Wrapped once for the life of the page: others may have wrapped our wrapper, so it cannot be taken off again.
  if (!notify) {
    for (const method of ["pushState", "replaceState"] as const) {
      const original = history[method];
      history[method] = function (this: History, ...args) {
        original.apply(this, args);
        quietly(notify!);
      };
    }
  }
  notify = changed;
}
