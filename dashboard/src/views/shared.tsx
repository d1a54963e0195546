// What a share link shows: one page, or a site's pages, to read and nothing else.
import { useEffect, useState } from "preact/hooks";
import { ApiError, openLink } from "../api";
import type { OpenedLink } from "../api-types";
import { messageOf } from "../answer";
import { useArrival } from "../arrival";
import { Mark, SharedFrame } from "../parts/frame";
import { Empty, Failure, Loading } from "../parts/notice";
import { useRoute, type Route } from "../router";
import { Overview } from "./overview";
import { Page } from "./page";

type State = { opened: OpenedLink } | { asks: string } | { failed: string } | "opening";

export function Shared({ secret }: { secret: string }) {
  const [state, set] = useState<State>("opening");
  const route = useRoute();
  const open = (password?: string) =>
    openLink(secret, password).then(
      (opened) => set({ opened }),
      (error: unknown) => {
        const asks = error instanceof ApiError && error.parameter === "password";
        set(asks ? { asks: password === undefined ? "" : error.message } : { failed: messageOf(error) });
      },
    );
  useEffect(() => void open(), [secret]);
  if (state === "opening") return <Loading what="what was shared" />;
  if ("asks" in state) return <AskPassword failure={state.asks} give={open} />;
  if ("failed" in state) return <Failure message={state.failed} />;
  const { opened } = state;
  const session = { site: opened.site, scope: "read" as const, thresholds: opened.thresholds };
  const path = opened.shows === "page" ? opened.page : route.query.path;
  const whole = opened.shows === "site";
  const isList = whole && route.view !== "page";
  const shown: Route = isList || !path ? { ...route, view: "overview" } : { view: "page", query: { ...route.query, path } };
  return (
    <SharedFrame opened={opened} route={shown}>
      {isList ? (
        <Overview session={session} query={route.query} shared />
      ) : path ? (
        <Page session={session} query={shown.query} shared={whole ? "site" : "page"} />
      ) : (
        <Empty title="Not enough yet: the name of this page is shown once 10 page views stand behind it." />
      )}
    </SharedFrame>
  );
}

function AskPassword({ failure, give }: { failure: string; give: (password: string) => Promise<unknown> }) {
  useArrival("password");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    await give(String(new FormData(event.currentTarget as HTMLFormElement).get("password")));
    setBusy(false);
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>
          <Mark /> Isotherm
        </h1>
        <label>
          Password of this link
          <input name="password" type="password" required autocomplete="off" autofocus />
        </label>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Opening…" : "Open"}
        </button>
        {failure && (
          <p class="error" role="alert">
            {failure}
          </p>
        )}
        <p class="aside">Whoever sent you the link has the password. Nothing of it is kept in this browser.</p>
      </form>
    </main>
  );
}
