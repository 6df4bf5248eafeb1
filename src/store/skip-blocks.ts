import { setImmediate } from 'node:timers/promises';
import { B_FLAGS, B_LINE_BYTES, BLOCK_FIELDS, type Directory, FLAG_LITERAL } from '../chunk/directory.ts';
import { keysOfText, mayHold } from '../chunk/skip-filter.ts';
import { labelValue } from '../model/labels.ts';
import type { FilterCache, FilterSections } from './filter-cache.ts';
import type { LabelText, WantedRows } from './query-store.ts';
import type { Stretches } from './stretches.ts';

/** Blocks that are tested before others get their turn: some milliseconds. */
const TURN_BLOCKS = 16_384;

interface LabelKeys {
  readonly name: string;
  readonly origin: LabelText['origin'];
  readonly keys: Uint32Array;
}

/** Rules out blocks by their skip filters. */
interface BlockSkipper {
  /** Keys of all texts that a wanted line holds. */
  readonly keys: Uint32Array;
  readonly labels: readonly LabelKeys[];
  readonly filters: FilterSections;
}

/** Undefined when nothing that is known of the wanted rows can rule out a block. */
export function blockSkipper({ texts, labels }: WantedRows, filters: FilterCache): BlockSkipper | undefined {
  const keys = keysOf(texts);
  const useful = labels
    .map(({ name, origin, texts: own }): LabelKeys => ({ name, origin, keys: keysOf(own) }))
    .filter(({ origin, keys: own }) => origin === 'none' || own.length > 0);
  if (keys.length === 0 && useful.length === 0) return undefined;
  return { keys, labels: useful, filters: filters.forQuery() };
}

function keysOf(texts: readonly Uint8Array[]): Uint32Array {
  return Uint32Array.from(new Set(texts.flatMap((text) => [...keysOfText(text)])));
}

/** What the lines of a stretch must hold. */
interface StretchKeys {
  /** Keys that the filter of each block must have. */
  readonly always: Uint32Array;
  /** The same, and keys that hold for blocks without unicode escapes alone. */
  readonly literal: Uint32Array;
}

/** Stretches of the blocks that may hold the wanted rows, and what was left out. Loose parts stay. */
export async function leaveOutBlocks(
  stored: Stretches,
  skipper: BlockSkipper,
): Promise<{ readonly left: Stretches; readonly blocks: number; readonly lineBytes: number }> {
  const left = stored.sibling();
  const counts = { blocks: 0, lineBytes: 0 };
  let tested = 0;
  // Stretches of a segment follow each other.
  for (let i = 0; i < stored.count; ) {
    const source = stored.sources[i]!;
    if (source < 0) {
      left.addFrom(stored, i++);
      continue;
    }
    const { path, directory } = stored.segments[source]!;
    const labels = skipper.labels.filter(({ name }) => !directory.metadataNames.includes(name));
    const found =
      skipper.keys.length === 0 && labels.every(({ keys }) => keys.length === 0)
        ? undefined
        : skipper.filters.section(path, directory);
    const section = found instanceof Promise ? await found : found;
    if (tested > TURN_BLOCKS) {
      tested = 0;
      await setImmediate();
    }
    for (; i < stored.count && stored.sources[i] === source; i++) {
      tested += stored.ends[i]! - stored.firsts[i]!;
      const keys = stretchKeys(stored, i, skipper.keys, labels);
      if (keys === 'no row') leaveOut(stored, i, counts);
      else if (section === undefined || keys.literal.length === 0) left.addFrom(stored, i);
      else addUnskipped(stored, i, section, keys, left, counts);
    }
  }
  return { left, ...counts };
}

/** What is known of the lines of a stretch whose segment has none of the labels as metadata. */
function stretchKeys(
  stored: Stretches,
  i: number,
  keys: Uint32Array,
  labels: readonly LabelKeys[],
): StretchKeys | 'no row' {
  if (labels.length === 0) return { always: keys, literal: keys };
  const stream = stored.labels(stored.streamIds[i]!);
  const own = labels.filter(({ name }) => labelValue(stream, name) === undefined);
  if (own.some(({ origin }) => origin === 'none')) return 'no row';
  const always = joined(
    keys,
    own.filter(({ origin }) => origin === 'part'),
  );
  return { always, literal: joined(keys, own) };
}

function joined(keys: Uint32Array, labels: readonly LabelKeys[]): Uint32Array {
  return labels.length === 0 ? keys : Uint32Array.from([...keys, ...labels.flatMap((label) => [...label.keys])]);
}

interface SkipCounts {
  blocks: number;
  lineBytes: number;
}

function leaveOut(stored: Stretches, i: number, counts: SkipCounts): void {
  counts.blocks += stored.ends[i]! - stored.firsts[i]!;
  counts.lineBytes += stored.lineBytes[i]!;
}

/** Runs of blocks that may hold the texts. */
function addUnskipped(
  stored: Stretches,
  i: number,
  section: Uint8Array,
  { always, literal }: StretchKeys,
  left: Stretches,
  counts: SkipCounts,
): void {
  const source = stored.sources[i]!;
  const streamId = stored.streamIds[i]!;
  const { directory, columns } = stored.segments[source]!;
  const { filterStarts, filterEnds } = columns;
  const { blocks }: Directory = directory;
  const differ = always !== literal;
  const first = stored.firsts[i]!;
  const end = stored.ends[i]!;
  if (end - first === 1 && !differ) {
    // Of many small streams: nothing of the block itself is looked at.
    if (mayHold(section, filterStarts[first]!, filterEnds[first]!, literal)) left.addFrom(stored, i);
    else leaveOut(stored, i, counts);
    return;
  }
  let begin = first;
  for (let block = first; block < end; block++) {
    const at = block * BLOCK_FIELDS;
    const keys = differ && (blocks[at + B_FLAGS]! & FLAG_LITERAL) === 0 ? always : literal;
    if (mayHold(section, filterStarts[block]!, filterEnds[block]!, keys)) continue;
    counts.blocks++;
    counts.lineBytes += blocks[at + B_LINE_BYTES]!;
    if (begin < block) left.addBlocks(streamId, source, begin, block);
    begin = block + 1;
  }
  if (begin === first) left.addFrom(stored, i);
  else if (begin < end) left.addBlocks(streamId, source, begin, end);
}
