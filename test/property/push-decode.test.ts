import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogError } from '../../src/base/errors.ts';
import { MetadataReader } from '../../src/ingest/metadata.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { decodeMetadata } from '../../src/model/metadata-bytes.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { decodeOtlpProtobuf } from '../../src/wire/otlp/otlp-protobuf.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { encodePushProtobuf } from '../../src/wire/push/push-encode.ts';
import { decodePushJson } from '../../src/wire/push/push-json.ts';
import { decodePushProtobuf } from '../../src/wire/push/push-protobuf.ts';
import { pushSchema } from '../support/push-schema.ts';
import { type ReadEntry, readBatch } from '../support/read-batch.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });
const metadata = fc.array(fc.record({ name: text, value: text }), { maxLength: 4 });
const entry = fc.record({
  seconds: fc.integer({ min: -9_223_372_035, max: 9_223_372_035 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
  line: text,
  metadata,
});
const streams = fc.array(fc.record({ labels: text, entries: fc.array(entry, { maxLength: 6 }) }), { maxLength: 5 });
type Streams = typeof streams extends fc.Arbitrary<infer T> ? T : never;

function toProtobuf(value: Streams): Buffer {
  const message = {
    format: 'ignored',
    streams: value.map(({ labels, entries }) => ({
      labels,
      hash: 77,
      entries: entries.map((one) => ({
        timestamp: { seconds: one.seconds, nanos: one.nanos },
        line: Buffer.from(one.line),
        structuredMetadata: one.metadata,
        parsed: [{ name: 'ignored', value: 'x' }],
      })),
    })),
  };
  return Buffer.from(pushSchema.encode(pushSchema.fromObject(message)).finish());
}

function expected(value: Streams): ReadEntry[] {
  return value.flatMap(({ labels, entries }) =>
    entries.map((one) => ({
      labels,
      ns: BigInt(one.seconds) * 1_000_000_000n + BigInt(one.nanos),
      line: one.line,
      metadata: one.metadata.map(({ name, value }) => [name, value] as const),
    })),
  );
}

const batch = new PushBatch();

test('the protobuf walk finds what protobufjs wrote, and what is written again from it', () => {
  fc.assert(
    fc.property(streams, (value) => {
      decodePushProtobuf(toProtobuf(value), batch);
      expect(batch.streamCount).toBe(value.length);
      expect(readBatch(batch)).toEqual(expected(value));
      const out = new ByteWriter();
      const labels = value.map((one) => Buffer.from(one.labels));
      encodePushProtobuf(batch, new Uint8Array(batch.entryCount).fill(1), (stream) => labels[stream]!, out);
      decodePushProtobuf(out.bytes.subarray(0, out.length), batch);
      expect(readBatch(batch)).toEqual(expected(value));
    }),
  );
});

test('metadata of an entry reads the same as in the reference decoder, short pairs or long', () => {
  const reader = new MetadataReader();
  fc.assert(
    fc.property(fc.array(fc.record({ name: text, value: text }), { minLength: 1, maxLength: 5 }), (pairs) => {
      decodePushProtobuf(
        toProtobuf([{ labels: '', entries: [{ seconds: 0, nanos: 0, line: '', metadata: pairs }] }]),
        batch,
      );
      reader.read(batch.bytes, batch.metadataStart[0]!, batch.metadataEnd[0]!);
      const size = pairs.reduce((sum, { name, value }) => sum + Buffer.byteLength(name + value), 0);
      expect([reader.pushedPairs, reader.pushedBytes]).toEqual([pairs.length, size]);
      const clean = pairs.map(({ value }, i) => ({ name: `n${9 - i}`, value }));
      decodePushProtobuf(
        toProtobuf([{ labels: '', entries: [{ seconds: 0, nanos: 0, line: '', metadata: clean }] }]),
        batch,
      );
      reader.read(batch.bytes, batch.metadataStart[0]!, batch.metadataEnd[0]!);
      reader.normalize();
      const out = new ByteWriter();
      reader.write(out, 'custom');
      const kept = clean.filter(({ value }) => value !== '').map(({ name, value }) => [name, value] as const);
      expect(decodeMetadata(out.bytes, 0, out.length)).toEqual(
        labelsFromPairs([...kept, ['detected_level', 'custom']]),
      );
    }),
  );
});

test('many entries and long lines grow the columns', () => {
  const line = 'x'.repeat(100_000);
  const many = Array.from({ length: 20_000 }, (_, i) => ({ seconds: i, nanos: i, line: '', metadata: [] }));
  const value = [{ labels: '{}', entries: [...many, { seconds: 1, nanos: 1, line, metadata: [] }] }];
  for (let i = 0; i < 1000; i++)
    value.push({ labels: `{a="${i}"}`, entries: [{ seconds: i, nanos: 0, line: 'y', metadata: [] }] });
  decodePushProtobuf(toProtobuf(value), batch);
  expect(readBatch(batch)).toEqual(expected(value));
});

/** Runs a decoder on bytes that lie inside a larger buffer; only a LogError may come out. */
function survives(bytes: Uint8Array, decode: (body: Buffer) => void): void {
  const larger = Buffer.alloc(bytes.length + 64, 0x0a);
  larger.set(bytes, 32);
  const body = larger.subarray(32, 32 + bytes.length);
  try {
    decode(body);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    expect(error.status).toBeGreaterThanOrEqual(400);
    return;
  }
}

function walkWithin(body: Buffer): void {
  decodePushProtobuf(body, batch);
  const reader = new MetadataReader();
  for (let s = 0; s < batch.streamCount; s++) expect(batch.labelEnd[s]).toBeLessThanOrEqual(body.length);
  expect(batch.firstEntry[batch.streamCount]).toBe(batch.entryCount);
  for (let e = 0; e < batch.entryCount; e++) {
    expect(batch.lineStart[e]).toBeLessThanOrEqual(batch.lineEnd[e]!);
    expect(batch.lineEnd[e]).toBeLessThanOrEqual(body.length);
    expect(batch.metadataEnd[e]).toBeLessThanOrEqual(body.length);
    expect(Number.isInteger(batch.seconds[e])).toBe(true);
    reader.read(body, batch.metadataStart[e]!, batch.metadataEnd[e]!);
  }
}

test('cut and changed protobuf is refused or read inside its bounds', () => {
  const change = fc.record({ at: fc.nat(), value: fc.nat(255), cut: fc.nat() });
  fc.assert(
    fc.property(streams, fc.array(change, { minLength: 1, maxLength: 4 }), (value, changes) => {
      const bytes = toProtobuf(value);
      for (const { at, value: byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      survives(bytes, walkWithin);
      survives(bytes.subarray(0, changes[0]!.cut % (bytes.length + 1)), walkWithin);
      survives(bytes, decodeOtlpProtobuf);
    }),
  );
});

test('garbage is refused or read inside its bounds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      survives(bytes, walkWithin);
      survives(Uint8Array.from([0x0a, bytes.length, ...bytes]), walkWithin);
      survives(Uint8Array.from([0x0a, bytes.length, ...bytes]), decodeOtlpProtobuf);
      survives(bytes, (body) => decodePushJson(body, batch));
    }),
  );
});

