import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlockReader } from '../../src/chunk/block-reader.ts';
import {
  B_FILTER,
  B_FLAGS,
  B_LINE_BYTES,
  B_MAX,
  B_METADATA_BYTES,
  B_MIN,
  B_ROWS,
  B_STREAM,
  BLOCK_FIELDS,
  blockTime,
  decodeDirectory,
  encodeDirectory,
  FLAG_ASCII,
  FLAG_LENGTHS,
  FLAG_LITERAL,
  FLAG_METADATA_FILTER,
  LEVEL_COUNTERS,
  type SegmentIdentity,
} from '../../src/chunk/directory.ts';
import { FilterBuilder } from '../../src/chunk/filter/filter-builder.ts';
import { mayHold } from '../../src/chunk/filter/skip-filter.ts';
import { labelSetKey } from '../../src/chunk/label-sets.ts';
import { columnsToLabels } from '../../src/chunk/metadata/metadata-columns.ts';
import { metadataKey } from '../../src/chunk/metadata/metadata-filter.ts';
import { BLOCK_LINE_BYTES, BLOCK_ROWS, SegmentBuilder, type StreamRows } from '../../src/chunk/segment-builder.ts';
import type { Labels } from '../../src/model/labels.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import { LEVEL_IN_METADATA, LEVEL_NONE } from '../../src/model/level.ts';
import { encodeMetadata } from '../../src/model/metadata-bytes.ts';

/** What every coding of rows must keep: the same rows come back, whatever they hold and however they fall into blocks. */

interface Row {
  readonly time: number;
  readonly line: Buffer;
  readonly level: number;
  readonly metadata: Labels;
}

interface Stream {
  readonly labels: Labels;
  readonly rows: readonly Row[];
}

const DAY_NS = 86_400_000_000_000;
const IDENTITY: SegmentIdentity = {
  tenant: 'tenant-é',
  day: -3,
  generation: 7,
  part: 1,
  parts: 2,
  walSeq: 99,
  writer: 'w',
};
let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-codec-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Columns of rows; `gap` bytes between lines, so that they are not joined already. */
function columnsOf(rows: readonly Row[], gap: number): StreamRows {
  const parts: Buffer[] = [];
  const lineStarts = new Uint32Array(rows.length);
  const lineEnds = new Uint32Array(rows.length);
  const metadataStarts = new Uint32Array(rows.length);
  const metadataEnds = new Uint32Array(rows.length);
  const metadata: Uint8Array[] = [];
  let at = 0;
  let metadataAt = 0;
  for (const [i, row] of rows.entries()) {
    lineStarts[i] = at;
    lineEnds[i] = at + row.line.length;
    parts.push(row.line, Buffer.alloc(gap, 10));
    at += row.line.length + gap;
    const bytes = encodeMetadata(row.metadata);
    metadataStarts[i] = metadataAt;
    metadataAt += bytes.length;
    metadataEnds[i] = metadataAt;
    metadata.push(bytes);
  }
  return {
    rowCount: rows.length,
    times: Float64Array.from(rows, (row) => row.time),
    bytes: Buffer.concat(parts),
    lineStarts,
    lineEnds,
    levels: Uint8Array.from(rows, (row) => row.level),
    metadataBytes: Buffer.concat(metadata),
    metadataStarts,
    metadataEnds,
  };
}

interface Written {
  readonly path: string;
  readonly directory: ReturnType<typeof decodeDirectory>;
}

function write(streams: readonly Stream[], gap: number): Written {
  const chunks: Buffer[] = [Buffer.from('HEAD')];
  const builder = new SegmentBuilder((bytes) => chunks.push(Buffer.from(bytes)), 4, 1, new FilterBuilder());
  for (const stream of streams) {
    builder.beginStream(stream.labels);
    builder.addRows(columnsOf(stream.rows, gap));
  }
  const directory = decodeDirectory(encodeDirectory(builder.finish(IDENTITY)), 'test', { levelCounts: true });
  const path = join(folder, `${files++}.seg`);
  const bytes = Buffer.concat(chunks);
  expect(builder.fileOffset).toBe(bytes.length);
  writeFileSync(path, bytes);
  return { path, directory };
}

