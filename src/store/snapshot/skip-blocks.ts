import { setImmediate } from 'node:timers/promises';
import {
  B_FLAGS,
  B_METADATA,
  BLOCK_FIELDS,
  C_LENGTH,
  type DirectoryTables,
  FLAG_LITERAL,
  FLAG_METADATA_FILTER,
} from '../../chunk/directory.ts';
import { keysOfText, mayHold } from '../../chunk/filter/skip-filter.ts';
import { metadataKey } from '../../chunk/metadata/metadata-filter.ts';
import { labelValue } from '../../model/labels.ts';
import type { FilterCache, FilterSections } from '../segments/filter-cache.ts';
import {
  addMarked,
  addPiece,
  type LeftOut,
  type Piece,
  type SelectedPieces,
  type SkipCounts,
  type StretchRange,
} from './left-out.ts';
import type { LabelText, WantedRows } from './query-store.ts';
import { addRun } from './segment-runs.ts';
import { isMuchOf, leaveOutOfRun, MIN_SHARE, markHolding, marksFor } from './skip-runs.ts';
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
  /** Labels that may be in the metadata of rows. */
  readonly metadata: readonly LabelKeys[];
}

/** By what the lines and labels of wanted rows hold. Loose parts stay. */
export async function leaveOutBlocks({ pieces, stretches }: SelectedPieces, skipper: BlockSkipper): Promise<LeftOut> {
  const left = stretches.sibling();
  const counts = { blocks: 0, lineBytes: 0 };
  let tested = 0;
  for (const piece of pieces) {
    const source = 'segment' in piece ? piece.source : stretches.sources[piece.first]!;
    if (source < 0) {
      addPiece(left, piece, stretches);
      continue;
    }
    const segment = stretches.segments[source]!;
    const wanted = wantedOf(segment, skipper);
    const found = wanted.isIdle ? undefined : skipper.filters.section(segment.path, segment.directory);
    const section = found instanceof Promise ? await found : found;
    if (tested > TURN_BLOCKS) {
      tested = 0;
      await setImmediate();
    }
    tested += segment.columns.filterStarts.length;
    if (wanted.isAlike && section === undefined) addPiece(left, piece, stretches);
    else if (wanted.isAlike && 'segment' in piece && isMuchOf(piece))
      leaveOutOfRun(piece, section!, wanted.keys, left, counts);
    else leaveOutOfStretches(asStretches(piece, stretches), wanted, section, left, counts);
  }
  return { left, ...counts };
}

interface StretchesOfSegment extends StretchRange {
  readonly stored: Stretches;
}

function asStretches(piece: Piece, stored: Stretches): StretchesOfSegment {
  if (!('segment' in piece)) return { ...piece, stored };
  const own = stored.sibling();
  addRun(own, piece);
  return { stored: own, first: 0, end: own.count };
}

/** What is wanted of the rows of a segment. */
interface WantedOfSegment {
  readonly keys: Uint32Array;
  /** Labels that are not in its metadata. */
  readonly labels: readonly LabelKeys[];
  readonly metadata: readonly LabelKeys[];
  /** The same of all streams. */
  readonly isAlike: boolean;
  /** No filter can tell. */
  readonly isIdle: boolean;
}

function wantedOf({ directory: { metadataNames } }: SelectedSegment, skipper: BlockSkipper): WantedOfSegment {
  const { keys } = skipper;
  const inMetadata = (name: string): boolean => metadataNames.includes(name);
  const labels = skipper.labels.filter(({ name }) => !inMetadata(name));
  const metadata = skipper.labels.filter(({ name, metadataKey: key }) => inMetadata(name) && key.length > 0);
  const isAlike = labels.length === 0 && metadata.length === 0;
  const isIdle = keys.length === 0 && metadata.length === 0 && labels.every((label) => label.keys.length === 0);
  return { keys, labels, metadata, isAlike, isIdle };
}

function leaveOutOfStretches(
  { stored, first, end }: StretchesOfSegment,
  { keys: own, labels, metadata, isAlike }: WantedOfSegment,
  section: Uint8Array | undefined,
  left: Stretches,
  counts: SkipCounts,
): void {
  const segment = stored.segments[stored.sources[first]!]!;
  const marks = marksFor(segment);
  const blockCount = segment.columns.filterStarts.length;
  // Of thousands of streams an object for each would take as long as their filters.
  const all = { always: own, literal: own, metadata: [] };
  let blocks = 0;
  for (let i = first; i < end; i++) blocks += stored.ends[i]! - stored.firsts[i]!;
  const isMarked = isAlike && section !== undefined && blocks * MIN_SHARE >= blockCount;
  if (isMarked) markHolding(segment, section, own, marks);
  for (let i = first; i < end; i++) {
    const keys = isAlike ? all : stretchKeys(stored, i, own, labels, metadata);
    if (keys === 'no row') leaveOut(stored, i, counts);
    else if (section === undefined || (keys.literal.length === 0 && keys.metadata.length === 0))
      left.addFrom(stored, i);
    else {
      if (!isMarked) markWanted(stored, i, section, keys, marks);
      addMarked(stored, i, marks, left, counts);
    }
  }
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
