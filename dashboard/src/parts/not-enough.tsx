// A page of which nothing may be shown yet: what is missing, what brings it, and where to see whether anything arrives.
import type { Withheld } from "../api-types";
import { link, replace } from "../router";
import { count, withheld } from "../words";
import type { Window } from "./filters";
import { Empty } from "./notice";

interface Props {
  held: Withheld;
  query: Record<string, string>;
  window: Window;
  /** Who came by a link has neither the last days nor an installation to look at. */
  shared: boolean;
  again: () => void;
}

export function NotEnough({ held, query, window, shared, again }: Props) {
  if (shared) return <Empty title={withheld(held, true)} />;
  const needed = count(held.needed);
  return (
    <Empty title={`Not enough yet: a page is shown from ${needed} page views on.`}>
      <p>
        It has fewer from {window.from} to {window.to}
        {(window.viewport || window.country) && ", with these filters"}. How many is told to nobody: below {needed} a page looks like one that does not exist.
      </p>
      <p>
        From {needed} on, their number and how deep they went stand here, seconds after they came; heat follows place by place, once enough page views are
        behind each. Until then more days may help. <a href={link("installation")}>See whether page views arrive</a>.
      </p>
      <p class="actions">
        <button type="button" onClick={again}>
          Look again
        </button>
        {(window.viewport || window.country) && (
          <button type="button" onClick={() => replace("page", { ...query, viewport: "", country: "" })}>
            Without these filters
          </button>
        )}
      </p>
    </Empty>
  );
}
