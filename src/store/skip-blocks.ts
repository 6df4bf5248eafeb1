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
import { keysOfText, markHolding, mayHold } from '../chunk/skip-filter.ts';
import { labelValue } from '../model/labels.ts';
import type { FilterCache, FilterSections } from './filter-cache.ts';
import type { LabelText, WantedRows } from './query-store.ts';
import type { SelectedSegment, Stretches } from './stretches.ts';

/** Blocks that are tested before others get their turn: some milliseconds. */
const TURN_BLOCKS = 16_384;

/** Filters of a segment are looked at together when one of so many blocks is of a selected stream. */
const MIN_SHARE = 4;

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
  /** Labels that may be in the metadata of rows. */
  readonly metadata: readonly LabelKeys[];
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
    const { filterStarts, filterEnds } = stored.segments[source]!.columns;
    const marks = marksFor(filterStarts.length);
    // Of thousands of streams an object for each would take as long as their filters.
    const all = { always: skipper.keys, literal: skipper.keys, metadata: [] };
    const isAlike = labels.length === 0 && metadata.length === 0;
    const stretches = stretchesOf(stored, i);
    const isMarked = isAlike && section !== undefined && stretches * MIN_SHARE >= filterStarts.length;
    if (isMarked) markHolding(section, filterStarts, filterEnds, skipper.keys, marks);
    for (const stop = i + stretches; i < stop; i++) {
      tested += stored.ends[i]! - stored.firsts[i]!;
      const keys = isAlike ? all : stretchKeys(stored, i, skipper.keys, labels, metadata);
      if (keys === 'no row') leaveOut(stored, i, counts);
      else if (section === undefined || (keys.literal.length === 0 && keys.metadata.length === 0))
        left.addFrom(stored, i);
      else {
        if (!isMarked) markWanted(stored, i, section, keys, marks);
        addMarked(stored, i, marks, left, counts);
      }
    }
  }
  return { left, ...counts };
}

/** How many stretches from one on are of its segment. */
function stretchesOf({ sources, count }: Stretches, i: number): number {
  let end = i + 1;
  while (end < count && sources[end] === sources[i]) end++;
  return end - i;
}

let marksAtHand: Uint8Array = new Uint8Array(0);

/** Room for a mark for each block of a segment; one at a time, between two waits. */
function marksFor(blocks: number): Uint8Array {
  if (marksAtHand.length < blocks) marksAtHand = new Uint8Array(blocks * 2);
  return marksAtHand;
}

/** Labels that the stream of a stretch lacks. */
function notOfStream(stored: Stretches, i: number, labels: readonly LabelKeys[]): readonly LabelKeys[] {
  const stream = stored.labels(stored.streamIds[i]!);
  return labels.filter(({ name }) => labelValue(stream, name) === undefined);
}

/** What is known of the lines of a stretch, and of its metadata: the segment has none of `labels` there, and some of `metadata`. */
function stretchKeys(
  stored: Stretches,
  i: number,
  keys: Uint32Array,
  labels: readonly LabelKeys[],
  metadata: readonly LabelKeys[],
): StretchKeys | 'no row' {
  const ownMetadata = metadata.length === 0 ? metadata : notOfStream(stored, i, metadata);
  if (labels.length === 0) return { always: keys, literal: keys, metadata: ownMetadata };
  const own = notOfStream(stored, i, labels);
  if (own.some(({ origin }) => origin === 'none')) return 'no row';
  const always = joined(
    keys,
    own.filter(({ origin }) => origin === 'part'),
  );
  return { always, literal: joined(keys, own), metadata: ownMetadata };
}

function joined(keys: Uint32Array, labels: readonly LabelKeys[]): Uint32Array {
  return labels.length === 0 ? keys : Uint32Array.from([...keys, ...labels.flatMap((label) => [...label.keys])]);
}

/** What was left out so far. */
export interface SkipCounts {
  blocks: number;
  lineBytes: number;
}

function leaveOut(stored: Stretches, i: number, counts: SkipCounts): void {
  counts.blocks += stored.ends[i]! - stored.firsts[i]!;
  counts.lineBytes += stored.lineBytes[i]!;
}

/** Marks blocks of a stretch that may hold the texts. */
function markWanted(
  stored: Stretches,
  i: number,
  section: Uint8Array,
  { always, literal, metadata }: StretchKeys,
  marks: Uint8Array,
): void {
  const segment = stored.segments[stored.sources[i]!]!;
  const { filterStarts, filterEnds } = segment.columns;
  const { blocks }: DirectoryTables = segment.directory;
  for (let block = stored.firsts[i]!; block < stored.ends[i]!; block++) {
    const isLiteral = always === literal || (blocks[block * BLOCK_FIELDS + B_FLAGS]! & FLAG_LITERAL) !== 0;
    const isWanted =
      mayHold(section, filterStarts[block]!, filterEnds[block]!, isLiteral ? literal : always) &&
      metadata.every((label) => labelMayHold(section, segment, block, label));
    marks[block] = isWanted ? 1 : 0;
  }
}

/** Adds the blocks of a stretch that are marked. */
export function addMarked(stored: Stretches, i: number, marks: Uint8Array, left: Stretches, counts: SkipCounts): void {
  const source = stored.sources[i]!;
  const streamId = stored.streamIds[i]!;
  const { blocks } = stored.segments[source]!.directory;
  const first = stored.firsts[i]!;
  const end = stored.ends[i]!;
  let begin = first;
  for (let block = first; block < end; block++) {
    if (marks[block] === 1) continue;
    counts.blocks++;
    counts.lineBytes += blocks[block * BLOCK_FIELDS + B_LINE_BYTES]!;
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
