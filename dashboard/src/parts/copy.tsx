// A text to take away.
import { useState } from "preact/hooks";

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setDone(true);
  };
  return (
    <div class="copy">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <button type="button" onClick={copy} aria-label={label}>
        {done ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

/** A secret that was just made. */
export function ShownOnce({ text, label }: { text: string; label: string }) {
  return (
    <div class="verdict good" role="status">
      <strong>Shown once, stored nowhere:</strong>
      <Copy text={text} label={label} />
    </div>
  );
}
