import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BlockReader, type StoredRows } from '../../../src/chunk/block-reader.ts';
import { FLAG_LENGTHS } from '../../../src/chunk/directory.ts';
import { encodeTemplates } from '../../../src/chunk/template/template-encoder.ts';
import { BLOCK_FILE_ROWS, BlockFile } from '../../support/block-file.ts';

/** Blocks in template frames, read with their lines on demand. */

const folder = mkdtempSync(join(tmpdir(), 'halogi-template-blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, raw: Buffer, marks: readonly number[]): BlockFile {
  const frame = encodeTemplates(raw, marks, 1, Number.POSITIVE_INFINITY)!;
  return new BlockFile(join(folder, name), frame, raw.length);
}

function linesOf(rows: StoredRows): string[] {
  rows.someLines?.needAll();
  return Array.from({ length: rows.rowCount }, (_, row) =>
    rows.bytes.subarray(rows.lineStarts[row], rows.lineEnds[row]).toString(),
  );
}

const LAZY = { lines: true, lazy: true, metadata: false };
const lines = Array.from({ length: BLOCK_FILE_ROWS }, (_, i) => `GET /item/${i * i} took ${i * 7}ms, user_${i % 5}`);
const raw = Buffer.from(lines.join('\n'));
const placeOf = (line: number): number => (line === 0 ? 0 : raw.indexOf(`\n${lines[line]}`) + 1);
const needle = (text: string) => ({ bytes: Buffer.from(text), ignoreCase: false });

test('blocks of a shared frame are read by their marks', () => {
  const file = fileOf('shared', raw, [0, placeOf(10), placeOf(11), placeOf(40)]);
  const reader = new BlockReader(true);
  for (const [from, to] of [
    [40, 64],
    [0, 10],
    [11, 40],
    [10, 11],
  ] as const) {
    const segment = file.segment(to - from, placeOf(from), to === 64 ? raw.length : placeOf(to) - 1);
    expect(reader.mayHold(segment, 0, needle('nowhere'))).toBe(false);
    const rows = reader.read(segment, 0, LAZY);
    expect(rows.someLines).toBeDefined();
    expect(linesOf(rows)).toEqual(lines.slice(from, to));
  }
  reader.frames.close();
});

test('a block whose rows are not the lines of its frame is refused, not read from what lies behind', () => {
  const file = fileOf('rows', raw, [0, placeOf(40)]);
  const reader = new BlockReader(true);
  for (const [rows, start, end] of [
    [63, 0, raw.length],
    [64, 0, placeOf(40) - 1],
    [25, placeOf(40), raw.length],
    [39, 0, placeOf(40) - 1],
  ] as const)
    expect(() => linesOf(reader.read(file.segment(rows, start, end), 0, LAZY))).toThrow('lines do not add up');
  reader.frames.close();
});

test('a block without a mark is read as well', () => {
  const file = fileOf('unmarked', raw, [0]);
  const reader = new BlockReader(true);
  for (const [from, to] of [
    [0, 10],
    [10, 64],
  ] as const) {
    const segment = file.segment(to - from, placeOf(from), to === 64 ? raw.length : placeOf(to) - 1);
    expect(reader.mayHold(segment, 0, needle(lines[from]!))).toBe(true);
    expect(linesOf(reader.read(segment, 0, LAZY))).toEqual(lines.slice(from, to));
  }
  reader.frames.close();
});

test('lines that hold newlines are told apart by their lengths', () => {
  const texts = ['a 1\nb 2', 'a 3', '', 'a 4\n\nb 5'];
  const joined = Buffer.concat([Buffer.from(texts.map((text) => text.length)), Buffer.from(texts.join('\n'))]);
  const file = fileOf('lengths', joined, [0]);
  const reader = new BlockReader(true);
  const segment = file.segment(texts.length, 0, joined.length, FLAG_LENGTHS);
  expect(linesOf(reader.read(segment, 0, LAZY))).toEqual(texts);
  for (const text of ['a 1\nb 2', '4\n\nb']) expect(reader.mayHold(segment, 0, needle(text))).toBe(true);
  reader.frames.close();
});
