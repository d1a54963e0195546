// Stable keys of elements. An anchor outlives a new build, a new order and a new layout of the page as far as names
// allow, holds no text of the page, and finds its element again (resolve.ts).

import { scrub } from "./scrub";

/** What answers a click by itself, links and fields among them: a mutation need not follow. */
export const NATIVE = "a,area,input,select,textarea,label,summary,option,video,canvas";
/** What a visitor acts on: the element as a whole is then what was meant. */
export const INTERACTIVE =
  NATIVE +
  ",button,[role=button],[role=link],[role=tab],[role^=menuitem],[role=checkbox],[role=radio],[role=switch],[role=option]";

// Names that are not kept. Generated: anything but letters, - and _; no letter first, or none at all; five
// consonants in a row; capitals strewn through the end; a tool's prefix. Or they say what state the element is in, not
// which it is: the first letters of those words may be capitals.
const UNSTABLE =
  /[^A-Za-z_-]|^([_-]|$)|[^AEIOUYaeiouy_-]{5}|[A-Z].{0,3}[A-Z].{0,2}$|^(css|sc|is|has|ng|aos)[_-]|^(on|off|odd|even)$|lide-(next|prev)|alid|irty|rror|ctive|ocus|idden|isible|urrent|oading|[hH]over|(ed|pen|how)(\b|_)/;

/**
 * The anchor of `element`: the shortest path upwards that finds it, and only it, in its document or shadow root; throws if
 * there is none. Open shadow roots are entered with >>>.
 */
export function anchorOf(element: Element): string {
  const root = element.getRootNode() as Document | ShadowRoot;
  const { host } = root as ShadowRoot;
  const way = host ? anchorOf(host) + " >>> " : "";
  // The owner's name stands even where it is given twice: things named alike are one thing on the map.
  let tail = named(element);
  if (tail) return way + tail;
  // Ends by itself: above the root there is no parent, and to describe nothing throws.
  for (let at = element; ; at = at.parentElement!) {
    const own = described(at);
    // Which of its like it is, and whether a sibling looks the same. Lists are long: once both are known, nobody else is asked.
    let nth = 0;
    let past;
    let alike;
    // A form's `children` may be its field of that name; elsewhere `childNodes` would take five times the memory.
    for (const other of (at as any).parentNode[(at as any).parentNode.elements ? "childNodes" : "children"]) {
      if (past && alike) break;
      if (!past && other.localName === at.localName) nth++;
      if (other === at) past = 1;
      else alike ||= other.matches?.(own);
    }
    // The place among its like is asked for only where a sibling looks the same: it changes with every new one.
    const exact = alike ? own + ":nth-of-type(" + nth + ")" : own;
    // `:host>` tells the twins at the top of a shadow root apart from those below; elsewhere it finds nothing.
    for (const step of [named(at), stable(at.id) && "#" + at.id, own, exact, host && ":host>" + exact]) {
      // The first one is asked for first: it is found fast where it is another.
      const path = step + tail;
      if (step && root.querySelector(path) === element && !root.querySelectorAll(path)[1]) return way + path;
    }
    tail = ">" + exact + tail;
  }
}

// The owner's name, masked: a name that is not what it was finds nothing. In quotes, which escape as a selector does.
function named(element: Element): string {
  const name = element.getAttribute("data-isotherm");
  return name ? scrub("[data-isotherm=" + JSON.stringify(name) + "]") : "";
}

// Tag, stable attributes and at most two stable classes. Never text, label, address or value.
function described(element: Element): string {
  let own = element.localName;
  for (const attribute of ["name", "type", "role", "rel", "aria-posinset", "aria-rowindex"]) {
    const value = element.getAttribute(attribute);
    // The last two are short numbers, or nothing.
    if (value && (attribute < "b" ? +value < 1e5 : stable(value))) own += `[${attribute}="${value}"]`;
  }
  return [own, ...[...element.classList].filter(stable).slice(0, 2)].join(".");
}

// A name that passes consists of letters, - and _ only, so it needs no escaping in a selector.
function stable(name: string): boolean {
  return !UNSTABLE.test(name);
}
