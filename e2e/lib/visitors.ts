// Visitors' browsers of several kinds, each with a profile that outlives it, behind one face: Chromium by one driver, Firefox
// by another, since neither drives both.

import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { launch, Profile } from "./browser.js";
import { TOP } from "./paths.js";

/** A tab of a visitor. */
export interface Tab {
  goto(url: string): Promise<unknown>;
  /** Clicks by the mouse. */
  click(selector: string): Promise<unknown>;
  /** Presses a key, which needs no script in the page. */
  press(key: string): Promise<void>;
  /** The value of an expression in the page. */
  read<T>(expression: string): Promise<T>;
  /** What the page's only frame says; empty without one. */
  frame(): Promise<string>;
}

/** A browser that runs. */
export interface Running {
  tab(): Promise<Tab>;
  close(): Promise<void>;
}

/** A visitor: what the browser keeps is there at the next start. */
export interface Visitor {
  readonly name: string;
  /** Starts the browser, with JavaScript in pages or without. */
  start(scripts?: boolean): Promise<Running>;
  forget(): Promise<void>;
}

/** A visitor whose running browsers are closed before what they keep is forgotten. */
function visitor(name: string, start: (scripts: boolean) => Promise<Running>, forget: () => Promise<void>): Visitor {
  const running = new Set<Running>();
  return {
    name,
    start: async (scripts = true) => {
      const browser = await start(scripts);
      running.add(browser);
      return { ...browser, close: () => (running.delete(browser) ? browser.close() : Promise.resolve()) };
    },
    forget: async () => {
      for (const browser of running) await browser.close();
      await forget();
    },
  };
}

/** A signal as the browser's own settings have it, where they do. */
export interface Signals {
  dnt?: boolean;
  gpc?: boolean;
}

/** Chromium with these preferences in its profile. */
export function chromium(name: string, preferences: object, { dnt, gpc }: Signals = {}): Visitor {
  const profile = new Profile({ ...preferences, ...(dnt ? { enable_do_not_track: true } : {}) });
  const start = async (scripts: boolean): Promise<Running> => {
    const context = await profile.open({ javaScriptEnabled: scripts });
    return playing(await signalling(context, gpc), () => context.close());
  };
  return visitor(name, start, async () => profile.remove());
}

/** Chromium off the record: a context of its own in a browser without a profile, kept until it is forgotten. */
export async function offTheRecord(name: string): Promise<Visitor> {
  const browser = await launch();
  let state: Awaited<ReturnType<BrowserContext["storageState"]>> | undefined;
  const start = async (scripts: boolean): Promise<Running> => {
    const context = await browser.newContext({ javaScriptEnabled: scripts, ...(state ? { storageState: state } : {}) });
    return playing(context, async () => {
      state = await context.storageState();
      await context.close();
    });
  };
  return visitor(name, start, () => browser.close());
}

async function signalling(context: BrowserContext, gpc: boolean | undefined): Promise<BrowserContext> {
  // Chromium has no setting for it.
  if (gpc) await context.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  return context;
}

function playing(context: BrowserContext, close: () => Promise<void>): Running {
  const facing = (page: Page): Tab => ({
    goto: (url) => page.goto(url, { waitUntil: "load" }),
    click: (selector) => page.click(selector),
    press: (key) => page.keyboard.press(key),
    read: (expression) => page.evaluate(expression),
    frame: async () => {
      const [, frame] = page.frames();
      return frame ? frame.locator("body").innerText() : "";
    },
  });
  return { tab: async () => facing(await context.newPage()), close };
}

/** As much of Firefox's driver as is used. */
interface FirefoxPage {
  goto(url: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  keyboard: { press(key: string): Promise<void> };
  evaluate<T>(expression: string): Promise<T>;
  evaluateOnNewDocument(script: () => unknown): Promise<unknown>;
  frames(): { evaluate<T>(expression: string): Promise<T> }[];
}
interface Driver {
  launch(options: object): Promise<{ newPage(): Promise<FirefoxPage>; close(): Promise<void> }>;
}

/** The driver of Firefox is the script's tests' own. */
const driver = (): Driver => (createRequire(`${TOP}js-snippet/package.json`)("puppeteer-core") as { default: Driver }).default;

/** Firefox says of itself that it is driven, and then the script is silent; a visitor's does not. */
const undriven = (): unknown => Object.defineProperty(Navigator.prototype, "webdriver", { configurable: true, get: () => false });

/** Firefox with these preferences. */
export function firefox(name: string, preferences: object, { dnt, gpc }: Signals = {}): Visitor {
  const folder = mkdtempSync(join(tmpdir(), "isotherm-firefox-"));
  const signals = {
    ...(dnt ? { "privacy.donottrackheader.enabled": true } : {}),
    ...(gpc ? { "privacy.globalprivacycontrol.enabled": true, "privacy.globalprivacycontrol.functionality.enabled": true } : {}),
  };
  const start = async (scripts: boolean): Promise<Running> => {
    const browser = await driver().launch({
      browser: "firefox",
      executablePath: process.env["ISOTHERM_FIREFOX"] ?? "/usr/bin/firefox-esr",
      headless: true,
      userDataDir: folder,
      extraPrefsFirefox: { "dom.webdriver.enabled": false, "javascript.enabled": scripts, ...preferences, ...signals },
    });
    return { tab: async () => facingFirefox(await browser.newPage(), scripts), close: () => browser.close() };
  };
  return visitor(name, start, async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}

async function facingFirefox(page: FirefoxPage, scripts: boolean): Promise<Tab> {
  if (scripts) await page.evaluateOnNewDocument(undriven);
  return {
    goto: (url) => page.goto(url),
    click: (selector) => page.click(selector),
    press: (key) => page.keyboard.press(key),
    read: (expression) => page.evaluate(expression),
    frame: async () => {
      const [, frame] = page.frames();
      return frame ? frame.evaluate<string>("document.body.innerText") : "";
    },
  };
}
