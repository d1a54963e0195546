// The package: the same script as part of a site's own bundle. Importing it does nothing, also on a server.

import type { Isotherm, Options } from "./api";

export type { Isotherm, Options, Reason } from "./api";

/** Begins to measure, unless the visitor says no. Gives `window.isotherm`; undefined outside of a browser. */
export async function init({ hashRoutes, wait, ...given }: Options): Promise<Isotherm | undefined> {
  if (typeof document === "undefined") return undefined;
  const page = window as { isotherm?: Isotherm };
  if (!page.isotherm?.status) {
    const { asked, isotherm, run } = await import("./boot");
    const { options } = await import("./tag");
    Object.assign(options, given, { src: given.endpoint }, hashRoutes && { hashRoutes: "" }, wait && { wait: "" });
    page.isotherm = isotherm;
    asked();
    run();
  }
  return page.isotherm;
}
