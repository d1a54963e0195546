// Saying no in Chromium, with the settings that decide how far a cookie reaches, and with its signals.

import { chromium, offTheRecord } from "../lib/visitors.js";
import { hearsNothingTyped, optsOutAsTold, signalHolds } from "./opt-out.js";

const allowed = "Chromium, cookies of third parties allowed";
optsOutAsTold({ name: allowed, make: () => chromium(allowed, { profile: { cookie_controls_mode: 0 } }), reaches: true });

const debian = "Chromium as Debian has it";
optsOutAsTold({ name: debian, make: () => chromium(debian, {}), reaches: undefined });

const record = "Chromium off the record";
optsOutAsTold({ name: record, make: () => offTheRecord(record), reaches: undefined });

signalHolds("Chromium's Do Not Track", () => chromium("Do Not Track", {}, { dnt: true }));
signalHolds("Chromium with Global Privacy Control", () => chromium("Global Privacy Control", {}, { gpc: true }));

hearsNothingTyped();
