// One shop page with its heat: choices, frame, answers, drawing.

import { css } from "./colours.js";
import { ask, inWords } from "./data.js";
import { paintReach, paintScale, paintSpots, shareAt } from "./paint.js";
import { spotsOf } from "./places.js";

const CLASSES = { 390: "phone", 768: "tablet", 1440: "desktop" };
/** The pipeline is live: the answer is asked again this often while the page is looked at. */
const AGAIN_MS = 8000;
const TOP_MAX = 8;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const by = (id) => /** @type {T} */ (document.getElementById(id));
const count = new Intl.NumberFormat("en");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

const path = document.body.dataset.path;
const wanted = new URLSearchParams(location.search);
const choice = {
  layer: wanted.get("layer") ?? "click,tap",
  width: Number(wanted.get("width") ?? (innerWidth < 700 ? 390 : 1440)),
  all: wanted.has("all"),
};
/** What lies under the pointer: filled by drawing. */
let placed = [];
/** Answers that a later choice has overtaken are not drawn. */
let turn = 0;

function setUp() {
  for (const input of document.querySelectorAll("input[type=radio]")) {
    input.checked = String(choice[input.name]) === input.value;
    input.addEventListener("change", () => choose({ [input.name]: input.name === "width" ? Number(input.value) : input.value }));
  }
  by("all").checked = choice.all;
  by("all").addEventListener("change", (event) => choose({ all: event.target.checked }));
  by("page").addEventListener("change", (event) => { location.href = `/heat${event.target.value}${location.search}`; });
  addEventListener("resize", fit);
  by("stage").addEventListener("pointermove", point);
  by("stage").addEventListener("pointerleave", () => { by("tip").hidden = true; by("outline").hidden = true; });
  paintScale(by("scale"));
}

function choose(change) {
  const sameWidth = change.width === undefined;
  Object.assign(choice, change);
  const query = new URLSearchParams({ layer: choice.layer, width: String(choice.width), ...(choice.all ? { all: "" } : {}) });
  history.replaceState(null, "", `?${query}`);
  if (sameWidth) draw();
  else load().then(draw);
}

/** Loads the shop page at the chosen width and gives the frame the page's whole height. */
async function load() {
  const frame = by("frame");
  frame.style.width = `${choice.width}px`;
  frame.style.height = "900px";
  await new Promise((resolve) => {
    frame.addEventListener("load", resolve, { once: true });
    frame.src = `${path}?isotherm-frame`;
  });
  await frame.contentDocument.fonts.ready;
  frame.style.height = `${frame.contentDocument.documentElement.scrollHeight}px`;
  fit();
}

const pageSize = () => ({ width: choice.width, height: by("frame").offsetHeight });

/** Scales the sheet to the room there is. */
function fit() {
  const { width, height } = pageSize();
  const scale = Math.min(1, by("stage").clientWidth / width);
  by("sheet").style.cssText = `width: ${width}px; height: ${height}px; transform: scale(${scale})`;
  by("room").style.cssText = `width: ${width * scale}px; height: ${height * scale}px`;
  by("sheet").style.setProperty("--scale", String(scale));
}

function say(text) {
  by("state").hidden = text === "";
  by("state").textContent = text;
}

async function draw() {
  const mine = ++turn;
  const scroll = choice.layer === "scroll";
  const parameters = { page: path, ...(scroll ? {} : { layer: choice.layer }), ...(choice.all ? {} : { viewport: CLASSES[choice.width] }) };
  try {
    const answer = await ask(scroll ? "scroll" : "heatmap", parameters);
    if (mine !== turn) return;
    clear();
    say(answer.withheld && !answer.views ? inWords(answer.withheld) : "");
    by("views").textContent = answer.views ? `${count.format(answer.views)} page views` : "Not enough yet";
    by("span").textContent = answer.from ? `simulated, ${answer.from} to ${answer.to} (UTC)` : "simulated";
    if (scroll) drawScroll(answer);
    else drawPlaces(answer);
  } catch (error) {
    if (mine !== turn) return;
    clear();
    by("views").textContent = "No answer";
    say(error.message);
  }
}

