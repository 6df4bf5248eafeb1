import { B_LINE_BYTES, BLOCK_FIELDS } from '../chunk/directory.ts';
import { labelValue } from '../model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_LABEL, LEVEL_NONE, LEVELS } from '../model/level.ts';
import type { LeftOut } from './skip-blocks.ts';
import { NO_LEVEL_BIT } from './stream-columns.ts';
import type { Stretches } from './stretches.ts';

/**
 * Stretches of the blocks of which statistics do not say that no row has a wanted level. Loose parts stay, blocks without a tally, and streams
 * whose own label of that name is what queries see.
 *
 * @param levels wanted, as bits of `StreamColumns.levels`
 */
export function leaveOutLevels(stored: Stretches, levels: number): LeftOut {
  const left = stored.sibling();
  const isWanted = wantedCodes(levels);
  let skippedBlocks = 0;
  let skippedBytes = 0;
  for (let i = 0; i < stored.count; i++) {
    const source = stored.sources[i]!;
    const streamId = stored.streamIds[i]!;
    const tally = source < 0 ? undefined : stored.segments[source]!.directory.tally;
    if (tally === undefined || labelValue(stored.labels(streamId), LEVEL_LABEL) !== undefined) {
      left.addFrom(stored, i);
      continue;
    }
    const { blocks } = stored.segments[source]!.directory;
    const first = stored.firsts[i]!;
    const end = stored.ends[i]!;
    let begin = first;
    for (let block = first; block < end; block++) {
      if (mayHave(tally.levels, tally.starts[block]!, tally.starts[block + 1]!, isWanted)) continue;
      skippedBlocks++;
      skippedBytes += blocks[block * BLOCK_FIELDS + B_LINE_BYTES]!;
      if (begin < block) left.addBlocks(streamId, source, begin, block);
      begin = block + 1;
    }
    if (begin === first) left.addFrom(stored, i);
    else if (begin < end) left.addBlocks(streamId, source, begin, end);
  }
  return { left, blocks: skippedBlocks, lineBytes: skippedBytes };
}

/** 1 for codes of rows that may be wanted: of these levels, and of those that are a text of their own. */
function wantedCodes(levels: number): Uint8Array {
  const codes = new Uint8Array(256);
  for (let level = 0; level < LEVELS.length; level++) codes[level] = (levels >> level) & 1;
  codes[LEVEL_NONE] = (levels >> NO_LEVEL_BIT) & 1;
  codes[LEVEL_IN_METADATA] = 1;
  return codes;
}

function mayHave(levels: Uint8Array, from: number, end: number, isWanted: Uint8Array): boolean {
  if (from === end) return true;
  for (let at = from; at < end; at++) if (isWanted[levels[at]!] === 1) return true;
  return false;
}
