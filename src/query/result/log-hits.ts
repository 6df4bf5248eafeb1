import { dayStartNs } from '../../model/time.ts';
import { decodeLine } from '../../wire/json/json-text.ts';
import type { EntryLabels } from '../../wire/result/entry-json.ts';
import { FoundColumns, type FoundMemory } from '../task/found-columns.ts';

/** A row as readers in the server want it; of tasks without a format. */
export interface LogRow {
  readonly timeNs: bigint;
  readonly line: string;
  readonly labels: EntryLabels;
}

/** What a task found. */
export class FoundByTask {
  readonly columns: FoundColumns;
  /** Rows of one stream and time come in the order of tasks. */
  readonly task: number;
  readonly #labels: (EntryLabels | undefined)[] = [];

  constructor(result: FoundMemory, task: number) {
    this.columns = new FoundColumns(result);
    this.task = task;
  }

  get count(): number {
    return this.columns.found.rows;
  }

  /** Where the entry of a row begins. */
  startOf(row: number): number {
    return row === 0 ? 0 : this.columns.ends[row - 1]!;
  }

  /** Where the JSON of a label set begins. */
  jsonStart(set: number): number {
    return set === 0 ? 0 : this.columns.textEnds[set - 1]!;
  }

  /** Printed labels of a label set. */
  textOf(set: number): string {
    const { setBytes, jsonEnds, textEnds } = this.columns;
    return setBytes.utf8Slice(jsonEnds[set], textEnds[set]);
  }

  /** The same object for the same set of the task. */
  labels(row: number): EntryLabels {
    const { setBytes, jsonEnds, labelIds } = this.columns;
    const id = labelIds[row]!;
    let labels = this.#labels[id];
    if (labels === undefined) {
      labels = JSON.parse(setBytes.utf8Slice(this.jsonStart(id), jsonEnds[id])) as EntryLabels;
      this.#labels[id] = labels;
    }
    return labels;
  }
}

/** Of each hit: number of the task in `found`, of the row in what it found, and what puts it in its place. */
interface HitColumns {
  readonly from: Int32Array;
  readonly rows: Int32Array;
  readonly days: Int32Array;
  readonly offsetsNs: Float64Array;
  readonly streamIds: Float64Array;
}

/** All of them in one piece of memory: five would take longer to get than to fill. */
function columnsFor(length: number): HitColumns {
  const floats = length * Float64Array.BYTES_PER_ELEMENT;
  const ints = length * Int32Array.BYTES_PER_ELEMENT;
  const memory = new ArrayBuffer(2 * floats + 3 * ints);
  return {
    offsetsNs: new Float64Array(memory, 0, length),
    streamIds: new Float64Array(memory, floats, length),
    from: new Int32Array(memory, 2 * floats, length),
    rows: new Int32Array(memory, 2 * floats + ints, length),
    days: new Int32Array(memory, 2 * floats + 2 * ints, length),
  };
}

function copyHit(to: HitColumns, at: number, hits: HitColumns, hit: number): void {
  to.from[at] = hits.from[hit]!;
  to.rows[at] = hits.rows[hit]!;
  to.days[at] = hits.days[hit]!;
  to.offsetsNs[at] = hits.offsetsNs[hit]!;
  to.streamIds[at] = hits.streamIds[hit]!;
}

/**
 * Rows that tasks found, in the order of the answer. In columns: an object for each of some thousand rows lives just long enough to be moved
 * twice by the collector, which then takes a third of the time of such a query.
 */
export class LogHits {
  readonly length: number;
  readonly columns: HitColumns;
  /** Absent where no row is left of a task. */
  readonly found: readonly (FoundByTask | undefined)[];

  constructor(found: readonly (FoundByTask | undefined)[], columns: HitColumns, length: number) {
    this.found = found;
    this.columns = columns;
    this.length = length;
  }

  static readonly none: LogHits = new LogHits([], columnsFor(0), 0);

