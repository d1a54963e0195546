// What the script offers to the page. One source of the package's types.

/** Why nothing is measured; null while measuring. */
export type Reason = null | "dnt" | "gpc" | "opted_out" | "webdriver" | "no_site" | "waiting";

/** `window.isotherm`. */
export interface Isotherm {
  /** The visitor does not want to be measured on this site, from now on: the one thing that is ever stored. */
  optOut(): void;
  /** Takes that back. */
  optIn(): void;
  /** Consent is given: begins where the site said `wait`. */
  start(): void;
  /** Whether it measures, and why not. */
  status(): { active: boolean; reason: Reason | undefined };
  /** Leaves an element and what is in it out of everything. */
  ignore(element: Element | null): void;
  /** Reports a conversion; does nothing yet. */
  convert(goal: string, value?: number): void;
}

/** What a site may ask for; the same as the tag's data- attributes. */
export interface Options {
  /** The site's public key. */
  site: string;
  /** Where beacons go, as a whole address: `https://HOST/v1/collect`. */
  endpoint: string;
  /** Routes behind the # are pages of their own. */
  hashRoutes?: boolean;
  /** Selector of the element that scrolls in the document's stead. */
  scroller?: string;
  /** Which variant of the page this is. */
  variant?: "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h";
  /** Nothing happens until `isotherm.start()`. */
  wait?: boolean;
}
