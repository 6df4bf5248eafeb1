import { asBuffer } from '../base/as-buffer.ts';
import { dayStartNs } from '../model/time.ts';
import type { EntryLabels } from '../wire/entry-json.ts';
import { decodeLine } from '../wire/json-text.ts';
import type { LogScanResult } from './task.ts';

/** A row as readers in the server want it; of tasks without a format. */
export interface LogRow {
  readonly timeNs: bigint;
  readonly line: string;
  readonly labels: EntryLabels;
}

/** What a task found. */
export class FoundByTask {
  readonly result: LogScanResult;
  /** Rows of one stream and time come in the order of tasks. */
  readonly task: number;
  readonly entries: Buffer;
  /** Label sets, see `LabelSetTexts`. */
  readonly sets: Buffer;
  readonly #labels: (EntryLabels | undefined)[] = [];

  constructor(result: LogScanResult, task: number) {
    this.result = result;
    this.task = task;
    this.entries = asBuffer(result.entries);
    this.sets = asBuffer(result.labelSets.bytes);
  }

  get count(): number {
    return this.result.days.length;
  }

  /** Where the entry of a row begins. */
  startOf(row: number): number {
    return row === 0 ? 0 : this.result.ends[row - 1]!;
  }

  /** Where the JSON of a label set begins. */
  jsonStart(set: number): number {
    return set === 0 ? 0 : this.result.labelSets.textEnds[set - 1]!;
  }

  /** Printed labels of a label set. */
  textOf(set: number): string {
    const { jsonEnds, textEnds } = this.result.labelSets;
    return this.sets.utf8Slice(jsonEnds[set], textEnds[set]);
  }

  /** The same object for the same set of the task. */
  labels(row: number): EntryLabels {
    const id = this.result.labelIds[row]!;
    let labels = this.#labels[id];
    if (labels === undefined) {
      const { jsonEnds } = this.result.labelSets;
      labels = JSON.parse(this.sets.utf8Slice(this.jsonStart(id), jsonEnds[id])) as EntryLabels;
      this.#labels[id] = labels;
    }
    return labels;
  }
}

/**
 * Rows that tasks found, in the order of the answer. In columns: an object for each of some thousand rows lives just long enough to be moved
 * twice by the collector, which then takes a third of the time of such a query.
 */
export class LogHits {
  readonly length: number;
  /** Number of the task in `found`, and of the row in what it found. */
  readonly from: Int32Array;
  readonly rows: Int32Array;
  /** Absent where no row is left of a task. */
  readonly found: readonly (FoundByTask | undefined)[];

  constructor(found: readonly (FoundByTask | undefined)[], from: Int32Array, rows: Int32Array, length: number) {
    this.found = found;
    this.from = from;
    this.rows = rows;
    this.length = length;
  }

  static readonly none: LogHits = new LogHits([], new Int32Array(0), new Int32Array(0), 0);

  foundOf(hit: number): FoundByTask {
    return this.found[this.from[hit]!]!;
  }

  /** Nanoseconds since the epoch. */
  timeNs(hit: number): bigint {
    const { days, offsetsNs } = this.foundOf(hit).result;
    const row = this.rows[hit]!;
    return dayStartNs(days[row]!) + BigInt(offsetsNs[row]!);
  }
}

/** The best rows of a list and of what one more task has found, both in order. */
export function mergeHits(a: LogHits, b: FoundByTask, backward: boolean, limit: number): LogHits {
  const length = Math.min(limit, a.length + b.count);
  const from = new Int32Array(length);
  const rows = new Int32Array(length);
  const found: (FoundByTask | undefined)[] = new Array<undefined>(a.found.length + 1).fill(undefined);
  const last = a.found.length;
  const sign = backward ? -1 : 1;
  const [old, fresh] = [new RowKey(), new RowKey()];
  let i = 0;
  let j = 0;
  if (a.length > 0) old.of(a.foundOf(0), a.rows[0]!);
  if (b.count > 0) fresh.of(b, 0);
  for (let at = 0; at < length; at++) {
    if (j === b.count || (i < a.length && old.isBefore(fresh, sign))) {
      from[at] = a.from[i]!;
      rows[at] = a.rows[i++]!;
      if (i < a.length) old.of(a.foundOf(i), a.rows[i]!);
    } else {
      from[at] = last;
      rows[at] = j++;
      if (j < b.count) fresh.of(b, j);
    }
  }
  // What a task found is let go of with its last row.
  for (let at = 0; at < length; at++) found[from[at]!] ??= from[at] === last ? b : a.found[from[at]!];
  return new LogHits(found, from, rows, length);
}

/** What puts a row in its place: of two lists only one has a new row each time. */
class RowKey {
  #day = 0;
  #offsetNs = 0;
  #streamId = 0;
  #task = 0;

  of({ result, task }: FoundByTask, row: number): void {
    this.#day = result.days[row]!;
    this.#offsetNs = result.offsetsNs[row]!;
    this.#streamId = result.streamIds[row]!;
    this.#task = task;
  }

  /** By time, then by stream; rows of one stream and time in the order of their tasks. */
  isBefore(other: RowKey, sign: number): boolean {
    if (this.#day !== other.#day) return sign * (this.#day - other.#day) < 0;
    if (this.#offsetNs !== other.#offsetNs) return sign * (this.#offsetNs - other.#offsetNs) < 0;
    if (this.#streamId !== other.#streamId) return sign * (this.#streamId - other.#streamId) < 0;
    return this.#task < other.#task;
  }
}

/** Keeps the first row, then each row at least `intervalNs` away from the last one kept, over all streams. */
export function thinHits(hits: LogHits, intervalNs: bigint): LogHits {
  if (intervalNs <= 0n) return hits;
  const from = hits.from.slice();
  const rows = hits.rows.slice();
  let count = 0;
  let lastNs: bigint | undefined;
  for (let hit = 0; hit < hits.length; hit++) {
    const timeNs = hits.timeNs(hit);
    const distance = lastNs === undefined ? intervalNs : timeNs > lastNs ? timeNs - lastNs : lastNs - timeNs;
    if (distance < intervalNs) continue;
    from[count] = hits.from[hit]!;
    rows[count++] = hits.rows[hit]!;
    lastNs = timeNs;
  }
  return new LogHits(hits.found, from, rows, count);
}

/** One list behind the other. */
export function joinHits(lists: readonly LogHits[]): LogHits {
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const from = new Int32Array(length);
  const rows = new Int32Array(length);
  const found: (FoundByTask | undefined)[] = [];
  let at = 0;
  for (const list of lists) {
    for (let hit = 0; hit < list.length; hit++) {
      from[at] = list.from[hit]! + found.length;
      rows[at++] = list.rows[hit]!;
    }
    found.push(...list.found);
  }
  return new LogHits(found, from, rows, length);
}

/** Rows of tasks without a format. */
export function rowsOfHits(hits: LogHits): LogRow[] {
  return Array.from({ length: hits.length }, (_, hit) => {
    const found = hits.foundOf(hit);
    const row = hits.rows[hit]!;
    return {
      timeNs: hits.timeNs(hit),
      line: decodeLine(found.entries, found.startOf(row), found.result.ends[row]!),
      labels: found.labels(row),
    };
  });
}
