// An answer on its way: loading, failed, or there. A question that is asked again cancels the one before.
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError } from "./api";

export interface Asked<T> {
  value?: T;
  error?: string;
  loading: boolean;
  again: () => void;
}

/** Asks when `key` changes. The last value stays until the new one is there, so that nothing jumps. */
export function useAnswer<T>(key: string | null, question: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [round, setRound] = useState(0);
  const [state, set] = useState<{ value?: T; error?: string; loading: boolean }>({ loading: key !== null });
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    set((before) => ({ ...(before.value !== undefined && { value: before.value }), loading: true }));
    question(stop.signal).then(
      (value) => stop.signal.aborted || set({ value, loading: false }),
      (error: unknown) => stop.signal.aborted || set({ error: messageOf(error), loading: false }),
    );
    return () => stop.abort();
  }, [key, round]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  return { ...state, again };
}

export const messageOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : "Something went wrong in the dashboard. Reload the page.";
