// Anchors on a page that has changed since: other states, other generated names, things inserted and wrapped. One selector is
// stored; what an overlay asks besides comes from it (decision 12). Truth is the element itself, which the page keeps.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inpage, launch, serve } from "./lib.mjs";
import { html, TYPES } from "./types-of-pages.mjs";

// In the page: what changes. Nothing of it is where an element has only its place among its like to be told by.
const CHANGES = {
  "other states": () => {
    for (const [index, one] of [...document.querySelectorAll("[data-k]")].entries()) {
      if (index % 3 === 0) one.classList.add("is-active", "selected");
      if (index % 4 === 0) one.classList.add("menu-open");
      if (index % 5 === 0) one.setAttribute("aria-current", "true");
    }
  },
  "another build": () => {
    for (const one of document.querySelectorAll("[class*=css-],[class*=sc-],[class*=__]")) one.className = `css-q${one.className.length}x7 sc-zzTop`;
    for (const one of document.querySelectorAll("[id^=ember]")) one.id = one.id.replace("ember", "ember9");
  },
  "a banner at the end, an advertisement between": () => {
    document.body.insertAdjacentHTML("beforeend", `<aside class="consent"><p>Text</p><a href="#">More</a><button>Yes</button><button>No</button></aside>`);
    document.querySelector("main > :nth-child(2)")?.insertAdjacentHTML("beforebegin", `<ins class="promo"><a href="#"><b>Buy</b></a><button><span>Go</span></button></ins>`);
  },
  "a banner before everything": () =>
    document.body.insertAdjacentHTML("afterbegin", `<aside class="consent"><p>Text</p><a href="#">More</a><button>Yes</button></aside><noscript></noscript>`),
  "everything wrapped": () => {
    const around = document.createElement("x-app");
    around.append(...document.body.children);
    document.body.append(around);
  },
};

let server;
let browser;
let parts;

before(async () => {
  server = await serve(Object.fromEntries(TYPES.flatMap((type, index) => [true, false].map((named) => [`/${index}-${named}`, html(type, named, "")]))));
  browser = await launch();
  parts = await inpage();
});
after(async () => {
  await browser.close();
  await server.close();
});

for (const [name, change] of Object.entries(CHANGES)) {
  test(`${name}: no anchor finds another element, and most find theirs`, async () => {
    const tab = await browser.newPage();
    const sums = { asked: 0, found: 0, wrong: [] };
    for (const index of TYPES.keys()) {
      for (const named of [true, false]) {
        await tab.goto(`${server.origin}/${index}-${named}`);
        await tab.evaluate(parts);
        const said = await tab.evaluate((change) => {
          const all = (root) => [...root.querySelectorAll("[data-k]")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
          const known = all(document).map((one) => [one, window.parts.anchor(one)]).filter(([, anchor]) => anchor);
          (0, eval)(`(${change})()`);
          const found = known.map(([one, anchor]) => [one, anchor, window.parts.resolve(anchor)]);
          return {
            asked: found.length,
            found: found.filter(([one, , other]) => one === other).length,
            wrong: found.filter(([one, , other]) => other && one !== other).map(([one, anchor, other]) => `${one.dataset.k} on ${other.dataset.k} by ${anchor}`),
          };
        }, change.toString());
        sums.asked += said.asked;
        sums.found += said.found;
        sums.wrong.push(...said.wrong.map((line) => `${TYPES[index][0]}: ${line}`));
      }
    }
    await tab.close();
    console.log(`${name}: ${sums.found} of ${sums.asked} found, ${sums.wrong.length} wrong`);
    assert.deepEqual(sums.wrong, []);
    assert.ok(sums.found > sums.asked * 0.9, `${sums.found} of ${sums.asked}`);
  });
}
