// Taking something back for ever: asked once more before it is done.
import { useState } from "preact/hooks";

export function Revoke({ id, revoke }: { id: string; revoke: () => void }) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button type="button" aria-label={`Revoke ${id}`} onClick={() => setAsking(true)}>
        Revoke
      </button>
    );
  }
  return (
    <>
      <button type="button" class="danger" onClick={revoke}>
        Revoke for ever
      </button>{" "}
      <button type="button" onClick={() => setAsking(false)}>
        Keep
      </button>
    </>
  );
}
