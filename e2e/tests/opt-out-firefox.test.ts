// Saying no in Firefox, which keeps each site's cookies apart unless it is told otherwise, and with its signals. And in
// Chromium where cookies of third parties are blocked, which is another way of keeping apart.

import { chromium, firefox } from "../lib/visitors.js";
import { optsOutAsTold, signalHolds } from "./opt-out.js";

const debian = "Firefox as Debian has it";
optsOutAsTold({ name: debian, make: () => firefox(debian, {}), reaches: false });

const allowed = "Firefox, cookies of third parties allowed";
optsOutAsTold({ name: allowed, make: () => firefox(allowed, { "network.cookie.cookieBehavior": 0 }), reaches: true });

const blocked = "Chromium, cookies of third parties blocked";
optsOutAsTold({ name: blocked, make: () => chromium(blocked, { profile: { cookie_controls_mode: 1, block_third_party_cookies: true } }), reaches: false });

signalHolds("Firefox's Do Not Track", () => firefox("Do Not Track", {}, { dnt: true }));
signalHolds("Firefox's Global Privacy Control", () => firefox("Global Privacy Control", {}, { gpc: true }));
