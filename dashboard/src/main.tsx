// Where it starts: a session, then the view that the address names.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { logOut, session, whenSessionEnds } from "./api";
import type { Session } from "./api-types";
import { messageOf } from "./answer";
import { Frame } from "./parts/frame";
import { Failure, Loading } from "./parts/notice";
import { link, nameSite, sharedSecret, useRoute, type Route } from "./router";
import "./style.css";
import "./sites.css";
import "./words.css";
import "./pictures.css";
import { Access } from "./views/access";
import { Compare } from "./views/compare";
import { Installation } from "./views/installation";
import { LogIn } from "./views/login";
import { Overview } from "./views/overview";
import { Page } from "./views/page";
import { Privacy } from "./views/privacy";
import { Shared } from "./views/shared";
import { Site } from "./views/site";
import { NotOpen, Sites } from "./views/sites";
import type { ViewProps } from "./views/view";

const PAGES = {
  overview: Overview,
  page: Page,
  compare: Compare,
  installation: Installation,
  site: Site,
  access: Access,
  privacy: Privacy,
};

type Known = Session | null | "unknown";

function App() {
  const [known, set] = useState<Known>("unknown");
  const [failure, setFailure] = useState<string>();
  const route = useRoute();
  const look = () => {
    setFailure(undefined);
    session().then(set, (error) => setFailure(messageOf(error)));
  };
  useEffect(() => {
    // One site may have ended, or all; a service that is away has ended nothing.
    whenSessionEnds(() => void session().then(set, () => {}));
    look();
  }, []);

  if (failure) return <Failure message={failure} again={look} />;
  if (known === "unknown") return <Loading what="the session" />;
  if (known === null) return <LogIn opened={set} />;
  const leave = () =>
    void logOut().then(
      () => {
        location.hash = "";
        set(null);
      },
      (error: unknown) => setFailure(`You are still logged in. ${messageOf(error)}`),
    );
  return <Opened session={known} route={route} opened={set} leave={leave} />;
}

interface OpenedProps {
  session: Session;
  route: Route;
  opened: (session: Session) => void;
  leave: () => void;
}

/** A site's view where the address names one that is open; the list of all where it names none and there are several. */
function Opened({ session, route, opened, leave }: OpenedProps) {
  const { sites } = session;
  const only = sites.length === 1 && !route.site ? sites[0] : undefined;
  const current = only ?? sites.find(({ site }) => site === route.site);
  const isListed = route.view === "sites" || (!route.site && !only);
  useEffect(() => {
    if (only && !isListed) nameSite(only.site);
  }, [only, isListed]);
  const added = (session: Session) => {
    location.hash = link("overview", {}, session.site);
    opened(session);
  };
  return (
    <Frame sites={sites} current={current} route={isListed ? { ...route, view: "sites" } : route} leave={leave}>
      {isListed ? (
        <Sites session={session} query={route.query} opened={added} />
      ) : current ? (
        <View session={{ ...current, thresholds: session.thresholds }} route={route} />
      ) : (
        <NotOpen site={route.site ?? ""} opened={added} />
      )}
    </Frame>
  );
}

function View({ session, route }: { session: ViewProps["session"]; route: Route }) {
  const Page = PAGES[route.view as keyof typeof PAGES];
  return <Page key={`${session.site} ${route.view}`} session={session} query={route.query} />;
}

const root = document.getElementById("app");
// Who comes by a link is not asked for a token, and an open session does not count.
const secret = sharedSecret();
if (root) render(secret ? <Shared secret={secret} /> : <App />, root);
addEventListener("hashchange", () => sharedSecret() !== secret && location.reload());
