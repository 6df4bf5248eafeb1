import type { DirectoryTables } from '../../chunk/directory.ts';
import { MAX_COUNT, NO_TALLY, TALLY_ENTRY_BYTES, TALLY_MINUTES, type Tally } from '../../chunk/tally.ts';
import { LEVEL_CODES } from '../../model/level.ts';
import type { StreamColumns } from './stream-columns.ts';

export interface TalliedSegment {
  readonly directory: Pick<DirectoryTables, 'tally'>;
  /** Blocks of stream `s` are `firstBlocks[s] .. firstBlocks[s + 1]`. */
  readonly firstBlocks: Uint32Array;
  readonly columns: StreamColumns;
}

/** Streams of a group, neighbours by their labels: in most queries all of one series, or of none. */
export const GROUP_STREAMS = 32;
/** With fewer, each stream has about as many entries as a group would have. */
const MIN_STREAMS = 16 * GROUP_STREAMS;
/** Entries of streams for each one of a group from which groups are worth their memory. */
const MIN_GAIN = 4;

/** By the columns of the segment, which live as long as its directory does; NO_TALLY where groups do not pay. */
const known = new WeakMap<StreamColumns, Tally>();

/**
 * Tallies of a segment added up over groups of neighbouring streams: entries of group `g`, with the streams `g * GROUP_STREAMS` and those that
 * follow, are `starts[g] .. starts[g + 1]`. With thousands of streams nearly every row has an entry of its own; of a group, many rows share one.
 * Made when first asked for, and kept when the tally is not. The streams behind the last full group are in none.
 *
 * @returns undefined when single streams do as well
 */
export function tallyGroups({ directory, firstBlocks, columns }: TalliedSegment): Tally | undefined {
  if (firstBlocks.length - 1 < MIN_STREAMS) return undefined;
  let groups = known.get(columns);
  if (groups === undefined) {
    groups = makeGroups(directory.tally, firstBlocks);
    known.set(columns, groups);
  }
  return groups === NO_TALLY ? undefined : groups;
}

/** Bytes that groups take, about: half of what they take at most. */
export function tallyGroupBytes(entries: number, streamCount: number): number {
  return streamCount < MIN_STREAMS ? 0 : (entries * TALLY_ENTRY_BYTES) / MIN_GAIN / 2;
}

type Sums = (Uint32Array | undefined)[];

function addEntries(sums: Sums, { minutes, levels, counts }: Tally, from: number, end: number): void {
  for (let at = from; at < end; at++) {
    const level = levels[at]!;
    sums[level] ??= new Uint32Array(TALLY_MINUTES);
    sums[level][minutes[at]!]! += counts[at]!;
  }
}

/** Makes entries of the sums of a level, which are zeros then. @returns entries there are now, more than there is room for when they are too many */
function takeLevel(ofLevel: Uint32Array, level: number, made: Omit<Tally, 'starts'>, before: number): number {
  const most = made.counts.length;
  let entries = before;
  for (let minute = 0; minute < TALLY_MINUTES; minute++) {
    let rest = ofLevel[minute]!;
    ofLevel[minute] = 0;
    for (; rest > 0; rest -= MAX_COUNT) {
      if (entries >= most) return most + 1;
      made.minutes[entries] = minute;
      made.levels[entries] = level;
      made.counts[entries++] = Math.min(rest, MAX_COUNT);
    }
  }
  return entries;
}

function makeGroups(tally: Tally, firstBlocks: Uint32Array): Tally {
  const { starts, counts } = tally;
  const groupCount = Math.floor((firstBlocks.length - 1) / GROUP_STREAMS);
  const most = Math.floor(counts.length / MIN_GAIN);
  const made = {
    starts: new Uint32Array(groupCount + 1),
    minutes: new Uint16Array(most),
    levels: new Uint8Array(most),
    counts: new Uint8Array(most),
  };
  /** Rows of the group by level and minute. */
  const sums: Sums = new Array(LEVEL_CODES);
  let entries = 0;
  for (let group = 0; group < groupCount; group++) {
    const from = starts[firstBlocks[group * GROUP_STREAMS]!]!;
    addEntries(sums, tally, from, starts[firstBlocks[(group + 1) * GROUP_STREAMS]!]!);
    for (let level = 0; level < LEVEL_CODES; level++) {
      const ofLevel = sums[level];
      if (ofLevel !== undefined) entries = takeLevel(ofLevel, level, made, entries);
      if (entries > most) return NO_TALLY;
    }
    made.starts[group + 1] = entries;
  }
  return {
    starts: made.starts,
    minutes: made.minutes.slice(0, entries),
    levels: made.levels.slice(0, entries),
    counts: made.counts.slice(0, entries),
  };
}
