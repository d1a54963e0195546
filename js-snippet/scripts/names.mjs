// Which letter a local name becomes, and which declaration stands before which, is nothing to a browser; brotli packs some
// choices 3 % smaller than those of the minifier. `npm run names` looks for them (some ten minutes, always the same ones) and
// writes names.json; the build only applies it. Where names.json was made for another code, the minifier's names stay.

import { parse } from "acorn";
import { createHash } from "node:crypto";

/** What a table was made for. */
export const fingerprint = (code) => createHash("sha256").update(code).digest("hex").slice(0, 16);

/** `code`, a `let` and statements, with the names and the order of `table`. */
export function renamed(code, table) {
  if (table?.of !== fingerprint(code)) return code;
  const { text, uses } = pieces(code);
  const packed = text(table.names.split(" "), table.order);
  // The same declarations are meant at the same places, or nothing is built.
  const before = pieces(text(undefined, table.order)).uses;
  const after = pieces(packed).uses;
  if (after.length !== uses.length || after.some((use, i) => use.binding !== before[i].binding)) throw new Error("names.json mixes names up");
  return packed;
}

/**
 * The code in pieces: its names, which of them must differ (`apart`), how many declarations stand in the first `let`, which
 * of these must stand before which (`needs`), and its text with other names and in another order.
 */
export function pieces(code) {
  const { body } = parse(code, { ecmaVersion: "latest" });
  const { names, uses, apart } = scopes(body);
  const [{ declarations, end }, ...statements] = body;
  const cut = (start, end) => ({ start, end, uses: uses.filter((use) => use.start >= start && use.end <= end) });
  const written = (part, given) => {
    let text = "";
    let at = part.start;
    for (const use of part.uses) {
      text += code.slice(at, use.start) + given[use.binding];
      at = use.end;
    }
    return text + code.slice(at, part.end);
  };
  const parts = declarations.map((node) => cut(node.start, node.end));
  const rest = cut(statements[0]?.start ?? end, code.length);
  const text = (given = names, order = parts.keys()) => `let ${[...order].map((i) => written(parts[i], given)).join()};${written(rest, given)}`;
  // A function's body runs later, for none is called here that names another declaration; whatever else one names must stand
  // before it.
  const own = declarations.map(({ id }) => uses.find((use) => use.start === id.start).binding);
  const needs = declarations.map(({ init }) => eager(init).map(({ start }) => own.indexOf(uses.find((use) => use.start === start)?.binding)).filter((i) => i >= 0));
  return { names, uses, apart, needs, text };
}

const isNode = (value) => typeof value?.type === "string";
const isFunction = (node) => /^(Arrow)?Function/.test(node.type);
const children = (node) =>
  Object.entries(node)
    .filter(([key]) => !((key === "key" || key === "property") && !node.computed))
    .flatMap(([, value]) => value)
    .filter(isNode);

// The identifiers that are read where `node` is.
function eager(node) {
  if (!node || isFunction(node)) return [];
  return node.type === "Identifier" ? [node] : children(node).flatMap(eager);
}

// The names that a pattern declares.
const declared = (pattern) => (pattern.type === "Identifier" ? [pattern] : children(pattern).flatMap(declared));

// What neither the script nor the minifier writes, and what would need rules of its own.
const isUnknown = (node) => /^(FunctionD|Class|Labeled)/.test(node.type) || node.param || node.shorthand || (node.type === "VariableDeclaration" && node.kind !== "let");

// Every name with its uses, and for each the names that may not be called alike: those of the same scope, and those of
// scopes between a use and its declaration.
function scopes(program) {
  const names = [];
  const found = [];
  const scope = (outer, patterns) => {
    const own = new Map();
    for (const { name } of patterns.flatMap(declared)) if (!own.has(name)) own.set(name, names.push(name) - 1);
    return { outer, own };
  };
  const lets = (among) => among.filter(({ type }) => type === "VariableDeclaration").flatMap(({ declarations }) => declarations.map(({ id }) => id));
  const statements = (node) => (isFunction(node) && node.body.type === "BlockStatement" ? node.body.body : []);
  const all = [];
  const visit = (node, outer) => {
    let inner = outer;
    if (node.type === "Identifier") found.push({ node, scope: outer });
    else if (isUnknown(node)) throw new Error(`${node.type} is not known here`);
    // Parameters and body share their names: more than they must.
    else if (isFunction(node)) all.push((inner = scope(outer, [...node.params, ...lets(statements(node))])));
    else if (node.type === "BlockStatement") all.push((inner = scope(outer, lets(node.body))));
    else if (/^For/.test(node.type)) all.push((inner = scope(outer, lets([node.left ?? node.init].filter(isNode)))));
    const parts = statements(node)[0] ? [...node.params, ...statements(node)] : children(node);
    for (const part of parts) visit(part, inner);
  };
  const top = scope(undefined, lets(program));
  all.push(top);
  for (const node of program) visit(node, top);

  const apart = names.map(() => new Set());
  const keep = (a, b) => a !== b && apart[a].add(b) && apart[b].add(a);
  for (const { own } of all) for (const a of own.values()) for (const b of own.values()) keep(a, b);
  const uses = [];
  for (const { node, scope } of found) {
    const passed = [];
    let at = scope;
    while (at && !at.own.has(node.name)) {
      passed.push(...at.own.values());
      at = at.outer;
    }
    // What nobody declares is the browser's, and has no short name.
    if (!at && node.name.length < 3) throw new Error(`${node.name} is declared nowhere`);
    if (!at) continue;
    const binding = at.own.get(node.name);
    for (const other of passed) keep(binding, other);
    uses.push({ start: node.start, end: node.end, binding });
  }
  uses.sort((a, b) => a.start - b.start);
  return { names, uses, apart: apart.map((others) => [...others]) };
}