const wellFormed = fc.string({ unit: 'grapheme', maxLength: 100 });

test('the JSON walk finds what JSON.stringify wrote, with any space and any escapes', () => {
  const jsonEntry = fc.tuple(
    fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
    wellFormed,
    fc.dictionary(wellFormed, wellFormed, { maxKeys: 3, noNullPrototype: true }),
  );
  fc.assert(
    fc.property(
      fc.array(jsonEntry, { maxLength: 5 }),
      fc.constantFrom(0, 1, 2),
      fc.boolean(),
      (entries, space, escapes) => {
        const value = {
          streams: [{ stream: { a: 'b' }, values: entries.map(([ns, line, pairs]) => [String(ns), line, pairs]) }],
        };
        let body = JSON.stringify(value, undefined, space);
        if (escapes)
          body = body.replace(
            /[^\u0020-\u007e\n]/g,
            (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
          );
        decodePushJson(Buffer.from(body), batch);
        expect(readBatch(batch)).toEqual(
          entries.map(([ns, line, pairs]) => ({ labels: '{a="b"}', ns, line, metadata: Object.entries(pairs) })),
        );
      },
    ),
  );
});

test('cut and changed JSON is refused or read', () => {
  const body = JSON.stringify({
    streams: [{ stream: { a: 'b' }, values: [['1', 'li\n한ne', { k: '😀\u0000' }]] }],
    x: [{}, 1.5, null],
  });
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), fc.nat(), (at, byte, cut) => {
      const bytes = Buffer.from(body);
      bytes[at % bytes.length] = byte;
      survives(bytes, (part) => decodePushJson(part, batch));
      survives(bytes.subarray(0, cut % bytes.length), (part) => decodePushJson(part, batch));
    }),
    { numRuns: 500 },
  );
});

test('the number of entries is bounded, whatever the size of the body', () => {
  const entries = '\u0012\u0000'.repeat(2 ** 21 + 1);
  const length = entries.length;
  const header = [
    0x0a,
    (length & 0x7f) | 0x80,
    ((length >> 7) & 0x7f) | 0x80,
    ((length >> 14) & 0x7f) | 0x80,
    length >> 21,
  ];
  const body = Buffer.concat([Buffer.from(header), Buffer.from(entries, 'latin1')]);
  expect(() => decodePushProtobuf(body, new PushBatch())).toThrow(expect.objectContaining({ status: 413 }));
});
