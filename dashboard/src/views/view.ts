// What every view is given.
import type { Session } from "../api-types";

export interface ViewProps {
  session: Session;
  query: Record<string, string>;
}
