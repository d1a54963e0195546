// Waiting: for a condition, with a deadline. Nothing here waits for time to pass.

/** Milliseconds after which a condition that does not hold is a failure. Generous: the machine may be busy. */
export const DEADLINE_MS = 60_000;
/** Milliseconds between two looks. */
const LOOK_EVERY_MS = 25;

/** The condition's value once it is neither false nor undefined. An error in it counts as "not yet". */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<T, false | undefined | null>> {
  const late = performance.now() + deadlineMs;
  let last = "it does not hold";
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== undefined && value !== null) return value as Exclude<T, false | undefined | null>;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > late) throw new Error(`after ${deadlineMs} ms, still waiting until ${what}: ${last}`);
    await new Promise((again) => setTimeout(again, LOOK_EVERY_MS));
  }
}

/** The value, or an error when it takes longer than the deadline. */
export async function within<T>(what: string, deadlineMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${deadlineMs} ms`)), deadlineMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
