// What tables share: the line of their headings, and a frame that scrolls sideways where there is no room.
import type { ComponentChildren } from "preact";

/** A column's heading: of words, of numbers, or of buttons, where it is read aloud but not shown. */
export type Heading = string | { number: string } | { act: string };

export function Head({ of }: { of: Heading[] }) {
  return (
    <thead>
      <tr>{of.map(heading)}</tr>
    </thead>
  );
}

function heading(of: Heading) {
  if (typeof of === "string") return <th scope="col">{of}</th>;
  if ("number" in of) {
    return (
      <th scope="col" class="number">
        {of.number}
      </th>
    );
  }
  return (
    <th scope="col">
      <span class="hidden">{of.act}</span>
    </th>
  );
}

export function Sideways({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="sideways" tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}
