// From answers of the query API to rectangles on the page as it lies in the frame.

/** @typedef {{x: number, y: number, w: number, h: number, n: number}} Spot */

/** Joins the anchor of a shadow host and the anchor inside its open shadow root. */
const ENTER = " >>> ";

/** The element that an anchor names, or null. @param {string} anchor @param {Document} page @returns {Element | null} */
export function resolve(anchor, page) {
  let root = page;
  let found = null;
  for (const step of anchor.split(ENTER)) {
    try {
      found = root?.querySelector(step) ?? null;
    } catch {
      return null; // An anchor that a scrubbing rule has changed need not be a selector any more.
    }
    if (found === null) return null;
    root = found.shadowRoot;
  }
  return found;
}

/** The element's box in page px, or null where it is not shown. @param {Element | null} element */
function boxOf(element) {
  const box = element?.getBoundingClientRect();
  if (!box || box.width === 0 || box.height === 0) return null;
  const view = element.ownerDocument.defaultView;
  return { x: box.x + view.scrollX, y: box.y + view.scrollY, w: box.width, h: box.height };
}

/** @returns {Spot} */
function spotIn(box, cell) {
  if (cell.unit === "eighth") return { x: box.x + (cell.x * box.w) / 8, y: box.y + (cell.y * box.h) / 8, w: box.w / 8, h: box.h / 8, n: cell.n };
  if (cell.unit === "px16") return { x: box.x + cell.x * 16, y: box.y + cell.y * 16, w: 16, h: 16, n: cell.n };
  return { ...box, n: cell.n };
}

/**
 * Where the heat lies: on elements where the page has them, else on the grid. Never both: each click is in both maps.
 * @param {import("./data.js").Heatmap} heatmap
 * @param {Document} page
 * @returns {{spots: Spot[], placed: {box: {x: number, y: number, w: number, h: number}, element: import("./data.js").HeatElement}[], elsewhere: number}}
 */
export function spotsOf(heatmap, page) {
  const spots = [];
  const placed = [];
  let elsewhere = 0;
  for (const element of heatmap.elements) {
    const box = boxOf(resolve(element.anchor, page));
    if (box === null) {
      elsewhere += element.clicks;
      continue;
    }
    placed.push({ box, element });
    for (const cell of element.cells) spots.push(spotIn(box, cell));
    // What is too rare to be shown in its sub-cell lies somewhere on the element.
    const rest = element.clicks - element.cells.reduce((sum, cell) => sum + cell.n, 0);
    if (rest > 0) spots.push({ ...box, n: rest });
  }
  if (placed.length === 0) {
    elsewhere = 0;
    for (const cell of heatmap.cells) spots.push({ x: cell.x * 16, y: cell.y * 16, w: cell.px, h: cell.px, n: cell.n });
  }
  return { spots, placed, elsewhere };
}
