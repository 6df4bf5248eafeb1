import { B_MAX, B_MIN, BLOCK_FIELDS, blockTime } from '../../chunk/directory.ts';
import type { HiddenRows } from '../../model/hidden-rows.ts';
import { type HiddenStreams, hidesAll, reaching } from '../tenant/tombstones.ts';
import type { PartRef } from './select.ts';
import type { Stretches } from './stretches.ts';

/**
 * Makes what is stored of each stream disjoint in time. Nearly always every stretch of a stream follows the one before; where
 * late rows made some overlap, the blocks concerned become one part that is merged when it is read.
 *
 * @param stored in order of arrival within a day (oldest segment first, head last), days ascending
 * @param hides blocks with rows that are hidden become parts as well, which are filtered when they are read
 */
export function disjoint(stored: Stretches, hides?: HiddenStreams): Stretches {
  const tangled = tangledStreams(stored, hides);
  if (tangled.size === 0) return stored;
  const out = stored.sibling();
  /** Stretches by day and stream. */
  const lists = new Map<string, number[]>();
  for (let i = 0; i < stored.count; i++) {
    const key = `${stored.days[i]!} ${stored.streamIds[i]!}`;
    if (!tangled.has(key)) {
      out.addFrom(stored, i);
      continue;
    }
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [i]);
    else list.push(i);
  }
  for (const list of lists.values()) untangle(stored, list, out, hides);
  return out;
}

/** Days and streams with a stretch that does not lie behind the one before, or with rows that are hidden. */
function tangledStreams(stored: Stretches, hides: HiddenStreams | undefined): ReadonlySet<string> {
  const found = new Set<string>();
  let largest = 0;
  for (let i = 0; i < stored.count; i++) largest = Math.max(largest, stored.streamIds[i]!);
  const ends = new Float64Array(stored.count === 0 ? 0 : largest + 1).fill(-1);
  let day: number | undefined;
  for (let i = 0; i < stored.count; i++) {
    if (stored.days[i] !== day) {
      if (day !== undefined) ends.fill(-1);
      day = stored.days[i]!;
    }
    const streamId = stored.streamIds[i]!;
    if (stored.mins[i]! <= ends[streamId]! || (hides !== undefined && hides.of(day!, streamId).length > 0))
      found.add(`${day} ${streamId}`);
    ends[streamId] = Math.max(ends[streamId]!, stored.maxs[i]!);
  }
  return found;
}

/** One block, or one loose part. */
interface Piece {
  readonly stretch: number;
  readonly block: number;
  readonly min: number;
  readonly max: number;
}

/** Groups the pieces of one stream and day that overlap; pieces down to single blocks, so that only what really overlaps is merged. */
function untangle(stored: Stretches, list: readonly number[], out: Stretches, hides: HiddenStreams | undefined): void {
  const hidden = hides?.of(stored.days[list[0]!]!, stored.streamIds[list[0]!]!) ?? [];
  const pieces = list.flatMap((i) => piecesOf(stored, i)).filter(({ min, max }) => !hidesAll(hidden, min, max));
  const order = pieces.map((_, i) => i).sort((a, b) => pieces[a]!.min - pieces[b]!.min || a - b);
  let cluster: number[] = [];
  let end = -1;
  for (const i of order) {
    if (cluster.length > 0 && pieces[i]!.min > end) {
      addCluster(stored, pieces, cluster, out, hidden);
      cluster = [];
    }
    cluster.push(i);
    end = Math.max(end, pieces[i]!.max);
  }
  if (cluster.length > 0) addCluster(stored, pieces, cluster, out, hidden);
}

function piecesOf(stored: Stretches, stretch: number): Piece[] {
  const directory = stored.directory(stretch);
  if (directory === undefined) return [{ stretch, block: 0, min: stored.mins[stretch]!, max: stored.maxs[stretch]! }];
  const pieces: Piece[] = [];
  for (let block = stored.firsts[stretch]!; block < stored.ends[stretch]!; block++) {
    const at = block * BLOCK_FIELDS;
    pieces.push({
      stretch,
      block,
      min: blockTime(directory.blocks, at + B_MIN),
      max: blockTime(directory.blocks, at + B_MAX),
    });
  }
  return pieces;
}

function addCluster(
  stored: Stretches,
  pieces: readonly Piece[],
  cluster: readonly number[],
  out: Stretches,
  hiddenOfStream: readonly HiddenRows[],
): void {
  // Arrival order decides which of equal rows is first.
  const members = [...cluster].sort((a, b) => a - b).map((i) => pieces[i]!);
  const min = Math.min(...members.map((piece) => piece.min));
  const max = Math.max(...members.map((piece) => piece.max));
  const hidden = reaching(hiddenOfStream, min, max);
  if (members.length === 1 && hidden.length === 0) {
    const { stretch, block } = members[0]!;
    const source = stored.sources[stretch]!;
    if (source < 0) out.addFrom(stored, stretch);
    else out.addBlocks(stored.streamIds[stretch]!, source, block, block + 1);
    return;
  }
  const parts = members.map(({ stretch, block }) => stored.part(stretch, block, block + 1));
  out.addLoose(hidden.length === 0 ? joined(parts) : { ...joined(parts), hidden });
}

/** Several parts of a stream as one, to be merged when it is read. */
function joined(parts: readonly PartRef[]): PartRef {
  const { streamId, streamLabels, day, place } = parts[0]!;
  const sum = (of: (part: PartRef) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    streamId,
    streamLabels,
    day,
    place,
    minOffsetNs: Math.min(...parts.map((part) => part.minOffsetNs)),
    maxOffsetNs: Math.max(...parts.map((part) => part.maxOffsetNs)),
    rowCount: sum((part) => part.rowCount),
    lineBytes: sum((part) => part.lineBytes),
    metadataBytes: sum((part) => part.metadataBytes ?? 0),
    sources: parts.flatMap((part) => part.sources),
  };
}

/** What is stored, without the blocks of which every row is hidden. */
export function withoutHidden(stored: Stretches, hides: HiddenStreams): Stretches {
  const out = stored.sibling();
  for (let i = 0; i < stored.count; i++) {
    const streamId = stored.streamIds[i]!;
    const hidden = reaching(hides.of(stored.days[i]!, streamId), stored.mins[i]!, stored.maxs[i]!);
    if (hidden.length === 0) out.addFrom(stored, i);
    else if (!hidesAll(hidden, stored.mins[i]!, stored.maxs[i]!)) addVisible(stored, i, hidden, out);
  }
  return out;
}

function addVisible(stored: Stretches, i: number, hidden: readonly HiddenRows[], out: Stretches): void {
  const source = stored.sources[i]!;
  if (source < 0) {
    out.addFrom(stored, i);
    return;
  }
  for (const { block, min, max } of piecesOf(stored, i))
    if (!hidesAll(hidden, min, max)) out.addBlocks(stored.streamIds[i]!, source, block, block + 1);
}
