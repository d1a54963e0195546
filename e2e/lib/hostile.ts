// Names that want to be more than names: markup, attributes, templates, addresses, formulas, commands. What runs of one calls `hostile()`.

/** A name as it is sent, and as it is listed: decoded, resolved and scrubbed. */
export interface Hostile {
  sent: string;
  listed: string;
}

const as = (sent: string, listed = sent): Hostile => ({ sent, listed });

/** Each is a page of its own, and its listed form holds `hostile`. */
export const HOSTILE_PATHS: [Hostile, ...Hostile[]] = [
  as("/<img src=x onerror=hostile()>"),
  as('/"><svg onload=hostile()>'),
  as("/javascript:hostile()"),
  as("/{{hostile()}}"),
  as("/'-hostile()-'"),
  // Markup, without a blank and in other languages than HTML.
  as("/<svg/onload=hostile()>"),
  as("/<math><mtext><img/src=x/onerror=hostile()>"),
  as("/<iframe srcdoc='<script>parent.hostile()</script>'>"),
  as("/</title></textarea></style></script><script>hostile()</script>"),
  as("/[hostile](javascript:hostile()) ![hostile](x)"),
  // Out of an attribute, a string, a template.
  as('/" autofocus onfocus=hostile() x="'),
  as("/' onmouseover='hostile()"),
  as("/x`onclick=hostile()`"),
  as('/\\"-hostile();x'),
  as("/${hostile()}"),
  as("/<%= hostile() %>", "/<%25= hostile() %25>"),
  as("/__proto__/hostile"),
  // Other addresses.
  as("/data:text/html,<script>hostile()</script>"),
  as("//elsewhere.example/hostile()"),
  as("/a/../<hostile()>/./", "/<hostile()>"),
  as("/hostile()?<script>#<script>", "/hostile()"),
  // Letters that look like others, part lines, turn the text around; encodings.
  as("/\uff1cscript\uff1ehostile()\uff1c/script\uff1e"),
  as("/\u2028hostile()\u2029"),
  as("/\u202ehostile()\u2066"),
  as("/%3Cimg%20src=y%20onerror=hostile()%3E%22", '/<img src=y onerror=hostile()>"'),
  as("/%253Cscript%253Ehostile()"),
  as("/\\u0000\\x3cscript\\x3ehostile()"),
  // Formulas and commands.
  as("/=hostile()"),
  as("/a,=hostile()"),
  as('/",=hostile(),"'),
  as("/a;=cmd|' /C hostile'!A0"),
  as("/$(hostile)`hostile`|hostile;hostile&&hostile>hostile"),
  as(`/${"<b onclick=hostile()>".repeat(48)}`),
];

/** All are of one page; each fits into a beacon with the others. */
export const HOSTILE_ANCHORS: [Hostile, ...Hostile[]] = [
  as('[data-isotherm="<img src=x onerror=hostile()>"]'),
  as('[data-isotherm="</script><script>hostile()</script>"]'),
  as("<svg/onload=hostile()>"),
  as(`#x" onclick="hostile()`),
  as("javascript:hostile()"),
  as("data:text/html,<script>hostile()</script>"),
  as("{{constructor.constructor('hostile()')()}}"),
  as("\uff1cimg onerror=hostile()\uff1e\u2028\u202e"),
  as("=hostile()"),
  as(" =hostile(1)"),
  as("+hostile()"),
  as("-hostile()+cmd|' /C hostile'!A0"),
  as("@hostile()", "@:name)"),
  as("\uff1dhostile()"),
  as('x",=hostile(),"'),
  as("$(hostile)`hostile`|hostile;hostile"),
  as("div>".repeat(61) + "hostile"),
];

/** What no path may be: the beacon is malformed. */
export const NO_PATHS = [
  "javascript:hostile()",
  "data:text/html,<script>hostile()</script>",
  "https://elsewhere.example/hostile()",
  "/\u0000hostile()",
  "/%00hostile()",
  "/hostile()%0d%0aset-cookie:hostile=1",
  "/hostile()\t=1",
  "/\u0085hostile()",
  "/%ff<hostile()>",
  `/${"<b onclick=hostile()>".repeat(49)}`,
];

/** What no anchor may be. */
export const NO_ANCHORS = ["", "\t=hostile()", "hostile()\r\n=1", "\u0000<hostile()>", "div>".repeat(63) + "hostile"];
