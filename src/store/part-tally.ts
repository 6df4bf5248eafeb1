import type { Directory } from '../chunk/directory.ts';
import type { PartRef, PartTally } from './select.ts';

/**
 * Tallies beside their parts, not in them: a part crosses to a worker, its tally never does.
 */
const tallies = new WeakMap<PartRef, PartTally>();

/** Keeps the tally of a part made of blocks `from .. to`, if every one of them has one. */
export function rememberTally(
  part: PartRef,
  directory: Directory,
  from: number,
  to: number,
  metadataBytes: number,
): void {
  const { starts, minutes, levels, counts } = directory.tally;
  for (let block = from; block < to; block++) if (starts[block] === starts[block + 1]) return;
  tallies.set(part, {
    minutes,
    levels,
    counts,
    from: starts[from]!,
    to: starts[to]!,
    metadataNames: metadataBytes === 0 ? [] : directory.metadataNames,
  });
}

export function tallyOf(part: PartRef): PartTally | undefined {
  return tallies.get(part);
}
