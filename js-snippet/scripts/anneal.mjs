// Looks for the names and the order that brotli packs smallest, and writes names.json. Simulated annealing: a step that makes
// the code larger is taken too, the less likely the larger and the later. Always the same steps: same code, same table.

import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { shortened, travelling } from "./build.mjs";
import { fingerprint, pieces } from "./names.mjs";

const STEPS = Number(argv[2] ?? 70_000);
/** How many bytes larger a step may make the code with a chance of 1 in e, at the start. */
const WARMTH_BYTES = 0.4;
/** Three steps of four change names, the others the order. */
const NAMING = 0.75;
/** A change of names that reaches further than so many of them is not tried. */
const REACH = 20;

let seed = Number(argv[3] ?? 7);
// Mulberry32: the same numbers everywhere.
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (most) => Math.floor(random() * most);

const [, code] = await shortened("src/main.ts");
const { names: given, apart, needs, text } = pieces(code);
const size = (now) => travelling(Buffer.from(`try{${text(now.names, now.order)}}catch{}`));

// Two names change places, in every scope that this reaches; nothing where it reaches too far.
function swapped(names) {
  const first = below(names.length);
  const one = names[first];
  const all = [...new Set(names)];
  const other = all[below(all.length)];
  if (one === other) return undefined;
  const next = [...names];
  const reached = new Set([first]);
  for (const at of reached) {
    next[at] = names[at] === one ? other : one;
    for (const near of apart[at]) if (names[near] === next[at]) reached.add(near);
    if (reached.size > REACH) return undefined;
  }
  return next;
}

// A few declarations move together.
function moved(order) {
  const next = [...order];
  const some = next.splice(below(next.length), random() < 0.8 ? 1 : 1 + below(4));
  next.splice(below(next.length + 1), 0, ...some);
  const place = next.map((_, i) => next.indexOf(i));
  return needs.every((before, i) => before.every((j) => place[j] < place[i])) ? next : undefined;
}

let now = { names: given, order: needs.map((_, i) => i) };
let bytes = size(now);
let best = { ...now, bytes };
console.log(`${bytes} bytes as the minifier names them`);
for (let step = 0; step < STEPS; ) {
  const naming = random() < NAMING;
  const next = naming ? { ...now, names: swapped(now.names) } : { ...now, order: moved(now.order) };
  if (!next.names || !next.order) continue;
  const after = size(next);
  const warmth = WARMTH_BYTES * (1 - step++ / STEPS);
  if (after <= bytes || random() < Math.exp((bytes - after) / warmth)) [now, bytes] = [next, after];
  if (bytes < best.bytes) best = { ...now, bytes };
  if (step % 5000 === 0) console.log(`${step} steps: ${best.bytes} bytes`);
}
const table = { of: fingerprint(code), names: best.names.join(" "), order: best.order };
writeFileSync(new URL("names.json", import.meta.url), `${JSON.stringify(table)}\n`);
