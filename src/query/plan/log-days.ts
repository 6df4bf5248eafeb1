import type { SegmentRun, SelectedRuns } from '../../store/snapshot/segment-runs.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';

/** What lies in one day: stretches by number, and whole segments. */
export interface LogDay {
  readonly day: number;
  readonly members: Int32Array;
  readonly runs: readonly SegmentRun[];
}

const NO_MEMBERS = new Int32Array(0);

/** What is selected, by day. */
export function daysOf({ runs, others }: SelectedRuns): LogDay[] {
  const members = membersByDay(others);
  const days = new Set([...members.keys(), ...runs.map(({ segment }) => segment.day)]);
  return Array.from(days, (day) => ({
    day,
    members: members.get(day) ?? NO_MEMBERS,
    runs: runs.filter(({ segment }) => segment.day === day),
  }));
}

/** Numbers of the stretches of each day, ascending. */
function membersByDay({ days, count }: Stretches): Map<number, Int32Array> {
  const counts = new Map<number, number>();
  // Neighbours mostly are of one day.
  for (let i = 0, end = 0; i < count; i = end) {
    while (end < count && days[end] === days[i]) end++;
    counts.set(days[i]!, (counts.get(days[i]!) ?? 0) + end - i);
  }
  const members = new Map<number, Int32Array>();
  for (const [day, size] of counts) members.set(day, new Int32Array(size));
  const filled = new Map<number, number>();
  for (let i = 0, end = 0; i < count; i = end) {
    const day = days[i]!;
    const list = members.get(day)!;
    let at = filled.get(day) ?? 0;
    for (; end < count && days[end] === day; end++) list[at++] = end;
    filled.set(day, at);
  }
  return members;
}
