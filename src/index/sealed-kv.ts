import { crc32c } from '../base/crc32c.ts';
import { LogError } from '../base/errors.ts';
import type { Kv, KvEntry, KvOperation } from './kv.ts';

/**
 * Adds a checksum of key and value to each value, and checks it on reading: LevelDB has checksums of its own blocks, but does not
 * look at them when it reads, so a flipped bit would go unnoticed.
 */
export class SealedKv implements Kv {
  readonly #inner: Kv;

  constructor(inner: Kv) {
    this.#inner = inner;
  }

  /** @throws LogError INDEX_CORRUPT, as `getSync` and `scan` do */
  async get(key: string): Promise<Uint8Array | undefined> {
    return unsealed(key, await this.#inner.get(key));
  }

  getSync(key: string): Uint8Array | undefined {
    return unsealed(key, this.#inner.getSync(key));
  }

  async *scan(gte: string, lt: string): AsyncGenerator<readonly KvEntry[]> {
    for await (const page of this.#inner.scan(gte, lt))
      yield page.map(({ key, value }) => ({ key, value: unseal(key, value) }));
  }

  async batch(operations: readonly KvOperation[]): Promise<void> {
    await this.#inner.batch(
      operations.map((each) => (each.type === 'put' ? { ...each, value: seal(each.key, each.value) } : each)),
    );
  }

  async clear(): Promise<void> {
    await this.#inner.clear();
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}

/** A line feed and eight hexadecimal digits, so that what is text stays text. */
const SEAL_BYTES = 9;

function sealText(key: string, value: Uint8Array): string {
  const keyBytes = Buffer.from(key);
  return `\n${crc32c(value, 0, value.length, crc32c(keyBytes)).toString(16).padStart(8, '0')}`;
}

function seal(key: string, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(value.length + SEAL_BYTES);
  bytes.set(value);
  bytes.set(Buffer.from(sealText(key, value)), value.length);
  return bytes;
}

function unseal(key: string, bytes: Uint8Array): Uint8Array {
  const value = bytes.subarray(0, Math.max(0, bytes.length - SEAL_BYTES));
  const found = Buffer.from(bytes.buffer, bytes.byteOffset + value.length, bytes.length - value.length);
  if (found.toString('latin1') === sealText(key, value)) return value;
  throw new LogError('INDEX_CORRUPT', `index is damaged at key ${JSON.stringify(key)}: checksum does not match`, {
    details: { key },
  });
}

function unsealed(key: string, bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : unseal(key, bytes);
}
