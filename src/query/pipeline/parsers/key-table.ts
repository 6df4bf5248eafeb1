import type { Labels } from '../../../model/labels.ts';
import { EXTRACTED_SUFFIX } from '../row/label-names.ts';
import { SUFFIX_DECIDED_ACROSS_STREAMS } from '../row/quirks.ts';
import type { LabelState } from '../row/stage.ts';
import { equalBytes, sliceText, trimGoSpace } from '../text/byte-text.ts';

/**
 * Keys of one parser stage, found by their bytes, with the label name that each becomes. Lines repeat a few keys, so a key
 * is decoded and sanitised once per query.
 */

/** Keys that are remembered per stage; lines with ever new keys must not grow the table without bound. */
const MAX_REMEMBERED_KEYS = 16_384;
const FIRST_CAPACITY = 32;
/** Keys come from users: a start value they cannot know keeps them from choosing keys that collide. */
const HASH_START = (Math.random() * 0x1_0000_0000) | 0;

/** One key: the label it becomes, and, for nested objects, the keys below it. */
export class KeyNode {
  /** Sanitised, prefixed by the parents' names; empty when blank. */
  readonly name: string;
  /** The key text could not be decoded. */
  readonly isBad: boolean;
  #children: KeyTable | undefined;
  readonly #budget: { left: number };
  #decidedFor: Labels | undefined;
  #label = '';

  constructor(name: string, isBad: boolean, budget: { left: number }) {
    this.name = name;
    this.isBad = isBad;
    this.#budget = budget;
  }

  /** Label name for the row's stream: suffixed when the stream has a label of that name. */
  label(labels: LabelState): string {
    const decided = this.#decidedFor;
    if (decided === labels.stream || (SUFFIX_DECIDED_ACROSS_STREAMS && decided !== undefined)) return this.#label;
    this.#label = labels.isStreamLabel(this.name) ? this.name + EXTRACTED_SUFFIX : this.name;
    this.#decidedFor = labels.stream;
    return this.#label;
  }

  get children(): KeyTable {
    this.#children ??= new KeyTable(this.name, this.#budget);
    return this.#children;
  }
}

/** Turns raw key bytes to key text; undefined when it cannot. */
export type KeyDecoder = (text: string) => string | undefined;

const plainKey: KeyDecoder = (text) => text;

/** Open addressing over key bytes. */
export class KeyTable {
  readonly #prefix: string;
  readonly #budget: { left: number };
  #hashes: Int32Array = new Int32Array(FIRST_CAPACITY);
  #keys: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(FIRST_CAPACITY).fill(undefined);
  #nodes: (KeyNode | undefined)[] = new Array<KeyNode | undefined>(FIRST_CAPACITY).fill(undefined);
  #size = 0;

  constructor(prefix = '', budget: { left: number } = { left: MAX_REMEMBERED_KEYS }) {
    this.#prefix = prefix;
    this.#budget = budget;
  }

  /** The node of the key `bytes[start, end)`, made on first sight. */
  find(bytes: Uint8Array, start: number, end: number, decode: KeyDecoder = plainKey): KeyNode {
    let hash = HASH_START;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const mask = this.#hashes.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const key = this.#keys[slot];
      if (key === undefined) break;
      if (this.#hashes[slot] === hash && equalBytes(bytes, start, end, key)) return this.#nodes[slot]!;
      slot = (slot + 1) & mask;
    }
    const node = this.#make(sliceText(bytes, start, end), decode);
    if (this.#budget.left > 0) {
      this.#budget.left--;
      // A copy: `slice` of a Buffer would be a view of memory that the next block overwrites.
      this.#insert(slot, hash, new Uint8Array(bytes.subarray(start, end)), node);
    }
    return node;
  }

  #make(text: string, decode: KeyDecoder): KeyNode {
    const key = decode(text);
    return new KeyNode(key === undefined ? '' : joinedName(this.#prefix, key), key === undefined, this.#budget);
  }

  #insert(slot: number, hash: number, key: Uint8Array, node: KeyNode): void {
    this.#hashes[slot] = hash;
    this.#keys[slot] = key;
    this.#nodes[slot] = node;
    this.#size++;
    if (this.#size * 2 > this.#hashes.length) this.#grow();
  }

  #grow(): void {
    const [hashes, keys, nodes] = [this.#hashes, this.#keys, this.#nodes];
    const capacity = hashes.length * 2;
    this.#hashes = new Int32Array(capacity);
    this.#keys = new Array<Uint8Array | undefined>(capacity).fill(undefined);
    this.#nodes = new Array<KeyNode | undefined>(capacity).fill(undefined);
    for (let i = 0; i < hashes.length; i++) {
      if (keys[i] === undefined) continue;
      const hash = hashes[i]!;
      let slot = (hash ^ (hash >>> 15)) & (capacity - 1);
      while (this.#keys[slot] !== undefined) slot = (slot + 1) & (capacity - 1);
      this.#hashes[slot] = hash;
      this.#keys[slot] = keys[i];
      this.#nodes[slot] = nodes[i];
    }
  }
}

function joinedName(prefix: string, key: string): string {
  const trimmed = trimGoSpace(key);
  if (trimmed === '') return prefix;
  if (prefix === '') return sanitizeKey(trimmed);
  return `${prefix}_${replaceInvalid(trimmed)}`;
}

/** A label name from a key: trimmed, `_` before a leading digit, every character outside `[A-Za-z0-9_]` becomes `_`. */
export function sanitizeKey(key: string): string {
  const trimmed = trimGoSpace(key);
  const first = trimmed.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39 ? '_' : '') + replaceInvalid(trimmed);
}

function replaceInvalid(text: string): string {
  let out = '';
  for (const char of text) out += isNameChar(char.charCodeAt(0)) ? char : '_';
  return out;
}

function isNameChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f
  );
}
