// Shares as horizontal bars that are read as a list.
import { count, share } from "../words";

export interface Bar {
  name: string;
  value: number;
  /** What the bar says in words, where the number alone would not. */
  text?: string;
}

export function Bars({ bars, label }: { bars: Bar[]; label: string }) {
  const all = bars.reduce((sum, bar) => sum + bar.value, 0) || 1;
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <ul class="bars" aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.name}>
          <span>{bar.name}</span>
          <span class="track" aria-hidden="true">
            <span style={{ width: `${(100 * bar.value) / most}%` }} />
          </span>
          <span class="number">{bar.text ?? `${count(bar.value)} · ${share(bar.value / all)}`}</span>
        </li>
      ))}
    </ul>
  );
}
