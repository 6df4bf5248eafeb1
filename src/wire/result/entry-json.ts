import { type Labels, labelsKey } from '../../model/labels.ts';
import { dayStartNs, NS_PER_DAY_NUMBER } from '../../model/time.ts';
import type { JsonBytes } from '../json/json-bytes.ts';
import { formatRfc3339Nano, jsonLabels, jsonText, labelText } from '../json/json-text.ts';

/** `plain`: all labels as one set. `categorized`: stream labels apart. `legacy`: `/api/prom`, labels as a text, times as RFC 3339. */
export type EntryFormat = 'plain' | 'categorized' | 'legacy';

/** Labels of an entry: the complete set, and its categories where they are known. */
export interface EntryLabels {
  readonly all: Labels;
  readonly categorized?:
    | { readonly stream: Labels; readonly structuredMetadata: Labels; readonly parsed: Labels }
    | undefined;
}

/** A label set as an answer has it. */
export interface PrintedLabels {
  readonly format: EntryFormat;
  /** As JSON up to `jsonEnd`, and behind it the text by which streams are put in order. */
  readonly bytes: Uint8Array;
  readonly jsonEnd: number;
  /** Of the JSON. */
  readonly hash: number;
}

const SECONDS_PER_DAY = NS_PER_DAY_NUMBER / 1e9;
/** Times with ten digits of seconds: from 2001 to 2286. Others go the long way. */
const TEN_DIGITS = 1e9;
const BEGIN = Buffer.from('["');
const QUOTE_COMMA = Buffer.from('",');
const LEGACY_BEGIN = Buffer.from('{"ts":"');
const LEGACY_LINE = Buffer.from('","line":');

/** Labels of a stream as they stand before its entries: an object, or a text. */
export function streamJson(labels: EntryLabels, format: EntryFormat): string {
  return format === 'legacy' ? jsonText(labelText(labels.all)) : jsonLabels(shownLabels(labels, format));
}

/** The labels that tell streams of an answer apart. */
export function shownLabels({ all, categorized }: EntryLabels, format: EntryFormat): Labels {
  return format === 'categorized' && categorized !== undefined ? categorized.stream : all;
}

/** What tells equal label sets apart from others. */
export function entryLabelsKey({ all, categorized }: EntryLabels): string {
  if (categorized === undefined) return labelsKey(all);
  return [categorized.stream, categorized.structuredMetadata, categorized.parsed].map(labelsKey).join('|');
}

/** What follows the line of an entry in its array. */
export function entryEnd({ categorized }: EntryLabels, format: EntryFormat): string {
  if (format === 'legacy') return '}';
  return format === 'categorized' && categorized !== undefined ? `,${categoriesJson(categorized)}]` : ']';
}

/** The third element of a categorised entry; empty categories are left out. */
function categoriesJson({ structuredMetadata, parsed }: NonNullable<EntryLabels['categorized']>): string {
  const members: string[] = [];
  if (structuredMetadata.length > 0) members.push(`"structuredMetadata":${jsonLabels(structuredMetadata)}`);
  if (parsed.length > 0) members.push(`"parsed":${jsonLabels(parsed)}`);
  return `{${members.join(',')}}`;
}

/** Appends an entry whose line is `bytes[start, end)`; `tail` is its `entryEnd`. */
export function putEntry(
  out: JsonBytes,
  format: EntryFormat,
  day: number,
  offsetNs: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  tail: Uint8Array,
): void {
  if (format === 'legacy') {
    out.raw(LEGACY_BEGIN);
    out.string(formatRfc3339Nano(dayStartNs(day) + BigInt(offsetNs)));
    out.raw(LEGACY_LINE);
  } else {
    out.raw(BEGIN);
    putTime(out, day, offsetNs);
    out.raw(QUOTE_COMMA);
  }
  out.text(bytes, start, end);
  out.raw(tail);
}

function putTime(out: JsonBytes, day: number, offsetNs: number): void {
  const nanos = offsetNs % 1e9;
  const seconds = day * SECONDS_PER_DAY + (offsetNs - nanos) / 1e9;
  if (seconds < TEN_DIGITS || seconds >= 10 * TEN_DIGITS) {
    out.string((dayStartNs(day) + BigInt(offsetNs)).toString());
    return;
  }
  out.digits(seconds, 10);
  out.digits(nanos, 9);
}