  /** The rows of one task. */
  static of(found: FoundByTask, limit: number): LogHits {
    const { days, offsetsNs, streamIds } = found.columns;
    const length = Math.min(limit, found.count);
    const rows = new Int32Array(length);
    for (let row = 0; row < length; row++) rows[row] = row;
    return new LogHits([found], { from: new Int32Array(length), rows, days, offsetsNs, streamIds }, length);
  }

  foundOf(hit: number): FoundByTask {
    return this.found[this.columns.from[hit]!]!;
  }

  /** Nanoseconds since the epoch. */
  timeNs(hit: number): bigint {
    return dayStartNs(this.columns.days[hit]!) + BigInt(this.columns.offsetsNs[hit]!);
  }
}

/**
 * The best rows of a list and of what one more task has found, both in order: by time, then by stream; rows of one stream and time in the order
 * of their tasks.
 */
export function mergeHits(a: LogHits, b: FoundByTask, backward: boolean, limit: number): LogHits {
  if (a.length === 0) return LogHits.of(b, limit);
  const length = Math.min(limit, a.length + b.count);
  const merged = columnsFor(length);
  const last = a.found.length;
  const isUsed = new Uint8Array(last + 1);
  const old = a.columns;
  const { days, offsetsNs, streamIds } = b.columns;
  const { count } = b;
  const sign = backward ? -1 : 1;
  let i = 0;
  let j = 0;
  for (let at = 0; at < length; at++) {
    let order = -1;
    if (i === a.length) order = 1;
    else if (j < count)
      order =
        sign * (old.days[i]! - days[j]!) ||
        sign * (old.offsetsNs[i]! - offsetsNs[j]!) ||
        sign * (old.streamIds[i]! - streamIds[j]!) ||
        a.foundOf(i).task - b.task;
    if (order < 0) copyHit(merged, at, old, i++);
    else {
      merged.from[at] = last;
      merged.rows[at] = j;
      merged.days[at] = days[j]!;
      merged.offsetsNs[at] = offsetsNs[j]!;
      merged.streamIds[at] = streamIds[j++]!;
    }
    isUsed[merged.from[at]!] = 1;
  }
  // What a task found is let go of with its last row.
  const found = Array.from(isUsed, (used, task) => (used === 0 ? undefined : task === last ? b : a.found[task]));
  return new LogHits(found, merged, length);
}

/** Keeps the first row, then each row at least `intervalNs` away from the last one kept, over all streams. */
export function thinHits(hits: LogHits, intervalNs: bigint): LogHits {
  if (intervalNs <= 0n) return hits;
  const kept = columnsFor(hits.length);
  let count = 0;
  let lastNs: bigint | undefined;
  for (let hit = 0; hit < hits.length; hit++) {
    const timeNs = hits.timeNs(hit);
    const distance = lastNs === undefined ? intervalNs : timeNs > lastNs ? timeNs - lastNs : lastNs - timeNs;
    if (distance < intervalNs) continue;
    copyHit(kept, count++, hits.columns, hit);
    lastNs = timeNs;
  }
  return new LogHits(hits.found, kept, count);
}

/** One list behind the other. */
export function joinHits(lists: readonly LogHits[]): LogHits {
  const length = lists.reduce((sum, list) => sum + list.length, 0);
  const joined = columnsFor(length);
  const found: (FoundByTask | undefined)[] = [];
  let at = 0;
  for (const list of lists) {
    for (let hit = 0; hit < list.length; hit++) {
      copyHit(joined, at, list.columns, hit);
      joined.from[at++]! += found.length;
    }
    found.push(...list.found);
  }
  return new LogHits(found, joined, length);
}

/** Rows of tasks without a format. */
export function rowsOfHits(hits: LogHits): LogRow[] {
  return Array.from({ length: hits.length }, (_, hit) => {
    const found = hits.foundOf(hit);
    const row = hits.columns.rows[hit]!;
    return {
      timeNs: hits.timeNs(hit),
      line: decodeLine(found.columns.entries, found.startOf(row), found.columns.ends[row]!),
      labels: found.labels(row),
    };
  });
}
