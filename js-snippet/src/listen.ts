// Nothing that goes wrong in the script ever reaches the page.

/** Runs `work`; whatever goes wrong in it stays here. */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Runs `work` after `ms` milliseconds; gives the timer. */
export function later(work: () => void, ms: number): number {
  return setTimeout(() => quietly(work), ms);
}
