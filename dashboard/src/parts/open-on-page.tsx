// The way to heat on the living page: a grant, and the page's own address in a new tab. The grant stands in the fragment,
// which is never sent to the page's server.
import { useState } from "preact/hooks";
import { change } from "../api";
import type { Session } from "../api-types";
import { messageOf } from "../answer";
import type { Window } from "./filters";

interface Props {
  session: Session;
  path: string;
  window: Window;
}

interface Grant {
  url: string;
}

export function OpenOnPage({ session, path, window: shown }: Props) {
  const [failure, setFailure] = useState<string>();
  const open = async () => {
    setFailure(undefined);
    // Opened before the answer is there, as browsers only allow at the click; it cannot reach back to this page.
    const tab = window.open("about:blank", "_blank");
    try {
      const { from, to, viewport } = shown;
      const grant = await change<Grant>(session.site, "grants", "POST", { page: path, from, to });
      if (tab) {
        tab.opener = null;
        // The overlay begins with the viewport class that is chosen here.
        tab.location.replace(viewport ? `${grant.url}&viewport=${viewport}` : grant.url);
      }
    } catch (error) {
      tab?.close();
      setFailure(messageOf(error));
    }
  };
  return (
    <>
      <button type="button" class="primary" onClick={open}>
        Open on the page
      </button>
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
    </>
  );
}
