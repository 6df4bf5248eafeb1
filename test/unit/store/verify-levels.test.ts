import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeDisk } from '../../../src/base/disk/node-disk.ts';
import { encodeDirectory } from '../../../src/chunk/directory.ts';
import { FilterBuilder } from '../../../src/chunk/filter/filter-builder.ts';
import { SegmentBuilder } from '../../../src/chunk/segment-builder.ts';
import { encodeFooter, SEGMENT_MAGIC } from '../../../src/chunk/segment-file.ts';
import { verifySegments } from '../../../src/store/lifecycle/verify.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A data folder with a segment of three rows, whose directory says so many of each level. */
function folderWith(change: (levelCounts: Uint32Array) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'halogi-levels-'));
  folders.push(folder);
  const chunks: Uint8Array[] = [SEGMENT_MAGIC];
  const builder = new SegmentBuilder(
    (bytes) => chunks.push(Buffer.from(bytes)),
    SEGMENT_MAGIC.length,
    1,
    new FilterBuilder(),
  );
  builder.beginStream(['app', 'a']);
  const none = new Uint32Array(3);
  builder.addRows({
    rowCount: 3,
    times: Float64Array.of(1, 2, 3),
    bytes: Buffer.from('one\ntwo\nsix'),
    lineStarts: Uint32Array.of(0, 4, 8),
    lineEnds: Uint32Array.of(3, 7, 11),
    levels: Uint8Array.of(3, 5, 255),
    metadataBytes: Buffer.alloc(0),
    metadataStarts: none,
    metadataEnds: none,
  });
  const identity = { tenant: 't', day: 20_000, generation: 1, part: 0, parts: 1, walSeq: 1, writer: 'w' };
  const made = builder.finish(identity);
  change(made.levelCounts);
  const directory = encodeDirectory(made);
  chunks.push(directory, encodeFooter(builder.fileOffset, directory));
  const day = join(folder, 'segments', 't', '2024-10-04');
  mkdirSync(day, { recursive: true });
  writeFileSync(join(day, 'a.seg'), Buffer.concat(chunks));
  return folder;
}

test('a directory that counts other levels than its rows have is told', async () => {
  const good = await verifySegments(
    nodeDisk,
    folderWith(() => undefined),
  );
  expect(good).toEqual({ segments: 1, blocks: 1, rows: 3, problems: [] });
  const { problems } = await verifySegments(
    nodeDisk,
    folderWith((levelCounts) => {
      levelCounts[3]!--;
      levelCounts[4]!++;
    }),
  );
  expect(problems).toEqual([expect.stringMatching(/^block 0 of .*a\.seg: levels of its rows are not those/)]);
});
