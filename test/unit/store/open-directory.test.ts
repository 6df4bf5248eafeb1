import { expect, test } from 'vitest';
import { NO_TALLY } from '../../../src/chunk/tally.ts';
import { KeptTallies } from '../../../src/store/segments/kept-tallies.ts';
import { OpenDirectory } from '../../../src/store/segments/open-directory.ts';
import { streamColumns } from '../../../src/store/segments/stream-columns.ts';

function directoryOf(streamIds: readonly number[]): OpenDirectory {
  const directory = {
    tenant: 't',
    day: 1,
    generation: 1,
    part: 0,
    parts: 1,
    walSeq: 1,
    writer: 'w',
    blocks: new Uint32Array(0),
    frames: new Float64Array(0),
    metadataNames: [],
    tally: NO_TALLY,
    filterSection: { offset: 0, length: 0, crc: 0 },
  };
  const firstBlocks = new Uint32Array(streamIds.length + 1);
  const tables = { directory, firstBlocks, isDense: false, columns: streamColumns(directory, firstBlocks) };
  return new OpenDirectory(tables, Uint32Array.from(streamIds), new KeptTallies(() => 0), () => NO_TALLY);
}

test.each([
  ['close together', [3, 0, 7, 5]],
  ['far apart', [30, 2_000_000, 0]],
])('streams are found by ids that are %s, and no others', (_what, ids) => {
  const open = directoryOf(ids);
  for (const [number, id] of ids.entries()) expect(open.streamOf(id)).toBe(number);
  for (const id of [1, 4, 6, 31, 1_999_999, 2_000_001, 2 ** 32 - 1])
    if (!ids.includes(id)) expect(open.streamOf(id)).toBeUndefined();
});

test('a table takes the place of the map where it is smaller', () => {
  const ids = Array.from({ length: 5000 }, (_, i) => i);
  const sparse = ids.map((id) => id * 1000);
  expect(directoryOf(sparse).bytes - directoryOf(ids).bytes).toBe(5000 * (40 - 4));
});
