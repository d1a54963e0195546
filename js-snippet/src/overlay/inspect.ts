// What a visitor sees behind #isotherm-inspect: whether this page measures, every beacon as it is sent, and the switch.
// Loaded only then. Its style is a sheet of its own, which strict policies allow.

import type { Isotherm } from "../api";

const TEXTS = {
  title: "Isotherm on this page",
  active: "Clicks, taps, scroll depth and time in view are counted here, without any identifier. This is all that is sent:",
  none: "Nothing is counted and nothing is sent from this page.",
  reasons: {
    dnt: "Your browser sends Do Not Track.",
    gpc: "Your browser sends Global Privacy Control.",
    opted_out: "You opted out on this site.",
    webdriver: "This browser is driven by a program.",
    no_site: "The page does not name its site.",
    waiting: "The site waits for your consent.",
  } as Record<string, string>,
  out: "Do not count me on this site",
  in: "Count me again",
  service: "You opted out at the service itself. Its own page takes that back:",
  policy: "This page's Content-Security-Policy keeps them from leaving. Its connect-src must name",
  close: "Close",
  waiting: "Nothing yet. The next beacon goes within 10 seconds.",
};

const STYLE = `:host{all:initial}section{position:fixed;z-index:2147483647;right:12px;bottom:12px;width:min(440px,calc(100vw - 24px));max-height:70vh;overflow:auto;
box-sizing:border-box;padding:14px;border:1px solid #333;border-radius:8px;background:#fff;color:#111;font:14px/1.4 system-ui,sans-serif}
h2{margin:0 0 8px;font-size:16px}p{margin:0 0 8px}pre{margin:0 0 8px;padding:8px;background:#f2f2f2;white-space:pre-wrap;word-break:break-all;font:12px/1.4 monospace}
button{margin-right:8px;padding:6px 10px;font:inherit}`;

const { isotherm } = window as unknown as { isotherm: Isotherm };
const sent: string[] = [];

// Beacons are shown as they are handed to the browser, word for word.
const { sendBeacon } = navigator;
navigator.sendBeacon = function (this: Navigator, url, body) {
  const taken = sendBeacon.call(this, url, body);
  if (taken && String(url).includes("/collect") && typeof body === "string") {
    sent.push(body);
    draw();
  }
  return taken;
};

// What the page's policy forbids, the browser tells the page alone; the script itself cannot know.
let forbidden = "";
document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
  if (!blockedURI.includes("/collect")) return;
  forbidden = new URL(blockedURI).origin;
  draw();
});

// Set once the visitor has asked to be counted again, and is not.
let elsewhere = false;

const host = document.createElement("isotherm-inspect");
host.setAttribute("data-isotherm-ignore", "");
const root = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
root.adoptedStyleSheets = [sheet];
const panel = document.createElement("section");
panel.setAttribute("role", "dialog");
panel.setAttribute("aria-label", TEXTS.title);
root.append(panel);

function part<K extends keyof HTMLElementTagNameMap>(name: K, text: string): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), { textContent: text });
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = part("button", text);
  // Only a visitor's own click counts: no page can opt somebody in.
  made.addEventListener("click", (event) => event.isTrusted && act());
  return made;
}

/** A line of its own that leads there. */
function leading(href: string): HTMLParagraphElement {
  const line = document.createElement("p");
  line.append(Object.assign(part("a", href), { href }));
  return line;
}

function back(): void {
  isotherm.optIn();
  elsewhere = isotherm.status().reason === "opted_out";
  draw();
}

function draw(): void {
  const { active, reason } = isotherm.status();
  panel.replaceChildren(part("h2", TEXTS.title));
  if (active) {
    if (forbidden) panel.append(part("p", `${TEXTS.policy} ${forbidden}`));
    panel.append(part("p", TEXTS.active), part("pre", sent.join("\n\n") || TEXTS.waiting), button(TEXTS.out, () => (isotherm.optOut(), draw())));
  } else {
    panel.append(part("p", `${TEXTS.none} ${TEXTS.reasons[reason ?? ""] ?? ""}`));
    const { href } = new URL("/opt-out", import.meta.url);
    if (elsewhere) panel.append(part("p", TEXTS.service), leading(href));
    else if (reason === "opted_out") panel.append(button(TEXTS.in, back));
  }
  panel.append(button(TEXTS.close, () => host.remove()));
}

draw();
(document.body ?? document.documentElement).append(host);
