// What the script loads only where it is asked for: the inspector, or the way into a page's own frames.

import { enterFrames } from "./frames";

if (import.meta.url.endsWith("?frames")) enterFrames();
else void import("./inspect");
