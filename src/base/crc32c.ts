/**
 * CRC32C (Castagnoli), the checksum of every file format here. `node:zlib` has only the IEEE polynomial, so it is computed with
 * tables: sixteen bytes per step, read as four words where the memory is aligned.
 */

/** The Castagnoli polynomial with its bits reversed (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f63b78;

/** Bytes below which the plain loop is quicker than making a word view. */
const WORD_PATH_MIN_BYTES = 64;

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Sixteen tables of 256 words in a row: table k advances a byte past k more bytes. */
const TABLES: Int32Array = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = (before >>> 8) ^ tables[before & 0xff]!;
  }
  return tables;
}

/**
 * Checksum of `bytes[start, end)`.
 *
 * @param previous the checksum of the bytes before, to go on from it: `crc32c(b, 0, n, crc32c(a))` is the checksum of a followed by b
 * @returns unsigned 32-bit number; 0 for no bytes. Source: RFC 3720, appendix B.4.
 */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length, previous = 0): number {
  let crc = ~previous;
  let at = start;
  if (isLittleEndian && end - start >= WORD_PATH_MIN_BYTES) {
    while (((bytes.byteOffset + at) & 3) !== 0) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at++]!) & 0xff]!;
    const stepCount = (end - at) >>> 4;
    crc = crcOfWords(new Int32Array(bytes.buffer, bytes.byteOffset + at, stepCount * 4), crc);
    at += stepCount * 16;
  }
  while (at < end) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at++]!) & 0xff]!;
  return ~crc >>> 0;
}

/** Hot loop: four words a step; the tables of the last bytes come first. */
function crcOfWords(words: Int32Array, initial: number): number {
  const t = TABLES;
  let crc = initial;
  for (let i = 0; i < words.length; i += 4) {
    const a = words[i]! ^ crc;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    crc =
      t[3840 + (a & 0xff)]! ^
      t[3584 + ((a >>> 8) & 0xff)]! ^
      t[3328 + ((a >>> 16) & 0xff)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 0xff)]! ^
      t[2560 + ((b >>> 8) & 0xff)]! ^
      t[2304 + ((b >>> 16) & 0xff)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 0xff)]! ^
      t[1536 + ((c >>> 8) & 0xff)]! ^
      t[1280 + ((c >>> 16) & 0xff)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 0xff)]! ^
      t[512 + ((d >>> 8) & 0xff)]! ^
      t[256 + ((d >>> 16) & 0xff)]! ^
      t[d >>> 24]!;
  }
  return crc;
}
