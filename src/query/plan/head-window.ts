import { OpenTimes } from '../../store/snapshot/open-times.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { lowerBound, upperBound } from '../task/row-range.ts';

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
  const parts = new OpenParts(stretches, day, from, to);
  if (parts.numbers.length === 0) return undefined;
  const { mins, maxs } = stretches;
  let edge = backward ? from : to;
  for (const i of parts.numbers)
    edge = backward ? Math.max(edge, Math.min(maxs[i]!, to)) : Math.min(edge, Math.max(mins[i]!, from));
  const hasEnough = (span: number): boolean =>
    backward
      ? parts.hold(Math.max(from, edge - span), edge, limit)
      : parts.hold(edge, Math.min(to, edge + span), limit);
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

/** Open parts of a day in a range: numbers of stretches. */
class OpenParts {
  readonly #stretches: Stretches;
  readonly #times = new OpenTimes();
  readonly numbers: number[] = [];

  constructor(stretches: Stretches, day: number, from: number, to: number) {
    this.#stretches = stretches;
    const { days, mins, maxs } = stretches;
    for (let i = 0; i < stretches.count; i++)
      if (days[i] === day && maxs[i]! >= from && mins[i]! <= to && stretches.headPages(i)?.sorted === true)
        this.numbers.push(i);
  }

  /** At least `limit` rows have times of `from .. to`. */
  hold(from: number, to: number, limit: number): boolean {
    const { mins, maxs } = this.#stretches;
    let rows = 0;
    for (const i of this.numbers) {
      if (maxs[i]! < from || mins[i]! > to) continue;
      this.#times.begin(this.#stretches, i);
      rows += rowsWithin(this.#times, from, to);
      if (rows >= limit) return true;
    }
    return false;
  }
}

function rowsWithin(open: OpenTimes, first: number, last: number): number {
  let rows = 0;
  while (open.previous()) {
    const { times, from, to } = open;
    if (from === to || times[from]! > last) continue;
    if (times[to - 1]! < first) break;
    rows += upperBound(times, from, to, last) - lowerBound(times, from, to, first);
  }
  return rows;
}
