// What sticks is flagged by the living page when heat is drawn, not by the click: whether an element is stuck depends on how
// far the page is scrolled just then.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inpage, launch, page, scrollTo, serve } from "./lib.mjs";

const PAGE = page(`<style>header{position:sticky;top:0;height:60px}aside{position:sticky;top:60px;height:100px;margin-top:400px}
footer{position:fixed;bottom:0;height:50px;left:0;right:0}main{height:4000px}</style>
<header id="head"><button id="menu">Menu</button></header><main><aside id="side"><a id="item" href="#">Item</a></aside><p id="text">Text</p></main>
<footer id="foot"><button id="agree">Yes</button></footer>`);

let server;
let browser;

before(async () => {
  server = await serve({ "*": PAGE });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

test("stuck and fixed elements are pinned where they are in the window; what scrolls is not", async () => {
  const tab = await browser.newPage({ viewport: { width: 1000, height: 800 } });
  await tab.goto(`${server.origin}/p`);
  await tab.evaluate(await inpage());
  const spots = () =>
    tab.evaluate(() =>
      Object.fromEntries(
        ["#menu", "#item", "#text", "#agree"].map((anchor) => {
          const { pinned, top } = window.parts.locate(anchor, [4, 4]);
          return [anchor, [pinned, Math.round(top)]];
        }),
      ),
    );
  const above = await spots();
  assert.deepEqual(Object.values(above).map(([pinned]) => pinned), [true, false, false, true]);
  await scrollTo(tab, 1000);
  const below = await spots();
  assert.deepEqual(Object.values(below).map(([pinned]) => pinned), [true, true, false, true]);
  assert.equal(below["#menu"][1], above["#menu"][1]);
  assert.equal(below["#agree"][1], above["#agree"][1]);
  assert.equal(below["#text"][1], above["#text"][1] - 1000);
  // Stuck under the header, whose height its own line adds.
  assert.ok(below["#item"][1] >= 60 && below["#item"][1] < 160, `${below["#item"][1]}`);
  await tab.close();
});
