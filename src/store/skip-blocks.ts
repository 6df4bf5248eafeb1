import { setImmediate } from 'node:timers/promises';
import {
  B_FLAGS,
  B_LINE_BYTES,
  B_METADATA,
  BLOCK_FIELDS,
  C_LENGTH,
  type DirectoryTables,
  FLAG_LITERAL,
  FLAG_METADATA_FILTER,
} from '../chunk/directory.ts';
import { metadataKey } from '../chunk/metadata-filter.ts';
import { keysOfText, mayHold } from '../chunk/skip-filter.ts';
import { labelValue } from '../model/labels.ts';
import type { FilterCache, FilterSections } from './filter-cache.ts';
import type { LabelText, WantedRows } from './query-store.ts';
import type { SelectedSegment, Stretches } from './stretches.ts';

/** Blocks that are tested before others get their turn: some milliseconds. */
const TURN_BLOCKS = 16_384;

const encoder = new TextEncoder();

interface LabelKeys {
  readonly name: string;
  readonly origin: LabelText['origin'];
  readonly keys: Uint32Array;
  /** Key of the value in metadata filters; empty: not known. */
  readonly metadataKey: Uint32Array;
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
    .map(({ name, origin, texts: own, value }): LabelKeys => {
      const metadataKeys = value === undefined ? [] : [metadataKey(encoder.encode(name), value)];
      return { name, origin, keys: keysOf(own), metadataKey: Uint32Array.from(metadataKeys) };
    })
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

/** Stretches of blocks that may hold wanted rows, and what was left out. */
export interface LeftOut {
  readonly left: Stretches;
  readonly blocks: number;
  readonly lineBytes: number;
}

/** By what the lines and labels of wanted rows hold. Loose parts stay. */
export async function leaveOutBlocks(stored: Stretches, skipper: BlockSkipper): Promise<LeftOut> {
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
    const inMetadata = (name: string): boolean => directory.metadataNames.includes(name);
    const labels = skipper.labels.filter(({ name }) => !inMetadata(name));
    const metadata = skipper.labels.filter(({ name, metadataKey: key }) => inMetadata(name) && key.length > 0);
    const found =
      skipper.keys.length === 0 && metadata.length === 0 && labels.every(({ keys }) => keys.length === 0)
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
      const own = metadata.length === 0 ? metadata : notOfStream(stored, i, metadata);
      if (keys === 'no row') leaveOut(stored, i, counts);
      else if (section === undefined || (keys.literal.length === 0 && own.length === 0)) left.addFrom(stored, i);
      else addUnskipped(stored, i, section, { ...keys, metadata: own }, left, counts);
    }
  }
  return { left, ...counts };
}

/** Labels that the stream of a stretch lacks. */
function notOfStream(stored: Stretches, i: number, labels: readonly LabelKeys[]): readonly LabelKeys[] {
  const stream = stored.labels(stored.streamIds[i]!);
  return labels.filter(({ name }) => labelValue(stream, name) === undefined);
}

/** What is known of the lines of a stretch whose segment has none of the labels as metadata. */
function stretchKeys(
  stored: Stretches,
  i: number,
  keys: Uint32Array,
  labels: readonly LabelKeys[],
): StretchKeys | 'no row' {
  if (labels.length === 0) return { always: keys, literal: keys };
  const own = notOfStream(stored, i, labels);
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
  { always, literal, metadata }: StretchKeys & { readonly metadata: readonly LabelKeys[] },
  left: Stretches,
  counts: SkipCounts,
): void {
  const source = stored.sources[i]!;
  const streamId = stored.streamIds[i]!;
  const { directory, columns } = stored.segments[source]!;
  const { filterStarts, filterEnds } = columns;
  const { blocks }: DirectoryTables = directory;
  const differ = always !== literal;
  const first = stored.firsts[i]!;
  const end = stored.ends[i]!;
  if (end - first === 1 && !differ && metadata.length === 0) {
    // Of many small streams: nothing of the block itself is looked at.
    if (mayHold(section, filterStarts[first]!, filterEnds[first]!, literal)) left.addFrom(stored, i);
    else leaveOut(stored, i, counts);
    return;
  }
  let begin = first;
  for (let block = first; block < end; block++) {
    const at = block * BLOCK_FIELDS;
    const keys = differ && (blocks[at + B_FLAGS]! & FLAG_LITERAL) === 0 ? always : literal;
    const isWanted =
      mayHold(section, filterStarts[block]!, filterEnds[block]!, keys) &&
      metadata.every((label) => labelMayHold(section, stored.segments[source]!, block, label));
    if (isWanted) continue;
    counts.blocks++;
    counts.lineBytes += blocks[at + B_LINE_BYTES]!;
    if (begin < block) left.addBlocks(streamId, source, begin, block);
    begin = block + 1;
  }
  if (begin === first) left.addFrom(stored, i);
  else if (begin < end) left.addBlocks(streamId, source, begin, end);
}

/** Whether rows of a block can have a label that is metadata of some rows of the segment: as metadata, or out of the line. */
function labelMayHold(
  section: Uint8Array,
  { directory: { blocks }, columns: { filterStarts, filterEnds } }: SelectedSegment,
  block: number,
  { origin, keys, metadataKey: key }: LabelKeys,
): boolean {
  const at = block * BLOCK_FIELDS;
  const flags = blocks[at + B_FLAGS]!;
  const metadataEnd = Math.max(filterEnds[block]!, filterStarts[block + 1] ?? section.length);
  const isInMetadata =
    blocks[at + B_METADATA + C_LENGTH]! > 0 &&
    ((flags & FLAG_METADATA_FILTER) === 0 || mayHold(section, filterEnds[block]!, metadataEnd, key));
  if (isInMetadata || origin === 'none') return isInMetadata;
  return (
    (origin === 'escaped' && (flags & FLAG_LITERAL) === 0) ||
    mayHold(section, filterStarts[block]!, filterEnds[block]!, keys)
  );
}
