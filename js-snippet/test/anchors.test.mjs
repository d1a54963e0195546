// Anchors: which names they are made of, and that they find their element again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inpage, launch } from "./lib.mjs";

let browser;
let tab;

before(async () => {
  browser = await launch();
  tab = await browser.newPage();
  await tab.evaluate(await inpage());
});
after(() => browser.close());

// The anchor of the element `.it` (or of the one `find` gives) in a body.
const anchorIn = (html, find = `document.querySelector("[data-it]")`) =>
  tab.evaluate(
    ([body, expression]) => {
      document.body.innerHTML = body;
      const element = (0, eval)(expression);
      const anchor = window.parts.anchor(element);
      return [anchor, anchor !== "" && window.parts.resolve(anchor) === element];
    },
    [html, find],
  );

const CASES = [
  ["a name of the owner's", `<p id="x"><button data-isotherm="buy now" data-it>x</button></p>`, `[data-isotherm="buy now"]`],
  ["a name with signs", `<button data-isotherm='say "\\" ]' data-it>x</button>`, `[data-isotherm="say \\"\\\\\\" ]"]`],
  ["a stable id", `<button id="buy" data-it>x</button>`, "#buy"],
  ["an id of one part and another", `<button id="add-to_cart" data-it>x</button>`, "#add-to_cart"],
  ["an id that is given twice", `<main><i id="buy"></i><button id="buy" data-it>x</button></main>`, "button"],
  ["an id with digits", `<button id="ember412" data-it>x</button>`, "button"],
  ["an id of a framework", `<button id=":r1:" data-it>x</button>`, "button"],
  ["an id that is a state", `<button id="is-open" data-it>x</button>`, "button"],
  ["a stable class", `<a class="teaser" href="/secret/1" data-it>x</a><a>y</a>`, "a.teaser"],
  ["generated classes", `<a class="css-kxjwqe sc-abcdef bdVaJa mt-4 _x1 Button_root__aBcDe" data-it>x</a>`, "a"],
  ["state classes", `<a class="active is-open nav-item selected hover" data-it>x</a>`, "a.nav-item"],
  ["two classes at most", `<a class="one two three" data-it>x</a>`, "a.one.two"],
  ["attributes that say what it is", `<input name="email" type="email" value="secret" placeholder="secret" data-it>`, `input[name="email"][type="email"]`],
  ["a role", `<div role="tab" aria-label="secret" title="secret" data-it>x</div>`, `div[role="tab"]`],
  ["a place among siblings", `<ul><li><a>1</a></li><li><a data-it>2</a></li></ul>`, "li:nth-of-type(2)>a"],
  ["no place where none is needed", `<ul><li class="first"><a>1</a></li><li class="last"><a data-it>2</a></li></ul>`, "li.last>a"],
  ["below a named ancestor", `<div data-isotherm="offer"><div><a>1</a><a data-it>2</a></div></div><div><div><a>1</a><a>2</a></div></div>`, `[data-isotherm="offer"]>div>a:nth-of-type(2)`],
  ["below an ancestor with an id", `<nav id="top"><a>1</a></nav><nav id="foot"><a data-it>1</a></nav>`, "#foot>a"],
  ["an e-mail address as a name", `<button data-isotherm="jo@example.org" data-it>x</button>`, `[data-isotherm=":email"]`, false],
];

for (const [name, html, expected, found = true] of CASES) {
  test(`${name}: ${expected}`, async () => assert.deepEqual(await anchorIn(html), [expected, found]));
}

test("shadow roots in shadow roots are entered", async () => {
  const said = await tab.evaluate(() => {
    document.body.innerHTML = `<x-outer></x-outer><x-outer id="second"></x-outer>`;
    const outer = document.getElementById("second").attachShadow({ mode: "open" });
    outer.innerHTML = `<p>1</p><div><x-inner></x-inner></div>`;
    const inner = outer.querySelector("x-inner").attachShadow({ mode: "open" });
    inner.innerHTML = `<button>1</button><button>2</button>`;
    const element = inner.lastElementChild;
    const anchor = window.parts.anchor(element);
    return [anchor, window.parts.resolve(anchor) === element];
  });
  assert.deepEqual(said, ["#second >>> x-inner >>> button:nth-of-type(2)", true]);
});

test("an element that is gone has no anchor, and an anchor that is gone no element", async () => {
  assert.deepEqual(await anchorIn("", `document.createElement("button")`), ["", false]);
  const nothing = await tab.evaluate(() => ["#none", "#none >>> a", "body >>> a"].map((anchor) => window.parts.resolve(anchor)));
  assert.deepEqual(nothing, [null, null, null]);
});

test("on generated pages every anchor finds its element and no other, without text of the page", async () => {
  const said = await tab.evaluate(() => {
    let seed = 20261121;
    const below = (most) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * most);
    };
    const pick = (list) => list[below(list.length)];
    const tags = ["div", "div", "div", "section", "ul", "li", "a", "button", "span", "p", "input", "x-card"];
    const names = ["buy", "menu", "main-nav", "item", "item", "ember412", "css-kxjwqe", "is-open", "SECRET text", "größe", "a.b", "-", "x9"];
    const grow = (parent, left) => {
      for (let count = 1 + below(5); count > 0 && left.count > 0; count--) {
        const element = document.createElement(pick(tags));
        left.count--;
        if (below(4) === 0) element.id = pick(names);
        if (below(2) === 0) element.className = [pick(names), pick(names)].join(" ");
        if (below(5) === 0) element.setAttribute(pick(["name", "role", "type", "aria-label"]), pick(names));
        if (below(20) === 0) element.setAttribute("data-isotherm", `named ${left.count}`);
        parent.append(element);
        const inner = element.localName === "x-card" && below(2) ? element.attachShadow({ mode: "open" }) : element;
        if (element.localName !== "input") grow(inner, left);
      }
    };
    const all = (root) => [...root.querySelectorAll("*")].flatMap((element) => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
    const wrong = [];
    let count = 0;
    let without = 0;
    let longest = 0;
    for (let page = 0; page < 60; page++) {
      document.body.innerHTML = "";
      grow(document.body, { count: 150 });
      for (const element of all(document.body)) {
        const anchor = window.parts.anchor(element);
        count++;
        longest = Math.max(longest, anchor.length);
        if (!anchor) without++;
        else if (window.parts.resolve(anchor) !== element || /SECRET|412|kxjw|open/.test(anchor)) wrong.push(anchor);
      }
    }
    return { wrong, count, without, longest };
  });
  assert.deepEqual(said.wrong, []);
  assert.ok(said.count > 2000, `${said.count} elements`);
  assert.ok(said.without / said.count < 0.01, `${said.without} of ${said.count} without an anchor`);
});