/** Rows by stream number, read block by block; statistics of every block are held against its rows. */
function read({ path, directory }: Written, streamCount: number, reuse: boolean): Row[][] {
  const reader = new BlockReader(reuse);
  const found: Row[][] = Array.from({ length: streamCount }, () => []);
  for (let block = 0; block * BLOCK_FIELDS < directory.blocks.length; block++) {
    const stored = reader.read({ path, ...directory }, block, { lines: true, metadata: true });
    const rows: Row[] = [];
    for (let row = 0; row < stored.rowCount; row++) {
      const line = Buffer.from(stored.bytes.subarray(stored.lineStarts[row]!, stored.lineEnds[row]!));
      rows.push({
        time: stored.times[row]!,
        line,
        level: stored.levels[row]!,
        metadata: columnsToLabels(stored.columns, row),
      });
    }
    const fields = directory.blocks.subarray(block * BLOCK_FIELDS, (block + 1) * BLOCK_FIELDS);
    const levelCounts = directory.levelCounts!.subarray(block * LEVEL_COUNTERS, (block + 1) * LEVEL_COUNTERS);
    expectStatistics(fields, levelCounts, rows, stored.ascii);
    expectMetadataFilter(path, directory, block, rows);
    found[fields[B_STREAM]!]!.push(...rows);
  }
  reader.frames.close();
  return found;
}

/** The metadata filter of a block has every value. */
function expectMetadataFilter(
  path: string,
  directory: Written['directory'],
  block: number,
  rows: readonly Row[],
): void {
  const { blocks, filterSection } = directory;
  const at = block * BLOCK_FIELDS + B_FILTER;
  const section = readFileSync(path).subarray(filterSection.offset, filterSection.offset + filterSection.length);
  const start = blocks[at]! + blocks[at + 1]!;
  const end = blocks[at + BLOCK_FIELDS] ?? section.length;
  expect(end - start > 0).toBe(rows.some((row) => row.metadata.length > 0));
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const { metadata } of rows)
    for (let i = 0; i < metadata.length; i += 2) {
      const key = metadataKey(encode(metadata[i]!), encode(metadata[i + 1]!));
      expect(mayHold(section, start, end, Uint32Array.of(key))).toBe(true);
    }
}

function expectStatistics(fields: Uint32Array, levelCounts: Uint32Array, rows: readonly Row[], ascii: boolean): void {
  expect(fields[B_ROWS]).toBe(rows.length);
  expect(blockTime(fields, B_MIN)).toBe(rows[0]!.time);
  expect(blockTime(fields, B_MAX)).toBe(rows.at(-1)!.time);
  expect(fields[B_LINE_BYTES]).toBe(rows.reduce((sum, row) => sum + row.line.length, 0));
  expect(fields[B_METADATA_BYTES]).toBe(rows.reduce((sum, row) => sum + encodeMetadata(row.metadata).length, 0));
  const isAscii = rows.every((row) => row.line.every((byte) => byte < 128));
  const newline = rows.some((row) => row.line.includes(10));
  const joined = Buffer.concat(rows.flatMap((row) => [row.line, Buffer.from('\n')]));
  const literal = !joined.includes('\\u');
  expect(fields[B_FLAGS]).toBe(
    (isAscii ? FLAG_ASCII : 0) |
      (newline ? FLAG_LENGTHS : 0) |
      (literal ? FLAG_LITERAL : 0) |
      (rows.some((row) => row.metadata.length > 0) ? FLAG_METADATA_FILTER : 0),
  );
  expect(ascii).toBe(isAscii);
  for (let level = 0; level < 8; level++)
    expect(levelCounts[level]).toBe(rows.filter((row) => row.level === level).length);
  expect(levelCounts[8]).toBe(rows.filter((row) => row.level > 7).length);
}

function expectRoundTrip(streams: readonly Stream[], gap: number): Written {
  const written = write(streams, gap);
  const { streams: sets } = written.directory;
  expect(written.directory).toMatchObject(IDENTITY);
  const places = Array.from({ length: sets.count }, (_, i) => i);
  expect(places.map((i) => sets.labels(i))).toEqual(streams.map((stream) => stream.labels));
  expect(places.map((i) => sets.key(i))).toEqual(streams.map((stream) => labelSetKey(stream.labels)));
  const expected = streams.map((stream) => stream.rows);
  expect(read(written, streams.length, true)).toEqual(expected);
  expect(read(written, streams.length, false)).toEqual(expected);
  return written;
}

