// The way in: one token, which opens one site.
import { useState } from "preact/hooks";
import { logIn } from "../api";
import type { Session } from "../api-types";
import { messageOf } from "../answer";
import { Mark } from "../parts/frame";

export function LogIn({ opened }: { opened: (session: Session) => void }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setFailure(undefined);
    try {
      opened(await logIn(String(new FormData(form).get("token")).trim()));
    } catch (error) {
      setFailure(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>
          <Mark /> Isotherm
        </h1>
        <label>
          Token
          <input name="token" type="password" required autocomplete="off" spellcheck={false} placeholder="iso_…" autofocus />
        </label>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Opening…" : "Open the dashboard"}
        </button>
        {failure && (
          <p class="error" role="alert">
            {failure}
          </p>
        )}
        <p class="aside">
          <code>isotherm site add</code> printed it when the site was made; <code>isotherm token create</code> makes another. It opens one
          site. This browser keeps only a cookie, which ends when you log out.
        </p>
      </form>
    </main>
  );
}
