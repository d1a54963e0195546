// Runs in the page: the boxes of everything a click can mean, as the script of Isotherm would name it.

import { anchorOf, INTERACTIVE } from "../../js-snippet/src/anchor.ts";
import { on } from "../../js-snippet/src/where.ts";

/** Every element of the document and of its open shadow roots. @param {ParentNode} root @returns {Element[]} */
function everything(root) {
  return [...root.querySelectorAll("*")].flatMap((element) =>
    element.shadowRoot ? [element, ...everything(element.shadowRoot)] : [element]);
}

/** The way of an event from `element` to the document. @param {Element} element */
function pathOf(element) {
  const path = [];
  for (let at = element; at; at = at.parentNode ?? at.host) path.push(at);
  return path;
}

/** What a click there means, as the script decides it. @param {Element} element @returns {Element} */
function meant(element) {
  return on(pathOf(element), "[data-isotherm]," + INTERACTIVE) || element;
}

/** @param {Element} element */
function kindOf(element) {
  if (/^(input|select|textarea)$/.test(element.localName)) return "field";
  if (element.matches(INTERACTIVE)) return "act";
  if (/^(p|h1|h2|h3|li|dt|dd|figcaption)$/.test(element.localName)) return "text";
  return "area";
}

/** The anchor, or "" where the script gives none. @param {Element} element */
function anchorIfAny(element) {
  try {
    return anchorOf(element) || "";
  } catch {
    return "";
  }
}

const round = (px) => Math.round(px * 2) / 2;

/** Boxes in page px, in document order: [kind, anchor, x, y, width, height, stuck]. */
function boxes() {
  const found = [];
  for (const element of everything(document.body)) {
    if (meant(element) !== element || element.closest("svg") !== null) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 8 || box.height < 8 || box.right <= 0) continue;
    found.push({ element, row: [kindOf(element), anchorIfAny(element), round(box.x + scrollX), round(box.y + scrollY), round(box.width), round(box.height)] });
  }
  return found;
}

/** Widths of a sentence in the shop's two font stacks: tells whether two machines lay text out alike. */
function fonts() {
  return ["Arial, 'Liberation Sans', Helvetica, sans-serif", "'Times New Roman', 'Liberation Serif', Times, serif"].map((family) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `100px ${family}`;
    return Math.round(pen.measureText("Tea asks for very little. Time, mostly.").width);
  });
}

globalThis.measureLayout = () => {
  scrollTo(0, 0);
  const found = boxes();
  const height = document.documentElement.scrollHeight;
  const before = found.map(({ element }) => element.getBoundingClientRect().top);
  scrollTo(0, height);
  const moved = scrollY > 100;
  found.forEach(({ element, row }, index) => {
    // Stuck elements stay where they are in the window while the page moves.
    if (moved && Math.abs(element.getBoundingClientRect().top - before[index]) < 1) row.push("stuck");
  });
  scrollTo(0, 0);
  return { fonts: fonts(), height, boxes: found.map(({ row }) => row) };
};
