// A real Chromium, as a visitor has it: no sign of a robot but the driver's wire.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from "playwright-core";
import { CHROMIUM } from "./paths.js";

/** A user agent that is nobody's in particular. */
export const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const VISITOR = ["--disable-blink-features=AutomationControlled", `--user-agent=${USER_AGENT}`];

/** A visitor's browser. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...VISITOR] });

/** A browser that says of itself that it is driven, as every automated one does. */
export const launchRobot = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A browser with a profile of its own on disk. */
export class Profile {
  private readonly folder = mkdtempSync(join(tmpdir(), "isotherm-profile-"));

  constructor(preferences: object) {
    mkdirSync(join(this.folder, "Default"));
    writeFileSync(join(this.folder, "Default", "Preferences"), JSON.stringify(preferences));
  }

  /** Starts the browser with this profile; what it keeps is there at the next start. */
  open(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    return chromium.launchPersistentContext(this.folder, { executablePath: CHROMIUM, args: [...FLAGS, ...VISITOR], ...options });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