const line = fc.oneof(
  fc.string({ maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', '\n', 'a\n\nb', 'level=info msg="all well"').map((text) => Buffer.from(text)),
);
const metadata = fc
  .dictionary(
    fc.constantFrom('trace_id', 'user', 'ß', 'z'),
    fc.oneof(
      fc.constantFrom('', 'a', 'bb'),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
    ),
    { maxKeys: 3 },
  )
  .map(labelsFromObject);
const level = fc.oneof(fc.constant(3), fc.nat(7), fc.constantFrom(LEVEL_NONE, LEVEL_IN_METADATA));
const row = fc.record({
  time: fc.oneof(
    fc.nat(86_399).map((second) => second * 1e9),
    fc.maxSafeNat().map((ns) => ns % DAY_NS),
  ),
  line,
  level,
  metadata,
});
const rows = fc.array(row, { maxLength: 80 }).map((list) => [...list].sort((a, b) => a.time - b.time));
const segment = fc
  .array(rows, { maxLength: 6 })
  .map((list) => list.map((each, i): Stream => ({ labels: ['app', `a${i}`], rows: each })));

describe('rows come back as they were', () => {
  test('any rows of any streams', () => {
    fc.assert(
      fc.property(segment, fc.constantFrom(0, 1, 3), (streams, gap) => void expectRoundTrip(streams, gap)),
      { numRuns: 150 },
    );
  });

  test('no stream, a stream without rows, one row', () => {
    expectRoundTrip([], 1);
    expectRoundTrip([{ labels: [], rows: [] }], 1);
    expectRoundTrip([{ labels: ['a', 'b'], rows: [{ time: 0, line: Buffer.alloc(0), level: 0, metadata: [] }] }], 1);
  });

  test('a line larger than a block stands alone', () => {
    const huge = Buffer.alloc(3 * BLOCK_LINE_BYTES + 17, 'abcdefghij');
    const list = ['before', huge, 'after'].map((text, i) => ({
      time: i,
      line: Buffer.from(text),
      level: 3,
      metadata: [],
    }));
    const { directory } = expectRoundTrip([{ labels: ['a', 'b'], rows: list }], 1);
    expect(directory.blocks.length / BLOCK_FIELDS).toBe(3);
  });

  test('blocks end at their bytes and at their rows', () => {
    const wide = Array.from({ length: 600 }, (_, i) => ({
      time: i,
      line: Buffer.alloc(1023, 97 + (i % 26)),
      level: 3,
      metadata: [],
    }));
    const full = expectRoundTrip([{ labels: ['a', 'b'], rows: wide }], 1).directory;
    expect(full.blocks[B_ROWS]).toBe(BLOCK_LINE_BYTES / 1024);
    const empty = Array.from({ length: BLOCK_ROWS + 1 }, (_, i) => ({
      time: i * 1e6,
      line: Buffer.alloc(0),
      level: 3,
      metadata: [],
    }));
    const written = write([{ labels: ['a', 'b'], rows: empty }], 1);
    expect([written.directory.blocks[B_ROWS], written.directory.blocks[BLOCK_FIELDS + B_ROWS]]).toEqual([
      BLOCK_ROWS,
      1,
    ]);
    expect(read(written, 1, true)[0]).toHaveLength(BLOCK_ROWS + 1);
  });

  test('values of which no two are equal, in all rows and in some, of one length and of several', () => {
    const list = Array.from({ length: 40 }, (_, i) => ({
      time: i,
      line: Buffer.from(`l${i}`),
      level: 3,
      metadata: labelsFromObject({
        id: `${i}`.padStart(16, '0'),
        size: 'x'.repeat(i),
        ...(i % 3 === 0 ? { some: `s${i}` } : {}),
      }),
    }));
    expectRoundTrip([{ labels: ['a', 'b'], rows: list }], 1);
  });

  test('many values of one name: codes of two bytes', () => {
    const list = Array.from({ length: 65_536 }, (_, i) => ({
      time: i,
      line: Buffer.alloc(0),
      level: 3,
      metadata: i % 2 === 0 || i < 600 ? ['n', `${i % 65_000}`] : [],
    }));
    const written = write([{ labels: ['a', 'b'], rows: list }], 1);
    const found = read(written, 1, true)[0]!;
    expect(found.map((each) => each.metadata)).toEqual(list.map((each) => each.metadata));
  });
});
