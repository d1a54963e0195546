// Listeners that never throw into the page, never block it, and can all be taken off at once.

let removers: (() => void)[] = [];

/** Runs `work`; whatever goes wrong in it stays here. */
export function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Adds a passive, capturing listener, by default to the document. */
export function listen<E extends Event>(type: string, handler: (event: E) => void, target: EventTarget = document): void {
  const guarded = (event: Event) => quietly(() => handler(event as E));
  target.addEventListener(type, guarded, { capture: true, passive: true });
  removers.push(() => target.removeEventListener(type, guarded, true));
}

/** Takes every listener off. */
export function silence(): void {
  for (const remove of removers) remove();
  removers = [];
}
