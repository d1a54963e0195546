// Taking something back for ever: asked once more before it is done.
import { useState } from "preact/hooks";

interface Props {
  id: string;
  revoke: () => void;
  /** What the button says, and the one that is sure. */
  word?: string;
  sure?: string;
}

export function Revoke({ id, revoke, word = "Revoke", sure = "Revoke for ever" }: Props) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button type="button" aria-label={`${word} ${id}`} onClick={() => setAsking(true)}>
        {word}
      </button>
    );
  }
  return (
    <>
      <button type="button" class="danger" onClick={revoke}>
        {sure}
      </button>{" "}
      <button type="button" onClick={() => setAsking(false)}>
        Keep
      </button>
    </>
  );
}
