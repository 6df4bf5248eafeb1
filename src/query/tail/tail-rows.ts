import type { Labels } from '../../model/labels.ts';
import { dayOf, dayStartNs } from '../../model/time.ts';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import { TailWriter } from '../../wire/result/tail-json.ts';
import type { LogRow } from '../result/log-hits.ts';
import type { TailAnswer, TailColumns } from '../task/task.ts';

/** Rows ready to be sent, shared by all tails that ask alike. */
export interface TailRows {
  /** As they stand in a frame, each with a comma behind it; row `i` ends at `ends[i]`. */
  readonly entries: Uint8Array;
  readonly ends: Uint32Array;
  readonly days: Int32Array;
  readonly offsetsNs: Float64Array;
  readonly streams: readonly Labels[];
  /** Stream of each row. */
  readonly streamIndexes: Uint32Array;
}

/** The rows that a worker found in a batch, with what is needed of the batch's columns, which are used again. */
export function foundRows({ entries, ends, rows }: TailAnswer, columns: TailColumns): TailRows {
  const days = new Int32Array(rows.length);
  const offsetsNs = new Float64Array(rows.length);
  const streamIndexes = new Uint32Array(rows.length);
  for (const [i, row] of rows.entries()) {
    days[i] = columns.days[row]!;
    offsetsNs[i] = columns.offsetsNs[row]!;
    streamIndexes[i] = columns.streamIndexes[row]!;
  }
  return { entries, ends, days, offsetsNs, streams: columns.streams, streamIndexes };
}

const encoder = new TextEncoder();

/** Rows of a query. */
export function writtenRows(rows: readonly LogRow[], format: EntryFormat): TailRows {
  const writer = new TailWriter(format);
  for (const { timeNs, line, labels } of rows) {
    const day = dayOf(timeNs);
    const bytes = encoder.encode(line);
    writer.add(day, Number(timeNs - dayStartNs(day)), bytes, 0, bytes.length, labels);
  }
  return {
    entries: writer.finish(),
    ends: Uint32Array.from(writer.ends),
    days: Int32Array.from(rows, ({ timeNs }) => dayOf(timeNs)),
    offsetsNs: Float64Array.from(rows, ({ timeNs }) => Number(timeNs - dayStartNs(dayOf(timeNs)))),
    streams: rows.map(({ labels }) => labels.all),
    streamIndexes: Uint32Array.from(rows.keys()),
  };
}

/** Some rows of several, in time order; those of one time keep their order. */
export function sortedRows(picked: readonly { readonly rows: TailRows; readonly row: number }[]): TailRows {
  const sorted = picked.toSorted(
    (a, b) => a.rows.days[a.row]! - b.rows.days[b.row]! || a.rows.offsetsNs[a.row]! - b.rows.offsetsNs[b.row]!,
  );
  const texts = sorted.map(({ rows, row }) => rows.entries.subarray(startOf(rows, row), rows.ends[row]));
  const ends = new Uint32Array(texts.length);
  let end = 0;
  for (const [i, text] of texts.entries()) {
    end += text.length;
    ends[i] = end;
  }
  return {
    entries: Buffer.concat(texts),
    ends,
    days: Int32Array.from(sorted, ({ rows, row }) => rows.days[row]!),
    offsetsNs: Float64Array.from(sorted, ({ rows, row }) => rows.offsetsNs[row]!),
    streams: sorted.map(({ rows, row }) => rows.streams[rows.streamIndexes[row]!]!),
    streamIndexes: Uint32Array.from(sorted.keys()),
  };
}

/** Time of a row, nanoseconds since the epoch. */
export function timeOf({ days, offsetsNs }: TailRows, row: number): bigint {
  return dayStartNs(days[row]!) + BigInt(offsetsNs[row]!);
}

/** Where the entry of a row begins. */
export function startOf({ ends }: TailRows, row: number): number {
  return row === 0 ? 0 : ends[row - 1]!;
}
