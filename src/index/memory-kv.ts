import { compareText } from '../model/labels.ts';
import { type Kv, type KvEntry, type KvOperation, SCAN_PAGE_ENTRIES } from './kv.ts';

/** Keys in memory, for tests and for tools that rebuild an index. Values are copied on the way in. */
export class MemoryKv implements Kv {
  readonly #values = new Map<string, Uint8Array>();

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#values.get(key);
  }

  getSync(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  scan(gte: string, lt: string): AsyncIterable<readonly KvEntry[]> {
    const entries: KvEntry[] = [];
    for (const [key, value] of this.#values) {
      if (compareText(key, gte) >= 0 && compareText(key, lt) < 0) entries.push({ key, value });
    }
    return pages(entries.sort((a, b) => compareText(a.key, b.key)));
  }

  async batch(operations: readonly KvOperation[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === 'put') this.#values.set(operation.key, operation.value.slice());
      else this.#values.delete(operation.key);
    }
  }

  async clear(): Promise<void> {
    this.#values.clear();
  }

  async close(): Promise<void> {}
}

async function* pages(entries: readonly KvEntry[]): AsyncGenerator<readonly KvEntry[]> {
  for (let i = 0; i < entries.length; i += SCAN_PAGE_ENTRIES) yield entries.slice(i, i + SCAN_PAGE_ENTRIES);
}
