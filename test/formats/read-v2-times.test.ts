import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/node-disk.ts';
import { C_OFFSET, R_TIMES, REF_FIELDS, writeBlockRef } from '../../src/chunk/block-ref.ts';
import { BLOCK_FIELDS, decodeDirectory } from '../../src/chunk/directory.ts';
import { FrameReader } from '../../src/chunk/frame-reader.ts';
import { RICE_CODE } from '../../src/chunk/times.ts';
import { readSegmentDirectory } from '../../src/store/segment-directory.ts';
import { listSegments } from '../../src/store/recover.ts';
import { verifySegments } from '../../src/store/verify.ts';
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
  const ref = new Float64Array(REF_FIELDS);
  for (const path of await listSegments(nodeDisk, fixture)) {
    const directory = decodeDirectory((await readSegmentDirectory(nodeDisk, path)).directory, path);
    for (let block = 0; block < directory.blocks.length / BLOCK_FIELDS; block++) {
      writeBlockRef(directory, block, ref, 0);
      codes.add(frames.frame(0, path, ref, R_TIMES)[ref[R_TIMES + C_OFFSET]!]!);
    }
  }
  frames.close();
  expect([...codes].sort()).toEqual([0, 3, RICE_CODE, RICE_CODE + 1]);
});
