// What every view is given.
import type { OpenSite, Thresholds } from "../api-types";

export interface ViewProps {
  /** The site that is looked at, and what may be done with it. */
  session: OpenSite & { thresholds: Thresholds };
  query: Record<string, string>;
}
