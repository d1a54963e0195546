// Where it starts: a session, then the view that the address names.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { logOut, session, whenSessionEnds } from "./api";
import type { Session } from "./api-types";
import { messageOf } from "./answer";
import { Frame } from "./parts/frame";
import { Failure, Loading } from "./parts/notice";
import { sharedSecret, useRoute } from "./router";
import "./style.css";
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

const PAGES = {
  overview: Overview,
  page: Page,
  compare: Compare,
  installation: Installation,
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
    whenSessionEnds(() => set(null));
    look();
  }, []);

  if (failure) return <Failure message={failure} again={look} />;
  if (known === "unknown") return <Loading what="the session" />;
  if (known === null) return <LogIn opened={set} />;
  const View = PAGES[route.view];
  const leave = () => void logOut().finally(() => set(null));
  return (
    <Frame session={known} view={route.view} leave={leave}>
      <View key={route.view} session={known} query={route.query} />
    </Frame>
  );
}

const root = document.getElementById("app");
// Who comes by a link is not asked for a token, and an open session does not count.
const secret = sharedSecret();
if (root) render(secret ? <Shared secret={secret} /> : <App />, root);
addEventListener("hashchange", () => sharedSecret() !== secret && location.reload());
