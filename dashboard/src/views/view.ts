// What every view is given.
import type { OpenSite } from "../api-types";

export interface ViewProps {
  /** The site that is looked at, and what may be done with it. */
  session: OpenSite;
  query: Record<string, string>;
}
