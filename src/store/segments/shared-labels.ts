import { MAX_UNIT_BYTES, writeUtf8 } from '../../base/write-utf8.ts';
import type { Labels } from '../../model/labels.ts';

/** Label sets in memory that threads share: what crosses with a task, whatever the number of streams. */
export interface SharedLabels {
  /** Of the table, among all of the process. */
  readonly id: number;
  readonly chunks: readonly SharedArrayBuffer[];
}

/** Room for some thousand sets. */
const CHUNK_BYTES = 512 * 1024;
/** Places are `chunk * CHUNK_SPAN + offset`. */
const CHUNK_SPAN = 2 ** 32;
/** Before the texts of a set: how many there are; before each: its bytes. */
const LENGTH_BYTES = 4;
const NOT_PLACED = -1;
/** Sets that a thread keeps decoded; with more streams than that it begins anew. */
const MAX_SETS = 200_000;

let nextTableId = 1;

/**
 * Label sets of streams by stream id, written once each, when a query first asks for the place of one, and never moved: so a task names a
 * set by a number, and the thread that runs it reads the texts only of streams that it has to name.
 */
export class LabelTable {
  readonly #id: number = nextTableId++;
  readonly #labelsOf: (streamId: number) => Labels;
  readonly #chunks: SharedArrayBuffer[] = [];
  #places: Float64Array = new Float64Array(0);
  #chunk: Buffer = Buffer.alloc(0);
  #used = 0;
  #shared: SharedLabels | undefined;

  constructor(labelsOf: (streamId: number) => Labels) {
    this.#labelsOf = labelsOf;
  }

  /** Everything that has a place so far. */
  get shared(): SharedLabels {
    this.#shared ??= { id: this.#id, chunks: [...this.#chunks] };
    return this.#shared;
  }

  labels(streamId: number): Labels {
    return this.#labelsOf(streamId);
  }

  /** Where the labels of a stream are. Take `shared` after the last place. */
  placeOf(streamId: number): number {
    if (streamId >= this.#places.length) this.#grow(streamId);
    let place = this.#places[streamId]!;
    if (place === NOT_PLACED) {
      place = this.#write(this.#labelsOf(streamId));
      this.#places[streamId] = place;
    }
    return place;
  }

  #grow(streamId: number): void {
    const places = new Float64Array(Math.max(1024, (streamId + 1) * 2)).fill(NOT_PLACED);
    places.set(this.#places);
    this.#places = places;
  }

  #write(labels: Labels): number {
    let most = LENGTH_BYTES * (1 + labels.length);
    for (const text of labels) most += text.length * MAX_UNIT_BYTES;
    if (this.#used + most > this.#chunk.length) {
      const memory = new SharedArrayBuffer(Math.max(CHUNK_BYTES, most));
      this.#chunks.push(memory);
      this.#chunk = Buffer.from(memory);
      this.#used = 0;
      this.#shared = undefined;
    }
    const place = (this.#chunks.length - 1) * CHUNK_SPAN + this.#used;
    const chunk = this.#chunk;
    let at = chunk.writeUInt32LE(labels.length, this.#used);
    for (const text of labels) {
      const length = writeUtf8(chunk, text, at + LENGTH_BYTES);
      at = chunk.writeUInt32LE(length, at) + length;
    }
    this.#used = at;
    return place;
  }
}

/** Sets of a table by stream id: numbers that are found sooner than any key is. */
type StreamSets = (Labels | undefined)[];

/** Sets that this thread has read, by table. */
const tables = new Map<number, StreamSets>();
/** Names and values recur from stream to stream. */
const texts = new Map<string, string>();
let setCount = 0;
/** The table that was asked for last. */
let lastId = 0;
let lastSets: StreamSets = [];

/** The label set of a stream, which is at a place of a table; the same object each time, while it is kept. */
export function labelsAt({ id, chunks }: SharedLabels, place: number, streamId: number): Labels {
  if (id !== lastId) {
    lastSets = tables.get(id) ?? [];
    lastId = id;
    tables.set(id, lastSets);
  }
  const known = lastSets[streamId];
  if (known !== undefined) return known;
  if (setCount >= MAX_SETS) {
    tables.clear();
    texts.clear();
    setCount = 0;
    lastSets = [];
    tables.set(id, lastSets);
  }
  const labels = read(chunks, place);
  lastSets[streamId] = labels;
  setCount++;
  return labels;
}

function read(chunks: readonly SharedArrayBuffer[], place: number): Labels {
  const bytes = Buffer.from(chunks[Math.floor(place / CHUNK_SPAN)]!);
  let at = place % CHUNK_SPAN;
  const count = bytes.readUInt32LE(at);
  at += LENGTH_BYTES;
  const labels: string[] = [];
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(at);
    at += LENGTH_BYTES;
    labels.push(shared(bytes.toString('utf8', at, at + length)));
    at += length;
  }
  return labels;
}

function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, text);
  return text;
}
