import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BodyReader, type ReadOptions } from '../../../src/http/request/body.ts';

const OPTIONS: ReadOptions = { limitBytes: 100_000_000, tooLarge: (size, limit) => `${size} over ${limit}` };
const KIB = 1024;

function request(chunks: Iterable<Uint8Array>, length?: number): IncomingMessage {
  const headers = length === undefined ? {} : { 'content-length': String(length) };
  return Object.assign(Readable.from(chunks, { objectMode: false }), { headers }) as unknown as IncomingMessage;
}

/** `count` chunks of a kibibyte, filled with their number. */
function kibibytes(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.alloc(KIB, i % 256));
}

describe('BodyReader', () => {
  it.each([0, 1, 4, 100])('joins %i KiB with and without a declared length', async (count) => {
    const reader = new BodyReader(1e9);
    const chunks = kibibytes(count);
    const whole = Buffer.concat(chunks);
    for (const length of [whole.length, undefined]) {
      const body = await reader.read(request(chunks, length), OPTIONS);
      expect(Buffer.compare(body.bytes, whole)).toBe(0);
      body.release();
    }
    expect(reader.usedBytes).toBe(0);
  });

  it('uses a released buffer again', async () => {
    const reader = new BodyReader(1e9);
    const first = await reader.read(request(kibibytes(5), 5 * KIB), OPTIONS);
    const other = await reader.read(request(kibibytes(5), 5 * KIB), OPTIONS);
    expect(other.bytes.buffer).not.toBe(first.bytes.buffer);
    first.release();
    const again = await reader.read(request(kibibytes(6), 6 * KIB), OPTIONS);
    expect(again.bytes.buffer).toBe(first.bytes.buffer);
    expect(again.bytes.length).toBe(6 * KIB);
  });

  it('refuses a declared length over the limit before it reads or allocates', async () => {
    const reader = new BodyReader(1e9);
    const stream = request(kibibytes(1), 1e12);
    await expect(reader.read(stream, OPTIONS)).rejects.toMatchObject({
      code: 'PUSH_TOO_LARGE',
      message: `${1e12} over 100000000`,
    });
    expect(stream.readableFlowing).not.toBe(true);
    expect(reader.usedBytes).toBe(0);
  });

  it('refuses more than the limit without a declared length, and gives the memory back', async () => {
    const reader = new BodyReader(1e9);
    await expect(reader.read(request(kibibytes(200)), { ...OPTIONS, limitBytes: 150 * KIB })).rejects.toMatchObject({
      code: 'PUSH_TOO_LARGE',
    });
    expect(reader.usedBytes).toBe(0);
  });

  it('refuses what would pass the budget of all bodies, but never the only one', async () => {
    const reader = new BodyReader(10 * KIB);
    const large = await reader.read(request(kibibytes(64), 64 * KIB), OPTIONS);
    await expect(reader.read(request(kibibytes(1), KIB), OPTIONS)).rejects.toMatchObject({ code: 'MEMORY_PRESSURE' });
    large.release();
    const small = await reader.read(request(kibibytes(1), KIB), OPTIONS);
    expect(small.bytes.length).toBe(KIB);
  });

  it('says that the client left when the stream breaks, and gives the memory back', async () => {
    const reader = new BodyReader(1e9);
    function* broken(): Generator<Buffer> {
      yield Buffer.alloc(10);
      throw new Error('aborted');
    }
    await expect(reader.read(request(broken(), 100), OPTIONS)).rejects.toMatchObject({ code: 'QUERY_CANCELLED' });
    expect(reader.usedBytes).toBe(0);
  });
});
