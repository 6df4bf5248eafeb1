import { RecentMap } from '../../base/recent-map.ts';
import type { SegmentRun } from '../../store/snapshot/segment-runs.ts';
import { MinuteSums } from './minute-sums.ts';
import type { TallySeries } from './tally-series.ts';

/** Runs of fewer streams are added up again each time. */
const LEAST_STREAMS = 32;
/** Series of a run that are kept at most, as a share of its streams: else the sums are no shorter than what they sum. */
const SERIES_SHARE = 0.25;
const MAX_SERIES = 512;
/** About what an entry costs besides its columns. */
const ENTRY_BYTES = 400;

interface Entry {
  readonly streams: Uint32Array | undefined;
  /** Undefined: not worth it, or statistics cannot tell all of them. */
  readonly sums: MinuteSums | undefined;
}

/**
 * Keeps sums of tallies over many streams of a segment: with thousands of streams nearly every row has a tally entry of its own, while a
 * query asks for a few series of them, again and again. By the minute, so that they are right for any range and step. A closed segment
 * never changes; the least recently used go first.
 */
export class TallyCache {
  readonly #maxBytes: number;
  readonly #entries: RecentMap<string, Entry>;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#entries = new RecentMap({ maxWeight: maxBytes });
  }

  get bytes(): number {
    return this.#entries.weight;
  }

  /** Kept sums of a run, else they are made. @returns undefined when the run is to be added up as it is */
  sums(series: TallySeries, run: SegmentRun): MinuteSums | undefined {
    if (run.count < LEAST_STREAMS || this.#maxBytes === 0) return undefined;
    const { streams, segment } = run;
    const key = `${segment.path} ${series.id} ${streams === undefined ? 'all' : hashOf(streams)}`;
    const known = this.#entries.get(key);
    if (known !== undefined && isEqual(known.streams, streams)) return known.sums;
    const sums = MinuteSums.of(series, run, Math.min(MAX_SERIES, Math.floor(run.count * SERIES_SHARE)));
    const bytes = ENTRY_BYTES + 2 * key.length + (streams?.byteLength ?? 0) + (sums?.bytes ?? 0);
    this.#entries.set(key, { streams: streams?.slice(), sums }, bytes);
    return sums;
  }
}

function hashOf(numbers: Uint32Array): number {
  let hash = numbers.length;
  for (let i = 0; i < numbers.length; i++) hash = (Math.imul(hash, 31) + numbers[i]!) | 0;
  return hash;
}

function isEqual(a: Uint32Array | undefined, b: Uint32Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
