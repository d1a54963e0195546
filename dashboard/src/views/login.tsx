// The way in: one token, which opens one site.
import type { Session } from "../api-types";
import { useArrival } from "../arrival";
import { Mark } from "../parts/frame";
import { TokenForm } from "../parts/token-form";

export function LogIn({ opened }: { opened: (session: Session) => void }) {
  useArrival("login");
  return (
    <main class="login">
      <div>
        <h1>
          <Mark /> Isotherm
        </h1>
        <TokenForm does="Open the dashboard" opened={opened} focused />
        <p class="aside">
          <code>isotherm site add</code> printed it when the site was made; <code>isotherm token create</code> makes another. It opens one
          site; others can be added afterwards. This browser keeps only a cookie, which ends when you log out.
        </p>
      </div>
    </main>
  );
}
