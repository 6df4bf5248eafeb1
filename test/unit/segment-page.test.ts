import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CODEC_STORED, CODEC_TEMPLATES, CODEC_ZSTD, compressFrame } from '../../src/chunk/bytes/compress.ts';
import * as directory from '../../src/chunk/directory.ts';
import { BLOCK_LINE_BYTES, BLOCK_ROWS } from '../../src/chunk/segment-builder.ts';
import { encodeFooter, FOOTER_BYTES, FOOTER_MAGIC, SEGMENT_MAGIC } from '../../src/chunk/segment-file.ts';
import {
  MAX_DIGITS,
  MAX_HEX_CHARACTERS,
  MAX_LENGTH_BITS,
  MAX_NUMBER_BITS,
  MAX_TEMPLATES,
} from '../../src/chunk/template/template-format.ts';
import { encodeTimes, TIME_UNITS_NS } from '../../src/chunk/times.ts';
import { openBlockKernel } from '../../src/kernels/block-kernel.ts';
import { LEVEL_IN_METADATA, LEVEL_NONE, LEVELS } from '../../src/model/level.ts';

const text = readFileSync(new URL('../../docs/format/segment.md', import.meta.url), 'utf8');
const number = (value: number): string => value.toLocaleString('en');

describe('docs/format/segment.md', () => {
  it('says the constants of the code', () => {
    expect(text).toContain(`# Segment file, version ${directory.SEGMENT_VERSION}\n`);
    expect(text).toContain(`| ${SEGMENT_MAGIC.toString().replace('\n', '\\n')}`);
    expect(text).toContain(`| ${FOOTER_MAGIC.toString().replace('\n', '\\n')}`);
    expect(text).toContain(`### Footer: ${FOOTER_BYTES} bytes`);
    expect(text).toContain(`then ${directory.FRAME_FIELDS} columns`);
    expect(text).toContain(`then ${directory.LEVELS_AT + directory.LEVEL_COUNTERS} columns`);
    expect(text).toContain(`into ${number(BLOCK_LINE_BYTES)} line bytes`);
    expect(text).toContain(`and ${number(BLOCK_ROWS)} rows`);
    expect(text).toContain(`| 1 rows | 1 to ${number(BLOCK_ROWS)} |`);
    expect(text).toContain(`| 3 codec | ${CODEC_STORED} stored, ${CODEC_ZSTD} zstd, ${CODEC_TEMPLATES} templates`);
    expect(text).toContain(
      `| 5 flags | ${directory.FLAG_ASCII}: all lines are ASCII; ${directory.FLAG_LENGTHS}: a column`,
    );
    expect(text).toContain(`; ${directory.FLAG_LITERAL}: no line holds`);
    expect(text).toContain(`; ${directory.FLAG_METADATA_FILTER}: a metadata filter`);
    expect(text).toContain(`Unit ${TIME_UNITS_NS.map((unit, code) => `${code} is ${number(unit)} ns`).join(', ')}:`);
  });

  it('numbers the fields as the code does', () => {
    const frame = {
      F_OFFSET: 'offset',
      F_COMPRESSED: 'compressed',
      F_RAW: 'raw',
      F_CODEC: 'codec',
      F_CRC: 'crc',
    } as const;
    for (const [name, field] of Object.entries(frame))
      expect(text).toContain(`| ${directory[name as keyof typeof frame]} ${field} |`);
    const rows = [
      `${directory.B_STREAM} stream`,
      `${directory.B_ROWS} rows`,
      `${directory.B_MIN} min, ${directory.B_MAX} max`,
      `${directory.B_LINE_BYTES} line bytes`,
      `${directory.B_FLAGS} flags`,
      `${directory.B_TIMES}-${directory.B_TIMES + 2} times`,
      `${directory.B_LINES}-${directory.B_LINES + 2} lines`,
      `${directory.B_METADATA}-${directory.B_METADATA + 2} metadata`,
      `${directory.B_FILTER}-${directory.B_FILTER + 1} filter`,
      `${directory.B_METADATA_BYTES} metadata bytes`,
      `${directory.LEVELS_AT}-${directory.LEVELS_AT + directory.LEVEL_COUNTERS - 1} levels`,
    ];
    for (const row of rows) expect(text).toContain(`\n| ${row} |`);
    expect(directory.B_METADATA_BYTES + 1).toBe(directory.LEVELS_AT);
    expect(directory.LEVEL_COUNTERS).toBe(LEVELS.length + 1);
  });

  it('names the levels', () => {
    expect(text).toContain(`| 0 to ${LEVELS.length - 1} | ${LEVELS.map((level) => `\`${level}\``).join(', ')} |`);
    expect(text).toContain(`| ${LEVEL_IN_METADATA} | another text;`);
    expect(text).toContain(`| ${LEVEL_NONE} | none |`);
  });

  it('draws the footer as it is written', () => {
    const hex = encodeFooter(0x0102030405, Uint8Array.of(1, 2, 3)).toString('hex');
    expect(hex.slice(0, 24)).toBe('050403020100000003000000');
    expect(hex.slice(40)).toBe(`00000000${FOOTER_MAGIC.toString('hex')}`);
    expect(hex).toHaveLength(2 * FOOTER_BYTES);
  });

  it('tells which frames are stored as they are', () => {
    expect(compressFrame(new Uint8Array(63), 1).codec).toBe(CODEC_STORED);
    expect(compressFrame(new Uint8Array(64), 1).codec).toBe(CODEC_ZSTD);
    expect(text).toContain('fewer than 64 bytes');
  });

  it('says the bounds of templates', () => {
    expect(text).toContain(`| templates | varint, 1 to ${number(MAX_TEMPLATES)} |`);
    expect(text).toContain(`width (u8, 0 to ${MAX_NUMBER_BITS}), digits (u8, 0 to ${MAX_DIGITS})`);
    expect(text).toContain(`varint characters (1 to ${MAX_HEX_CHARACTERS})`);
    expect(text).toContain(`width (u8, 0 to ${MAX_LENGTH_BITS})`);
    const kernel = openBlockKernel()!.templates;
    expect(text).toContain(`frames of up to ${number(kernel.maxLines)} lines,`);
    expect(text).toContain(`${number(kernel.header.length)} bytes in each section`);
    expect(text).toContain(`${number(kernel.maxRawBytes)} bytes decoded`);
  });

  it('encodes times as the page says', () => {
    const out = new Uint8Array(64);
    const end = encodeTimes(Float64Array.of(5000, 7000, 8000), 3, out, 0);
    // Microseconds 5, +2, -1 in zigzag.
    expect([...out.subarray(0, end)]).toEqual([1, 10, 4, 1]);
  });
});
