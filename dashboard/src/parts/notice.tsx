// What stands where there is nothing to see yet, or nothing that can be seen.
import type { ComponentChildren } from "preact";

export function Loading({ what }: { what: string }) {
  return (
    <p class="notice" role="status" aria-busy="true">
      Loading {what}…
    </p>
  );
}

export function Failure({ message, again }: { message: string; again?: () => void }) {
  return (
    <div class="notice failure" role="alert">
      <p>{message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}
