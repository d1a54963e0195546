// The way to heat on the living page: a grant, and the page's own address in a new tab. The grant stands in the fragment,
// which is never sent to the page's server.
import { useState } from "preact/hooks";
import { change } from "../api";
import type { OpenSite } from "../api-types";
import { messageOf } from "../answer";
import type { Window } from "./filters";

interface Props {
  session: OpenSite;
  path: string;
  layer: string;
  window: Window;
}

interface Grant {
  url: string;
}

/** Paths as they are counted, not as pages have them: masked, of a group, or of a variant. */
const NO_ADDRESS = /:[a-z]+|\*|;[a-h]$/;

/** Addresses that were named for such pages; in this tab's memory alone. */
const named = new Map<string, string>();

export function OpenOnPage({ session, path, layer, window: shown }: Props) {
  const key = `${session.site} ${path}`;
  const [asks, setAsks] = useState(false);
  const [failure, setFailure] = useState<string>();
  const open = async (address = named.get(key)) => {
    setFailure(undefined);
    // Opened before the answer is there, as browsers only allow at the click; it cannot reach back to this page.
    const tab = window.open("about:blank", "_blank");
    try {
      const { from, to } = shown;
      const wanted = { page: path, from, to, routes: true, ...(address && { address }) };
      const { url } = await change<Grant>(session.site, "grants", "POST", wanted);
      if (address) named.set(key, address);
      setAsks(false);
      if (tab) {
        tab.opener = null;
        tab.location.replace(url + question(layer, shown));
      }
    } catch (error) {
      tab?.close();
      // The service says what is wrong with the parameter that it names.
      setFailure(messageOf(error).replace(/^`address`: /, "This "));
    }
  };
  const needed = NO_ADDRESS.test(path) && !named.has(key);
  return (
    <>
      <button type="button" class="primary" onClick={() => (needed ? setAsks(true) : void open())}>
        Open on the page
      </button>
      {!asks && !needed && (
        <button type="button" onClick={() => setAsks(true)}>
          At another address
        </button>
      )}
      {asks && <AskAddress known={named.get(key) ?? ""} path={path} open={open} />}
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
    </>
  );
}

/** What the overlay begins with; days and page stand in the grant. */
function question(layer: string, { viewport, country }: Window): string {
  const chosen = Object.entries({ viewport, country, layer }).filter(([, value]) => value);
  return chosen.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
}

function AskAddress({ known, path, open }: { known: string; path: string; open: (address: string) => Promise<void> }) {
  const named = (event: SubmitEvent) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget as HTMLFormElement).get("address"));
    // As browsers write it: what is not plain is escaped.
    void open(URL.canParse(typed) ? new URL(typed).href : typed);
  };
  return (
    <form class="filters address" onSubmit={named} aria-label="Address of the page">
      <label class="wide">
        <span>
          Address of a page that is counted as <code>{path}</code>. It is kept in this tab only.
        </span>
        <input type="url" name="address" required autofocus defaultValue={known} placeholder="https://" spellcheck={false} />
      </label>
      <button type="submit">Open it</button>
    </form>
  );
}
