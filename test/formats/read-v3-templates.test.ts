import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { CODEC_TEMPLATES } from '../../src/chunk/bytes/compress.ts';
import { B_LINES, BLOCK_FIELDS, decodeDirectory, F_CODEC, F_COMPRESSED, F_OFFSET, F_RAW, FRAME_FIELDS } from '../../src/chunk/directory.ts';
import { decodeTemplates } from '../../src/chunk/template/template-decoder.ts';
import { readTemplateHeader } from '../../src/chunk/template/template-header.ts';
import { readTemplates } from '../../src/chunk/template/template-reader.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { readSegmentDirectory } from '../../src/store/segments/segment-directory.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { readSegmentFixture } from './fixture.ts';

const fixture = join(import.meta.dirname, 'v3-templates');

test('rows in template frames are read', async () => {
  const { expected, recovered, rows } = await readSegmentFixture(fixture);
  expect(recovered).toMatchObject({ orphans: 0, damaged: 0, adopted: 1 });
  expect(rows).toEqual(expected);
});

test('template frames are whole, hold every kind of variable, and read alike by both readers', async () => {
  expect((await verifySegments(nodeDisk, fixture)).problems).toEqual([]);
  const [path] = await listSegments(nodeDisk, fixture);
  const file = readFileSync(path!);
  const { blocks, frames } = decodeDirectory((await readSegmentDirectory(nodeDisk, path!)).directory, path!);
  const kinds = new Set<string>();
  const marks: number[] = [];
  for (let at = 0; at < frames.length; at += FRAME_FIELDS) {
    if (frames[at + F_CODEC] !== CODEC_TEMPLATES) continue;
    const frame = file.subarray(frames[at + F_OFFSET]!, frames[at + F_OFFSET]! + frames[at + F_COMPRESSED]!);
    const rawLength = frames[at + F_RAW]!;
    const plain = decodeTemplates(frame, rawLength, path!);
    expect(Buffer.from(readTemplates(frame, rawLength, path!)).equals(plain)).toBe(true);
    const header = readTemplateHeader(frame, rawLength, path!);
    for (const { parts } of header.templates) for (const { kind } of parts) kinds.add(kind);
    const places = Array.from({ length: header.marks.length / 2 }, (_, i) => header.marks[i * 2 + 1]!);
    const begins: number[] = [];
    for (let block = B_LINES; block < blocks.length; block += BLOCK_FIELDS)
      if (blocks[block] === at / FRAME_FIELDS) begins.push(blocks[block + 1]!);
    expect(places).toEqual(begins);
    marks.push(places.length);
  }
  expect(marks).toEqual([3, 1]);
  expect([...kinds].sort()).toEqual(['dictionary', 'hex', 'number', 'piece', 'text']);
});