function clear() {
  placed = [];
  by("heat").width = by("heat").height = 1;
  by("outline").hidden = true;
  for (const id of ["lines", "top", "note", "span"]) by(id).replaceChildren();
}

/** @param {import("./data.js").Heatmap} heatmap */
function drawPlaces(heatmap) {
  const found = spotsOf(heatmap, by("frame").contentDocument);
  placed = found.placed;
  paintSpots(by("heat"), found.spots, pageSize());
  if (heatmap.views && found.spots.length === 0) say(heatmap.withheld ? inWords(heatmap.withheld) : "Nothing was clicked here.");
  [by("low").textContent, by("high").textContent] = ["few", "many"];
  by("top-title").textContent = placed.length > 0 ? "Most used" : "";
  const top = [...placed].sort((a, b) => b.element.clicks - a.element.clicks).slice(0, TOP_MAX);
  for (const entry of top) {
    const { element } = entry;
    const line = document.createElement("li");
    const name = document.createElement("code");
    name.textContent = element.anchor;
    line.append(name, ` ${count.format(element.clicks)}`, ` · ${percent.format(element.rate)} of page views`);
    line.addEventListener("pointerenter", () => outline(entry.box));
    by("top").append(line);
  }
  if (found.elsewhere > 0) by("note").textContent = `${count.format(found.elsewhere)} more lie on elements that are not to be seen at this width or in this state.`;
}

/** @param {import("./data.js").Scroll} scroll */
function drawScroll(scroll) {
  [by("low").textContent, by("high").textContent] = ["nobody", "every page view"];
  by("top-title").textContent = "Reached";
  if (!scroll.views || scroll.reach.length === 0) return;
  paintReach(by("heat"), scroll.reach, pageSize());
  const { height } = pageSize();
  for (const depth of [25, 50, 75, 100]) {
    const share = shareAt(scroll.reach, depth);
    line("reach", (depth / 100) * height - (depth === 100 ? 2 : 0), `${percent.format(share)} came to here`, css(share));
    const item = document.createElement("li");
    item.textContent = `${depth} % of the page: ${percent.format(share)}`;
    by("top").append(item);
  }
  const folds = [["p25", "a quarter"], ["p50", "half"], ["p75", "three quarters"]];
  for (const [key, words] of folds) {
    const px = scroll.fold?.[key];
    if (px) line("fold", px, `fold: ${words} of the windows end by here`, "");
  }
}

function line(kind, top, text, colour) {
  const mark = document.createElement("div");
  mark.className = kind;
  mark.style.top = `${top}px`;
  const label = document.createElement("span");
  label.textContent = text;
  if (colour) label.style.borderColor = colour;
  mark.append(label);
  by("lines").append(mark);
}

function outline(box) {
  by("outline").hidden = false;
  by("outline").style.cssText = `left: ${box.x}px; top: ${box.y}px; width: ${box.w}px; height: ${box.h}px`;
}

/** Says what was counted on the innermost element under the pointer. @param {PointerEvent} event */
function point(event) {
  const sheet = by("sheet").getBoundingClientRect();
  const scale = sheet.width / choice.width;
  const [x, y] = [(event.clientX - sheet.x) / scale, (event.clientY - sheet.y) / scale];
  const under = placed
    .filter(({ box }) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h)
    .sort((a, b) => a.box.w * a.box.h - b.box.w * b.box.h)[0];
  const tip = by("tip");
  tip.hidden = !under;
  by("outline").hidden = !under;
  if (!under) return;
  outline(under.box);
  tip.textContent = `${count.format(under.element.clicks)} simulated, ${percent.format(under.element.rate)} of page views · ${under.element.anchor}`;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - 300)}px`;
  tip.style.top = `${event.clientY + 18}px`;
}

setUp();
await load();
await draw();
setInterval(() => { if (!document.hidden) draw(); }, AGAIN_MS);
