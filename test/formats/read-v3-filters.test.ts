import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { B_FILTER, BLOCK_FIELDS, decodeDirectory } from '../../src/chunk/directory.ts';
import { keysOfText, mayHold } from '../../src/chunk/filter/skip-filter.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { readSegmentDirectory } from '../../src/store/segments/segment-directory.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { type FixtureRow, readSegmentFixture } from './fixture.ts';

const fixture = join(import.meta.dirname, 'v3-filters');
const lines = (JSON.parse(readFileSync(join(fixture, 'rows.json'), 'utf8')) as FixtureRow[]).map(({ line }) => line);

test('rows of version 3 are read', async () => {
  const { expected, recovered, rows } = await readSegmentFixture(fixture);
  expect(recovered).toMatchObject({ orphans: 0, damaged: 0, adopted: 1 });
  expect(rows).toEqual(expected);
});

test('skip filters of version 3 hold what a search of today looks for', async () => {
  expect((await verifySegments(nodeDisk, fixture)).problems).toEqual([]);
  const [path] = await listSegments(nodeDisk, fixture);
  const { blocks, streams, filterSection } = decodeDirectory((await readSegmentDirectory(nodeDisk, path!)).directory, path!);
  const section = readFileSync(path!).subarray(filterSection.offset, filterSection.offset + filterSection.length);
  expect(blocks.length / BLOCK_FIELDS).toBe(streams.count);
  let keyed = 0;
  let kept = 0;
  for (let block = 0; block < streams.count; block++) {
    const labels = streams.labels(block);
    const start = blocks[block * BLOCK_FIELDS + B_FILTER]!;
    const end = start + blocks[block * BLOCK_FIELDS + B_FILTER + 1]!;
    for (const line of lines.filter((text) => text.endsWith(labels[1]!))) {
      const keys = keysOfText(Buffer.from(line));
      keyed += keys.length;
      expect(mayHold(section, start, end, keys)).toBe(true);
    }
    for (let i = 0; i < 100; i++) if (mayHold(section, start, end, keysOfText(Buffer.from(`elsewhere${i}`)))) kept++;
  }
  expect(keyed).toBeGreaterThan(50);
  expect(kept).toBeLessThan(50);
});
