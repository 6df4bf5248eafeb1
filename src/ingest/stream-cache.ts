import type { Labels } from '../model/labels.ts';
import type { SinkStream } from '../model/row-sink.ts';
import type { DiscardReason } from './discards.ts';

/** Why no entry of a stream can be taken. */
export interface StreamFailure {
  readonly message: string;
  readonly reason: DiscardReason;
  /** Status of the answer; 400 unless ingestion is blocked. */
  readonly status: number;
}

/**
 * What is known about one label text; all but `handle` follows from the text and the tenant's limits. There are thousands, so the
 * canonical text, which only messages need, is not among it: `printLabels(labels)`.
 */
export interface KnownStream {
  /** With `service_name`. */
  readonly labels: Labels;
  readonly failure: StreamFailure | undefined;
  /** Level that a label of the stream gives to all its entries. */
  readonly level: { readonly code: number; readonly text: string | undefined } | undefined;
  handle: SinkStream | undefined;
}

interface Slot {
  readonly key: Uint8Array;
  readonly stream: KnownStream;
  readonly next: Slot | undefined;
}

const DEFAULT_MAX_STREAMS = 50_000;
// Longer texts are parsed each time: they are rare, and would make the bound on the number worthless.
const MAX_KEY_BYTES = 16 * 1024;

/**
 * Bounded cache from label text to stream, so that a stream which was seen before costs a hash and a comparison. Two
 * generations: when the young one is full it becomes the old one, and the old one is forgotten.
 */
export class StreamCache {
  readonly #maxStreams: number;
  #young = new Map<number, Slot>();
  #youngCount = 0;
  #old = new Map<number, Slot>();

  constructor(maxStreams: number = DEFAULT_MAX_STREAMS) {
    this.#maxStreams = maxStreams;
  }

  get(bytes: Uint8Array, start: number, end: number): KnownStream | undefined {
    const hash = hashRange(bytes, start, end);
    const slot = find(this.#young.get(hash), bytes, start, end);
    if (slot !== undefined) return slot.stream;
    const older = find(this.#old.get(hash), bytes, start, end);
    if (older !== undefined) this.#put(hash, older.key, older.stream);
    return older?.stream;
  }

  /** Remembers a stream under a text that `get` did not know; the bytes are copied. */
  set(bytes: Uint8Array, start: number, end: number, stream: KnownStream): void {
    if (end - start > MAX_KEY_BYTES) return;
    // A copy, since the next request overwrites the memory; many share one array buffer, which would be as large as the key otherwise.
    this.#put(hashRange(bytes, start, end), Buffer.from(bytes.subarray(start, end)), stream);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngCount = 0;
  }

  #put(hash: number, key: Uint8Array, stream: KnownStream): void {
    if (this.#youngCount >= this.#maxStreams) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCount = 0;
    }
    this.#young.set(hash, { key, stream, next: this.#young.get(hash) });
    this.#youngCount++;
  }
}

function find(first: Slot | undefined, bytes: Uint8Array, start: number, end: number): Slot | undefined {
  const length = end - start;
  for (let slot = first; slot !== undefined; slot = slot.next) {
    const { key } = slot;
    if (key.length !== length) continue;
    let i = 0;
    while (i < length && key[i] === bytes[start + i]) i++;
    if (i === length) return slot;
  }
  return undefined;
}

/** FNV-1a over four bytes at a time, which is what makes it worth having; quality is enough for a table with a check. */
function hashRange(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x01000193);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
