import { type Labels, labelsKey } from '../model/labels.ts';
import { dayStartNs, NS_PER_DAY_NUMBER } from '../model/time.ts';
import { JsonBytes } from './json-bytes.ts';
import { formatRfc3339Nano, jsonLabels, jsonText, labelText } from './json-text.ts';
import { categoriesJson } from './result-json.ts';

/** `plain`: all labels as one set. `categorized`: stream labels apart. `legacy`: `/api/prom/tail`, labels as a text, times as RFC 3339. */
export type TailFormat = 'plain' | 'categorized' | 'legacy';

/** Labels of an entry: the complete set, and its categories where they are known. */
export interface TailLabels {
  readonly all: Labels;
  readonly categorized?: { readonly stream: Labels; readonly structuredMetadata: Labels; readonly parsed: Labels };
}

/** Entries that were left out: one that is named by its time, or `count` of a stream, the newest at that time. */
export interface DroppedTailEntry {
  readonly timeNs: bigint;
  /** Of the stream. */
  readonly labels: Labels;
  readonly count: number;
}

const SECONDS_PER_DAY = NS_PER_DAY_NUMBER / 1e9;
/** Times with ten digits of seconds: from 2001 to 2286. Others go the long way. */
const TEN_DIGITS = 1e9;
const COMMA = Buffer.from(',');
const QUOTE_COMMA = Buffer.from('",');
const LINE = Buffer.from('","line":');
const LEGACY_END = Buffer.from('}]}');

/** Used by one writer after the other. */
const scratch = new JsonBytes();

/**
 * Writes the entries of frames, one stream object each with a comma behind it. Writers of a thread share their memory: one has to
 * finish before the next begins.
 */
export class TailWriter {
  readonly #format: TailFormat;
  readonly #out = scratch;
  readonly #heads = new Map<TailLabels, { readonly head: Uint8Array; readonly foot: Uint8Array }>();
  /** End of each entry, its comma included. */
  readonly ends: number[] = [];

  constructor(format: TailFormat) {
    this.#format = format;
    this.#out.reset();
  }

  get byteLength(): number {
    return this.#out.length;
  }

  /** Appends an entry whose line is `bytes[start, end)`; equal labels should be one object. */
  add(day: number, offsetNs: number, bytes: Uint8Array, start: number, end: number, labels: TailLabels): void {
    let shape = this.#heads.get(labels);
    if (shape === undefined) {
      shape = this.#shapeOf(labels);
      this.#heads.set(labels, shape);
    }
    const out = this.#out;
    out.raw(shape.head);
    if (this.#format === 'legacy') {
      out.raw(Buffer.from(formatRfc3339Nano(dayStartNs(day) + BigInt(offsetNs))));
      out.raw(LINE);
    } else {
      this.#time(day, offsetNs);
      out.raw(QUOTE_COMMA);
    }
    out.text(bytes, start, end);
    out.raw(shape.foot);
    out.raw(COMMA);
    this.ends.push(out.length);
  }

  #time(day: number, offsetNs: number): void {
    const nanos = offsetNs % 1e9;
    const seconds = day * SECONDS_PER_DAY + (offsetNs - nanos) / 1e9;
    if (seconds < TEN_DIGITS || seconds >= 10 * TEN_DIGITS) {
      this.#out.raw(Buffer.from((dayStartNs(day) + BigInt(offsetNs)).toString()));
      return;
    }
    this.#out.digits(seconds, 10);
    this.#out.digits(nanos, 9);
  }

  #shapeOf({ all, categorized }: TailLabels): { readonly head: Uint8Array; readonly foot: Uint8Array } {
    if (this.#format === 'legacy')
      return { head: Buffer.from(`{"labels":${jsonText(labelText(all))},"entries":[{"ts":"`), foot: LEGACY_END };
    const isApart = this.#format === 'categorized' && categorized !== undefined;
    const third = isApart ? `,${categoriesJson(categorized)}` : '';
    const stream = jsonLabels(isApart ? categorized.stream : all);
    return { head: Buffer.from(`{"stream":${stream},"values":[["`), foot: Buffer.from(`${third}]]}`) };
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.finish();
  }
}

/** What tells equal label sets apart from others, for a format. */
export function tailLabelsKey({ all, categorized }: TailLabels): string {
  if (categorized === undefined) return labelsKey(all);
  return [categorized.stream, categorized.structuredMetadata, categorized.parsed].map(labelsKey).join('|');
}

/** A frame around entries of `TailWriter`, without the last comma. */
export function tailFrame(
  format: TailFormat,
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
