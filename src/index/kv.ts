/**
 * What the index needs of an ordered store of keys. Keys are text, ordered by the bytes of their UTF-8; values are bytes. Two
 * implementations, `level-kv.ts` and `memory-kv.ts`, pass one contract suite.
 */
export interface Kv {
  get(key: string): Promise<Uint8Array | undefined>;
  /** As `get`, at once: for small values that are asked for in the middle of other work. */
  getSync(key: string): Uint8Array | undefined;
  /** Entries with `gte <= key < lt` in order, a page at a time, as they were when it was called. */
  scan(gte: string, lt: string): AsyncIterable<readonly KvEntry[]>;
  /** All operations or, after a crash, none; the last one on a key wins. Resolves when they are on the medium. */
  batch(operations: readonly KvOperation[]): Promise<void>;
  /** Removes everything. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface KvEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export type KvOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** Entries of a page of `scan`. 1000: 573 k entries/s against 173 k/s one at a time. */
export const SCAN_PAGE_ENTRIES = 1000;
