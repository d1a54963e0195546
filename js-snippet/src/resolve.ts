// The way back from an anchor to its element, for overlays. Not part of the script that pages load.

/** The element that `anchor` names under `root`, or null if the page has none. */
export function resolve(anchor: string, root: ParentNode = document): Element | null {
  let found: Element | null = null;
  for (const step of anchor.split(" >>> ")) {
    const inside: ParentNode | null = found ? found.shadowRoot : root;
    found = inside && inside.querySelector(step);
    if (!found) return null;
  }
  return found;
}
