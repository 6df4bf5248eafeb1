import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseMediaType } from '../../../src/wire/media-type.ts';
import { checkBodySize, decodeOtlpEncoding, decodePushEncoding } from '../../../src/wire/push/body-encoding.ts';
import { uncompressLz4Frame } from '../../../src/wire/push/lz4-frame.ts';
import { compressSnappy, uncompressSnappy } from '../../../src/wire/push/snappy-body.ts';

const text = Buffer.from('a line of text '.repeat(1000));

describe('content encodings of a push', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateRawSync(text)],
    ['deflate', deflateSync(text)],
    ['snappy', text],
    [undefined, text],
  ])('%s', (encoding, body) => {
    expect(decodePushEncoding(body, encoding, text.length)).toEqual(text);
  });

  test('an unknown one is refused in words', () => {
    expect(() => decodePushEncoding(text, 'br', 10)).toThrow('Content-Encoding "br" not supported');
    expect(() => decodeOtlpEncoding(text, 'br', 10)).toThrow(
      'unsupported content encoding br: only gzip, lz4 and zstd are supported',
    );
  });

  test.each(['gzip', 'deflate'])('%s stops at the limit', (encoding) => {
    const body = encoding === 'gzip' ? gzipSync(text) : deflateSync(text);
    expect(() => decodePushEncoding(body, encoding, text.length - 1)).toThrow(expect.objectContaining({ status: 413 }));
  });

  test('damaged data is a 400', () => {
    expect(() => decodePushEncoding(Buffer.from('no gzip'), 'gzip', 100)).toThrow(
      expect.objectContaining({ status: 400 }),
    );
    expect(() => decodePushEncoding(Buffer.from([0x78, 0x9c, 1, 2]), 'deflate', 100)).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });
});

test('zstd for OTLP', () => {
  expect(decodeOtlpEncoding(zstdCompressSync(text), 'zstd', text.length)).toEqual(text);
  expect(() => decodeOtlpEncoding(zstdCompressSync(text), 'zstd', 100)).toThrow(
    expect.objectContaining({ status: 413 }),
  );
});

describe('LZ4 frames', () => {
  // Frame: magic, flags 0x60 (version 1, independent blocks), block size 0x40, header checksum, blocks, end mark.
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const end = Buffer.alloc(4);
  const block = (bytes: number[], stored = false): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(stored ? (bytes.length | 0x8000_0000) >>> 0 : bytes.length);
    return Buffer.concat([size, Buffer.from(bytes)]);
  };

  test('literals, an overlapping copy, a stored block', () => {
    // "ab", then 8 bytes from 2 back, then "!" as the last literals.
    const packed = block([0x24, 0x61, 0x62, 0x02, 0x00, 0x10, 0x21]);
    const frame = Buffer.concat([head, packed, block([0x78, 0x79], true), end]);
    expect(uncompressLz4Frame(frame, 100).toString()).toBe('ababababab!xy');
    expect(() => uncompressLz4Frame(frame, 5)).toThrow(expect.objectContaining({ status: 413 }));
    for (let cut = 1; cut < frame.length; cut++) {
      expect(() => uncompressLz4Frame(frame.subarray(0, cut), 100)).toThrow('lz4: corrupt input');
    }
  });

  test('a copy from before the start is damage', () => {
    const frame = Buffer.concat([head, block([0x10, 0x61, 0x05, 0x00]), end]);
    expect(() => uncompressLz4Frame(frame, 100)).toThrow('lz4: corrupt input');
  });
});

describe('snappy blocks', () => {
  test('round trip', () => {
    expect(uncompressSnappy(compressSnappy(text), text.length)).toEqual(text);
  });

  test('a claimed length over the limit is refused before anything is allocated', () => {
    const liar = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2]);
    expect(() => uncompressSnappy(liar, 1000)).toThrow(
      'decompressed message size too large than max (4294967295 vs 1000)',
    );
    expect(() => uncompressSnappy(liar, 2 ** 40)).toThrow('snappy: corrupt input');
  });

  test.each([[[]], [[0x80]], [[5, 1]], [[0xff, 0xff, 0xff, 0xff, 0xff, 0x01]]])('%j is damage', (bytes) => {
    expect(() => uncompressSnappy(Buffer.from(bytes), 1000)).toThrow('snappy: corrupt input');
  });

  test('zero bytes is a valid empty block', () => {
    expect(uncompressSnappy(Buffer.from([0]), 10).length).toBe(0);
  });
});

test.each([
  [undefined, 'no media type'],
  ['', 'no media type'],
  ['not a media type;;', 'expected slash after first token'],
  ['text/', 'expected token after slash'],
  ['text/plain x', 'unexpected content after media subtype'],
])('content type %s', (header, problem) => {
  expect(() => parseMediaType(header)).toThrow(`mime: ${problem}`);
});

test('a media type is lower case without parameters', () => {
  expect(parseMediaType('Application/JSON; charset=utf-8')).toBe('application/json');
});

test('a body over the limit is refused', () => {
  expect(() => checkBodySize(text, { maxBodyBytes: 10, maxDecompressedBytes: 10 })).toThrow(
    `request body too large: message size too large than max (${text.length} vs 10)`,
  );
});
