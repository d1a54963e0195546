// Random numbers that can be had again: the seed is printed, and ISOTHERM_SEED sets it.

/** A source of numbers from 0 to 1 and the seed it grows from (Mulberry32). */
export function random(): { seed: number; next: () => number } {
  const seed = Number(process.env["ISOTHERM_SEED"] ?? Date.now() % 1_000_000);
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, next };
}
