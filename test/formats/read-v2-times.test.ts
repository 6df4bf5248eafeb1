import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { B_TIMES, BLOCK_FIELDS, C_FRAME, C_OFFSET, decodeDirectory } from '../../src/chunk/directory.ts';
import { FrameReader } from '../../src/chunk/frame-reader.ts';
import { RICE_CODE } from '../../src/chunk/times.ts';
import { readSegmentDirectory } from '../../src/store/segments/segment-directory.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { readSegmentFixture } from './fixture.ts';

const fixture = join(import.meta.dirname, 'v2-times');

test('times of version 2 are read, in both codings', async () => {
  const { expected, recovered, rows } = await readSegmentFixture(fixture);
  expect(recovered).toMatchObject({ orphans: 0, damaged: 0, adopted: 1 });
  expect(rows).toEqual(expected);
});

test('segments of version 2 are whole and hold every coding of times', async () => {
  expect((await verifySegments(nodeDisk, fixture)).problems).toEqual([]);
  const frames = new FrameReader(undefined);
  const codes = new Set<number>();
  for (const path of await listSegments(nodeDisk, fixture)) {
    const directory = decodeDirectory((await readSegmentDirectory(nodeDisk, path)).directory, path);
    for (let block = 0; block < directory.blocks.length / BLOCK_FIELDS; block++) {
      const at = block * BLOCK_FIELDS + B_TIMES;
      const times = frames.frame(0, { path, ...directory }, directory.blocks[at + C_FRAME]!);
      codes.add(times[directory.blocks[at + C_OFFSET]!]!);
    }
  }
  frames.close();
  expect([...codes].sort()).toEqual([0, 3, RICE_CODE, RICE_CODE + 1]);
});
