import { writeFileSync } from 'node:fs';
import { crc32c } from '../../src/base/crc32c.ts';
import { CODEC_STORED, CODEC_TEMPLATES } from '../../src/chunk/bytes/compress.ts';
import * as fields from '../../src/chunk/directory.ts';
import type { StoredBlocks } from '../../src/chunk/stored-blocks.ts';
import { encodeTimes, maxTimesBytes } from '../../src/chunk/times.ts';

/** Most rows of a block of such a file: they have one frame of times, a second apart. */
export const BLOCK_FILE_ROWS = 64;

/** A file of a frame of times and a template frame of lines, as a segment has them, and blocks of the latter. */
export class BlockFile {
  readonly path: string;
  readonly #times: Buffer;
  readonly #lines: Uint8Array;
  readonly #rawBytes: number;

  constructor(path: string, lines: Uint8Array, rawBytes: number) {
    this.path = path;
    this.#lines = lines;
    this.#rawBytes = rawBytes;
    const offsets = Float64Array.from({ length: BLOCK_FILE_ROWS }, (_, i) => i * 1e9);
    const times = Buffer.alloc(maxTimesBytes(BLOCK_FILE_ROWS) + 2);
    this.#times = times.subarray(0, encodeTimes(offsets, BLOCK_FILE_ROWS, times, 0) + 2);
    writeFileSync(path, Buffer.concat([this.#times, lines]));
  }

  /** A segment of one block of so many rows, whose lines are said to be `[start, end)` of the raw frame. */
  segment(rows: number, start: number, end: number, flags = 0): StoredBlocks {
    const blocks = new Uint32Array(fields.BLOCK_FIELDS);
    blocks[fields.B_ROWS] = rows;
    fields.setBlockTime(blocks, fields.B_MAX, (BLOCK_FILE_ROWS - 1) * 1e9);
    blocks[fields.B_FLAGS] = flags;
    const times = this.#times;
    blocks.set([0, 0, times.length], fields.B_TIMES);
    blocks.set([1, start, end - start], fields.B_LINES);
    const lines = this.#lines;
    const frames = Float64Array.of(
      ...[0, times.length, times.length, CODEC_STORED, crc32c(times)],
      ...[times.length, lines.length, this.#rawBytes, CODEC_TEMPLATES, crc32c(lines)],
    );
    return { path: this.path, blocks, frames };
  }
}
