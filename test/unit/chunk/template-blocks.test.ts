import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { crc32c } from '../../../src/base/crc32c.ts';
import { BlockReader, type StoredRows } from '../../../src/chunk/block-reader.ts';
import * as ref from '../../../src/chunk/block-ref.ts';
import { CODEC_STORED, CODEC_TEMPLATES } from '../../../src/chunk/compress.ts';
import { FLAG_LENGTHS } from '../../../src/chunk/directory.ts';
import { encodeTemplates } from '../../../src/chunk/template-encoder.ts';
import { encodeTimes, maxTimesBytes } from '../../../src/chunk/times.ts';

/** Blocks in template frames, read with their lines on demand. */

const folder = mkdtempSync(join(tmpdir(), 'halogi-template-blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TIMES_ROWS = 64;

/** A file of a times frame and a frame of lines, and references to blocks of the latter. */
class BlockFile {
  readonly path: string;
  readonly #times: Buffer;
  readonly #lines: Uint8Array;
  readonly #raw: Buffer;

  constructor(name: string, raw: Buffer, marks: readonly number[]) {
    this.path = join(folder, name);
    this.#raw = raw;
    const times = Buffer.alloc(maxTimesBytes(TIMES_ROWS) + 2);
    const times64 = Float64Array.from({ length: TIMES_ROWS }, (_, i) => i * 1e9);
    this.#times = times.subarray(0, encodeTimes(times64, TIMES_ROWS, times, 0) + 2);
    this.#lines = encodeTemplates(raw, marks, 1, Number.POSITIVE_INFINITY)!;
    writeFileSync(this.path, Buffer.concat([this.#times, this.#lines]));
  }

  refs(rows: number, start: number, end: number, flags = 0): Float64Array {
    const refs = new Float64Array(ref.REF_FIELDS);
    refs[ref.R_ROWS] = rows;
    refs[ref.R_FLAGS] = flags;
    const times = [0, this.#times.length, this.#times.length, CODEC_STORED, crc32c(this.#times), 0, this.#times.length];
    refs.set(times, ref.R_TIMES);
    const { length } = this.#lines;
    const lines = [
      this.#times.length,
      length,
      this.#raw.length,
      CODEC_TEMPLATES,
      crc32c(this.#lines),
      start,
      end - start,
    ];
    refs.set(lines, ref.R_LINES);
    return refs;
  }
}

function linesOf(rows: StoredRows): string[] {
  rows.someLines?.needAll();
  return Array.from({ length: rows.rowCount }, (_, row) =>
    rows.bytes.subarray(rows.lineStarts[row], rows.lineEnds[row]).toString(),
  );
}

const LAZY = { lines: true, lazy: true, metadata: false };
const lines = Array.from({ length: TIMES_ROWS }, (_, i) => `GET /item/${i * i} took ${i * 7}ms, user_${i % 5}`);
const raw = Buffer.from(lines.join('\n'));
const placeOf = (line: number): number => (line === 0 ? 0 : raw.indexOf(`\n${lines[line]}`) + 1);
const needle = (text: string) => ({ bytes: Buffer.from(text), ignoreCase: false });

test('blocks of a shared frame are read by their marks', () => {
  const file = new BlockFile('shared', raw, [0, placeOf(10), placeOf(11), placeOf(40)]);
  const reader = new BlockReader(true);
  for (const [from, to] of [
    [40, 64],
    [0, 10],
    [11, 40],
    [10, 11],
  ] as const) {
    const refs = file.refs(to - from, placeOf(from), to === 64 ? raw.length : placeOf(to) - 1);
    expect(reader.mayHold(file.path, refs, 0, needle('nowhere'))).toBe(false);
    const rows = reader.read(file.path, refs, 0, LAZY);
    expect(rows.someLines).toBeDefined();
    expect(linesOf(rows)).toEqual(lines.slice(from, to));
  }
  reader.frames.close();
});

test('a block whose rows are not the lines of its frame is refused, not read from what lies behind', () => {
  const file = new BlockFile('rows', raw, [0, placeOf(40)]);
  const reader = new BlockReader(true);
  for (const [rows, start, end] of [
    [63, 0, raw.length],
    [64, 0, placeOf(40) - 1],
    [25, placeOf(40), raw.length],
    [39, 0, placeOf(40) - 1],
  ] as const)
    expect(() => linesOf(reader.read(file.path, file.refs(rows, start, end), 0, LAZY))).toThrow('lines do not add up');
  reader.frames.close();
});

test('a block without a mark is read as well', () => {
  const file = new BlockFile('unmarked', raw, [0]);
  const reader = new BlockReader(true);
  for (const [from, to] of [
    [0, 10],
    [10, 64],
  ] as const) {
    const refs = file.refs(to - from, placeOf(from), to === 64 ? raw.length : placeOf(to) - 1);
    expect(reader.mayHold(file.path, refs, 0, needle(lines[from]!))).toBe(true);
    expect(linesOf(reader.read(file.path, refs, 0, LAZY))).toEqual(lines.slice(from, to));
  }
  reader.frames.close();
});

test('lines that hold newlines are told apart by their lengths', () => {
  const texts = ['a 1\nb 2', 'a 3', '', 'a 4\n\nb 5'];
  const joined = Buffer.concat([Buffer.from(texts.map((text) => text.length)), Buffer.from(texts.join('\n'))]);
  const file = new BlockFile('lengths', joined, [0]);
  const reader = new BlockReader(true);
  const refs = file.refs(texts.length, 0, joined.length, FLAG_LENGTHS);
  expect(linesOf(reader.read(file.path, refs, 0, LAZY))).toEqual(texts);
  for (const text of ['a 1\nb 2', '4\n\nb']) expect(reader.mayHold(file.path, refs, 0, needle(text))).toBe(true);
  reader.frames.close();
});
