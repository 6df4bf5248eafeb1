import type { Labels } from '../model/labels.ts';
import type { Stretches } from '../store/stretches.ts';

/** Minutes 1 to 1440 of a day; 0 holds its very first nanosecond. */
export const TALLY_MINUTES = 1441;
/** Runs of fewer stretches are added up again each time. */
const LEAST_STRETCHES = 32;
/** Series of a run that are kept at most, as a share of its stretches: else the sums are no shorter than what they sum. */
const SERIES_SHARE = 0.25;
const MAX_SERIES = 512;
/** About what an entry costs besides its columns. */
const ENTRY_BYTES = 400;

/** Rows per minute of each series of a run of stretches; no columns when it is not worth it or statistics cannot tell. */
export interface TallySums {
  readonly series: readonly Labels[];
  /** `TALLY_MINUTES` counts for each series. */
  readonly columns: readonly Uint32Array[];
  readonly isKnown: boolean;
}

/** Neighbouring stretches `from .. to` of one segment. */
export interface StretchRun {
  readonly from: number;
  readonly to: number;
}

interface Entry {
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
  readonly sums: TallySums;
  readonly bytes: number;
}

/**
 * Keeps sums of tallies over many streams of a segment: with thousands of streams nearly every row has a tally entry of its own, while a
 * query asks for a few series of them, again and again. By the minute, so that they are right for any range and step. A closed segment
 * never changes; the least recently used go first.
 */
export class TallyCache {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Kept sums of a run, else what `make` finds. @param plan names all that decides the series of a row */
  sums(plan: string, stretches: Stretches, run: StretchRun, make: (maxSeries: number) => TallySums): TallySums {
    const firsts = stretches.firsts.subarray(run.from, run.to);
    const ends = stretches.ends.subarray(run.from, run.to);
    const { path } = stretches.segments[stretches.sources[run.from]!]!;
    const key = `${path} ${hashOf(firsts, ends)} ${plan}`;
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#remove(key, known);
      if (isEqual(known.firsts, firsts) && isEqual(known.ends, ends)) {
        this.#add(key, known);
        return known.sums;
      }
    }
    const sums = make(Math.min(MAX_SERIES, Math.floor(firsts.length * SERIES_SHARE)));
    const bytes =
      ENTRY_BYTES + 2 * key.length + 2 * firsts.byteLength + sums.columns.length * (ENTRY_BYTES + TALLY_MINUTES * 4);
    this.#add(key, { firsts: firsts.slice(), ends: ends.slice(), sums, bytes });
    return sums;
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const [oldest, one] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(oldest, one);
    }
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

/** Runs that are worth keeping; the other stretches are none's. */
export function longRuns(stretches: Stretches): StretchRun[] {
  const runs: StretchRun[] = [];
  const { sources, count } = stretches;
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && sources[to] === sources[from]) to++;
    if (sources[from]! >= 0 && to - from >= LEAST_STRETCHES) runs.push({ from, to });
  }
  return runs;
}

function hashOf(...columns: readonly Int32Array[]): number {
  let hash = 0;
  for (const column of columns) for (let i = 0; i < column.length; i++) hash = (Math.imul(hash, 31) + column[i]!) | 0;
  return hash;
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
