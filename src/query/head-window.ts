import { OpenTimes } from '../store/open-times.ts';
import type { Stretches } from '../store/stretches.ts';
import { lowerBound, upperBound } from './row-range.ts';

const FIRST_SPAN_NS = 1_000_000;
const GROWTH = 4;
const LONGEST_SPAN_NS = 3_600_000_000_000;
/** Once enough rows are known to lie in a span, it is halved so often between that and the one before. */
const HALVINGS = 3;

/**
 * How far the first `limit` rows of the head reach from the newest (oldest) one of a day, as they are: minutes, which statistics know, are
 * long when much comes in. Counts the rows of parts that lie in time order; a look at a few times for each.
 *
 * @param bounds first and last wanted time, nanoseconds from the start of the day
 * @returns a time that so many rows are not behind; undefined when there are not so many within an hour
 */
export function headWindow(
  stretches: Stretches,
  day: number,
  bounds: { readonly from: number; readonly to: number },
  limit: number,
  backward: boolean,
): number | undefined {
  const { from, to } = bounds;
  const parts = openParts(stretches, day, from, to);
  if (parts.length === 0) return undefined;
  const edge = parts.reduce(
    (best, { min, max }) => (backward ? Math.max(best, Math.min(max, to)) : Math.min(best, Math.max(min, from))),
    backward ? from : to,
  );
  const hasEnough = (span: number): boolean =>
    backward
      ? holds(parts, Math.max(from, edge - span), edge, limit)
      : holds(parts, edge, Math.min(to, edge + span), limit);
  let low = 0;
  let span = FIRST_SPAN_NS;
  for (; !hasEnough(span); span *= GROWTH) {
    if (span > LONGEST_SPAN_NS) return undefined;
    low = span;
  }
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.floor((low + span) / 2);
    if (hasEnough(middle)) span = middle;
    else low = middle;
  }
  return backward ? edge - span : edge + span;
}

interface OpenPart {
  readonly min: number;
  readonly max: number;
  readonly times: OpenTimes;
}

function openParts(stretches: Stretches, day: number, from: number, to: number): OpenPart[] {
  const { days, mins, maxs } = stretches;
  const parts: OpenPart[] = [];
  for (let i = 0; i < stretches.count; i++) {
    if (days[i] !== day || maxs[i]! < from || mins[i]! > to || stretches.directory(i) !== undefined) continue;
    const times = OpenTimes.of(stretches.part(i));
    if (times !== undefined) parts.push({ min: mins[i]!, max: maxs[i]!, times });
  }
  return parts;
}

/** At least `limit` rows have times of `from .. to`. */
function holds(parts: readonly OpenPart[], from: number, to: number, limit: number): boolean {
  let rows = 0;
  for (const { min, max, times } of parts) {
    if (max < from || min > to) continue;
    rows += rowsWithin(times, from, to);
    if (rows >= limit) return true;
  }
  return false;
}

function rowsWithin(open: OpenTimes, first: number, last: number): number {
  let rows = 0;
  open.rewind();
  while (open.next()) {
    const { times, from, to } = open;
    if (from === to || times[to - 1]! < first) continue;
    if (times[from]! > last) break;
    rows += upperBound(times, from, to, last) - lowerBound(times, from, to, first);
  }
  return rows;
}
