// Stable keys of elements. An anchor outlives a new build, a new order and a new layout of the page as far as names
// allow, holds no text of the page, and finds its element again (resolve.ts).

import { scrub } from "./scrub";

// Tags that answer by themselves, links and fields among them.
const NATIVE = /^(a|area|input|select|textarea|label|summary|option|video|canvas)$/;
// Roles of what a visitor acts on; a button has none, but its name.
const ROLES = /^(button|link|tab|menuitem.*|checkbox|radio|switch|option)$/;

// Names that are not kept. Generated: anything but letters, - and _; no letter first; more than 40 characters; five
// consonants in a row; a tool's prefix. Or they say what state the element is in, not which it is.
const UNSTABLE =
  /[^a-z_-]|^[_-]|.{41}|[^aeiouy_-]{5}|^(css|sc|svelte|is|has|js)[_-]|active|hover|focus|hidden|visible|current|loading|(ed|open|show)(\b|_)/i;
// Capitals strewn through the end of a name: generated, too.
const STREWN = /[A-Z].{0,3}[A-Z].{0,2}$/;

/** Whether a visitor acts on it: the element as a whole is then what was meant. */
export function interactive(element: Element): boolean {
  return native(element) || ROLES.test(element.role || element.localName);
}

/** Whether it answers a click by itself: a mutation need not follow. */
export function native(element: Element): boolean {
  return NATIVE.test(element.localName);
}

/** The element that was meant: the nearest named or interactive one on the event's path, else the target itself. */
export function meant(path: EventTarget[]): Element {
  // Of all nodes only elements have a local name.
  return (path as HTMLElement[]).find((node) => node.localName && (node.dataset?.isotherm || interactive(node))) || (path[0] as Element);
}

/** The anchor of `element`; throws if there is none. Open shadow roots are entered with >>>. */
export function anchorOf(element: Element): string {
  const root = element.getRootNode() as Document | ShadowRoot;
  const { host } = root as ShadowRoot;
  return (host ? anchorOf(host) + " >>> " : "") + scrub(within(element, root));
}

// The shortest path upwards from `element` that finds it, and only it, in `root`.
function within(element: Element, root: Document | ShadowRoot): string {
  // The owner's name stands even where it is given twice: things named alike are one thing on the map.
  let tail = named(element);
  if (tail) return tail;
  // Ends by itself: above the root there is no parent, and to describe nothing throws.
  // `:host>` tells the twins at the top of a shadow root apart from those below; elsewhere it finds nothing.
  for (let at = element; ; at = at.parentElement!) {
    const own = described(at);
    // `nth` is needed only where a sibling looks the same. Lists are long: nothing is copied, and the first twin is enough.
    let twin = false;
    for (let other = at.parentNode!.firstElementChild; other && !twin; other = other.nextElementSibling) twin = other !== at && other.matches(own);
    let nth = 1;
    for (let other: Element | null = at; twin && (other = other.previousElementSibling); ) if (other.localName === at.localName) nth++;
    const exact = twin ? `${own}:nth-of-type(${nth})` : own;
    for (const step of [named(at), stable(at.id) && "#" + at.id, own, twin && exact, at.parentNode === root && ":host>" + exact]) {
      // The first one is asked for first: it is found fast where it is another.
      const path = step + tail;
      if (step && root.querySelector(path) === element && !root.querySelectorAll(path)[1]) return path;
    }
    tail = ">" + exact + tail;
  }
}

// A name in quotes escapes them as a selector does.
function named(element: Element): string {
  const name = (element as HTMLElement).dataset?.isotherm;
  return name ? `[data-isotherm=${JSON.stringify(name)}]` : "";
}

// Tag, stable attributes and at most two stable classes. Never text, label, address or value.
function described(element: Element): string {
  let own = element.localName;
  for (const attribute of ["name", "type", "role", "rel", "aria-posinset", "aria-rowindex"]) {
    const value = element.getAttribute(attribute);
    if (attribute < "b" ? value : stable(value)) own += `[${attribute}="${value}"]`;
  }
  return [own, ...[...element.classList].filter(stable).slice(0, 2)].join(".");
}

// A name that passes consists of letters, - and _ only, so it needs no escaping in a selector.
function stable(name: string | null): boolean | "" | null {
  return name && !UNSTABLE.test(name) && !STREWN.test(name);
}
