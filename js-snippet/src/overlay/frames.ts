// Frames of the page's own origin that have no tag: with `data-frames` each gets the page's, and is measured as the page that
// it is. Frames of others cannot be entered, and are not asked.

import type { Isotherm } from "../api";

/** Gives the tag to every frame that is there, and to every one that loads from now on. */
export function enterFrames(): void {
  const tag = document.querySelector("script[data-site][data-frames]");
  if (!tag) return;
  for (const frame of document.querySelectorAll("iframe,frame")) enter(frame as HTMLIFrameElement, tag);
  document.addEventListener("load", ({ target }) => (target as Element).localName?.endsWith("frame") && enter(target as HTMLIFrameElement, tag), true);
}

function enter(frame: HTMLIFrameElement, tag: Element): void {
  const { isotherm } = window as unknown as { isotherm: Isotherm };
  if (!isotherm.status().active || frame.closest("[data-isotherm-ignore]")) return;
  let inside: Document | null;
  try {
    inside = frame.contentDocument;
  } catch {
    return;
  }
  // What has no address of its own is no page, and what has a tag measures itself.
  if (!inside?.head || !inside.location.protocol.startsWith("http") || inside.querySelector("script[data-site]")) return;
  const copy = inside.createElement("script");
  // Consent was given to the page around it.
  for (const { name, value } of tag.attributes) if (name !== "data-wait") copy.setAttribute(name, value);
  copy.src = (tag as HTMLScriptElement).src;
  inside.head.append(copy);
}
