import type { ResultPoints } from '../../src/wire/result/sample-json.ts';

/** Points of a series, those that are not there left out: time in milliseconds and value. */
export function resultPoints({ timesMs, values, present }: ResultPoints): [number, number][] {
  return Array.from(values, (value, i): [number, number] => [timesMs[i]!, value]).filter((_, i) => present?.[i] !== 0);
}
