import { labelValue } from '../../model/labels.ts';
import { LEVEL_CODES, LEVEL_IN_METADATA, LEVEL_LABEL } from '../../model/level.ts';
import { levelOfBit, NO_LEVEL_BIT } from '../segments/stream-columns.ts';
import { addMarked, type LeftOut } from './left-out.ts';
import type { Stretches } from './stretches.ts';

/**
 * Stretches of the blocks of which statistics do not say that no row has a wanted level. Loose parts stay, blocks without a tally, and streams
 * whose own label of that name is what queries see.
 *
 * @param levels wanted, as bits of `StreamColumns.levels`
 */
export function leaveOutLevels(stored: Stretches, levels: number): LeftOut {
  const left = stored.sibling();
  const counts = { blocks: 0, lineBytes: 0 };
  const isWanted = wantedCodes(levels);
  let marks: Uint8Array = new Uint8Array(0);
  for (let i = 0; i < stored.count; i++) {
    const source = stored.sources[i]!;
    if (source < 0 || labelValue(stored.labels(stored.streamIds[i]!), LEVEL_LABEL) !== undefined) {
      left.addFrom(stored, i);
      continue;
    }
    const { starts, levels: found } = stored.segments[source]!.directory.tally;
    if (marks.length < starts.length) marks = new Uint8Array(starts.length);
    for (let block = stored.firsts[i]!; block < stored.ends[i]!; block++)
      marks[block] = mayHave(found, starts[block]!, starts[block + 1]!, isWanted) ? 1 : 0;
    addMarked(stored, i, marks, left, counts);
  }
  return { left, ...counts };
}

/** 1 for codes of rows that may be wanted: of these levels, and of those that are a text of their own. */
function wantedCodes(levels: number): Uint8Array {
  const codes = new Uint8Array(LEVEL_CODES);
  for (let bit = 0; bit <= NO_LEVEL_BIT; bit++) codes[levelOfBit(bit)] = (levels >> bit) & 1;
  codes[LEVEL_IN_METADATA] = 1;
  return codes;
}

function mayHave(levels: Uint8Array, from: number, end: number, isWanted: Uint8Array): boolean {
  if (from === end) return true;
  for (let at = from; at < end; at++) if (isWanted[levels[at]!] === 1) return true;
  return false;
}
