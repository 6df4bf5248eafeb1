import type { Labels } from '../../model/labels.ts';
import { JsonBytes } from '../json/json-bytes.ts';
import { formatRfc3339Nano, jsonLabels, jsonText, labelText } from '../json/json-text.ts';
import { type EntryFormat, type EntryLabels, entryEnd, putEntry, streamJson } from './entry-json.ts';

/** Entries that were left out: one that is named by its time, or `count` of a stream, the newest at that time. */
export interface DroppedTailEntry {
  readonly timeNs: bigint;
  /** Of the stream. */
  readonly labels: Labels;
  readonly count: number;
}

const COMMA = Buffer.from(',');
const STREAM_END = Buffer.from(']}');

/** Used by one writer after the other. */
const scratch = new JsonBytes();

/**
 * Writes the entries of frames, one stream object each with a comma behind it. Writers of a thread share their memory: one has to
 * finish before the next begins.
 */
export class TailWriter {
  readonly #format: EntryFormat;
  readonly #out = scratch;
  readonly #shapes = new Map<EntryLabels, { readonly head: Uint8Array; readonly entryEnd: Uint8Array }>();
  /** End of each entry, its comma included. */
  readonly ends: number[] = [];

  constructor(format: EntryFormat) {
    this.#format = format;
    this.#out.reset();
  }

  get byteLength(): number {
    return this.#out.length;
  }

  /** Appends an entry whose line is `bytes[start, end)`; equal labels should be one object. */
  add(day: number, offsetNs: number, bytes: Uint8Array, start: number, end: number, labels: EntryLabels): void {
    let shape = this.#shapes.get(labels);
    if (shape === undefined) {
      shape = this.#shapeOf(labels);
      this.#shapes.set(labels, shape);
    }
    const out = this.#out;
    out.raw(shape.head);
    putEntry(out, this.#format, day, offsetNs, bytes, start, end, shape.entryEnd);
    out.raw(STREAM_END);
    out.raw(COMMA);
    this.ends.push(out.length);
  }

  #shapeOf(labels: EntryLabels): { readonly head: Uint8Array; readonly entryEnd: Uint8Array } {
    const stream = streamJson(labels, this.#format);
    const head = this.#format === 'legacy' ? `{"labels":${stream},"entries":[` : `{"stream":${stream},"values":[`;
    return { head: Buffer.from(head), entryEnd: Buffer.from(entryEnd(labels, this.#format)) };
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.finish();
  }
}

/** A frame around entries of `TailWriter`, without the last comma. */
export function tailFrame(
  format: EntryFormat,
  entries: Uint8Array,
  dropped: readonly DroppedTailEntry[],
  encodingFlags: readonly string[] = [],
): Buffer {
  return Buffer.concat([
    Buffer.from('{"streams":['),
    entries,
    Buffer.from(format === 'legacy' ? legacyFrameEnd(dropped) : frameEnd(dropped, encodingFlags)),
  ]);
}

/** Texts of label sets that drops name again and again. */
const droppedTexts = new WeakMap<Labels, string>();

function droppedText({ timeNs, labels, count }: DroppedTailEntry): string {
  let text = droppedTexts.get(labels);
  if (text === undefined) {
    text = jsonLabels(labels);
    droppedTexts.set(labels, text);
  }
  return `{"timestamp":"${timeNs}","labels":${text}${countText(count)}}`;
}

function frameEnd(dropped: readonly DroppedTailEntry[], encodingFlags: readonly string[]): string {
  const list = dropped.length === 0 ? '' : `,"dropped_entries":[${dropped.map(droppedText).join(',')}]`;
  const flagsText = encodingFlags.length === 0 ? '' : `,"encodingFlags":${JSON.stringify(encodingFlags)}`;
  return `]${list}${flagsText}}`;
}

function legacyFrameEnd(dropped: readonly DroppedTailEntry[]): string {
  const list = dropped.map(
    (one) =>
      `{"timestamp":"${formatRfc3339Nano(one.timeNs)}","labels":${jsonText(labelText(one.labels))}${countText(one.count)}}`,
  );
  return `],"dropped_entries":${list.length === 0 ? 'null' : `[${list.join(',')}]`}}`;
}

/** Loki names every entry; a list that would be longer than the lines themselves helps nobody. */
function countText(count: number): string {
  return count === 1 ? '' : `,"count":${count}`;
}
