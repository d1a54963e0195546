// Modules under test, for use inside a page: window.parts.

import { anchorOf } from "../src/anchor";
import { resolve } from "../src/resolve";
import { scrub } from "../src/scrub";

Object.assign(window, { parts: { anchorOf, resolve, scrub } });
