// Where a token is given: it opens a site in this browser's session, beside those that are open.
import { useEffect, useRef, useState } from "preact/hooks";
import { logIn } from "../api";
import type { Session } from "../api-types";
import { messageOf } from "../answer";

interface Props {
  /** What the button does. */
  does: string;
  opened: (session: Session) => void;
  focused?: boolean;
}

export function TokenForm({ does, opened, focused }: Props) {
  const field = useRef<HTMLInputElement>(null);
  // `autofocus` is heard once per page, and this form comes and goes.
  useEffect(() => void (focused && field.current?.focus()), [focused]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setFailure(undefined);
    try {
      const session = await logIn(String(new FormData(form).get("token")).trim());
      form.reset();
      opened(session);
    } catch (error) {
      setFailure(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <form class="token" onSubmit={submit}>
      <label>
        Token
        <input
          ref={field}
          name="token"
          type="password"
          required
          autocomplete="off"
          spellcheck={false}
          placeholder="iso_…"
          aria-invalid={failure !== undefined}
        />
      </label>
      <button type="submit" class="primary" disabled={busy}>
        {busy ? "Opening…" : does}
      </button>
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
    </form>
  );
}
