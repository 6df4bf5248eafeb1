import { asBuffer } from '../base/as-buffer.ts';
import { textOrder } from '../model/labels.ts';
import { dayStartNs } from '../model/time.ts';
import type { EntryLabels } from '../wire/entry-json.ts';
import { decodeLine } from '../wire/json-text.ts';
import type { ResultBytes, ResultStream } from '../wire/result-json.ts';
import type { LogScanResult } from './task.ts';

/** A row that a task found. */
export interface LogHit {
  readonly from: FoundByTask;
  readonly row: number;
}

/** A row as readers in the server want it; of tasks without a format. */
export interface LogRow {
  readonly timeNs: bigint;
  readonly line: string;
  readonly labels: EntryLabels;
}

/** Rows of one label set. */
interface Group {
  /** What stands before the entries. */
  readonly json: ResultBytes;
  /** Printed labels. */
  readonly text: string;
  readonly hits: LogHit[];
  /** Another group of the same hash. */
  readonly next: Group | undefined;
}

/** What a task found. */
export class FoundByTask {
  readonly result: LogScanResult;
  /** Rows of one stream and time come in the order of tasks. */
  readonly task: number;
  readonly #labels: (EntryLabels | undefined)[] = [];
  /** Groups of the answer by label set of the result. */
  readonly groups: (Group | undefined)[] = [];
  readonly entries: Buffer;
  readonly #sets: Buffer;

  constructor(result: LogScanResult, task: number) {
    this.result = result;
    this.task = task;
    this.entries = asBuffer(result.entries);
    this.#sets = asBuffer(result.labelSets.bytes);
  }

  hits(): LogHit[] {
    return Array.from(this.result.days, (_, row) => ({ from: this, row }));
  }

  /** Where the entry of a row begins. */
  startOf(row: number): number {
    return row === 0 ? 0 : this.result.ends[row - 1]!;
  }

  /** JSON of a label set. */
  jsonOf(set: number): ResultBytes {
    const { jsonEnds, textEnds } = this.result.labelSets;
    return { bytes: this.#sets, start: set === 0 ? 0 : textEnds[set - 1]!, end: jsonEnds[set]! };
  }

  /** Printed labels of a label set. */
  textOf(set: number): string {
    const { jsonEnds, textEnds } = this.result.labelSets;
    return this.#sets.utf8Slice(jsonEnds[set], textEnds[set]);
  }

  /** The same object for the same set of the task. */
  labels(row: number): EntryLabels {
    const id = this.result.labelIds[row]!;
    let labels = this.#labels[id];
    if (labels === undefined) {
      const { bytes, start, end } = this.jsonOf(id);
      labels = JSON.parse(bytes.utf8Slice(start, end)) as EntryLabels;
      this.#labels[id] = labels;
    }
    return labels;
  }
}

/** Nanoseconds since the epoch. */
export function timeOfHit({ from: { result }, row }: LogHit): bigint {
  return dayStartNs(result.days[row]!) + BigInt(result.offsetsNs[row]!);
}

/** The best rows of two lists that are in order each. */
export function mergeHits(a: readonly LogHit[], b: readonly LogHit[], backward: boolean, limit: number): LogHit[] {
  if (a.length === 0) return b.slice(0, limit);
  const out: LogHit[] = [];
  let i = 0;
  let j = 0;
  while (out.length < limit && (i < a.length || j < b.length)) {
    if (j === b.length || (i < a.length && isBefore(a[i]!, b[j]!, backward))) out.push(a[i++]!);
    else out.push(b[j++]!);
  }
  return out;
}

function isBefore(a: LogHit, b: LogHit, backward: boolean): boolean {
  const [x, y] = [a.from.result, b.from.result];
  const order =
    x.days[a.row]! - y.days[b.row]! ||
    x.offsetsNs[a.row]! - y.offsetsNs[b.row]! ||
    x.streamIds[a.row]! - y.streamIds[b.row]!;
  return order === 0 ? a.from.task < b.from.task : order < 0 !== backward;
}

/** Keeps the first row, then each row at least `intervalNs` away from the last one kept, over all streams. */
export function thinHits(hits: readonly LogHit[], intervalNs: bigint): readonly LogHit[] {
  if (intervalNs <= 0n) return hits;
  const kept: LogHit[] = [];
  let lastNs: bigint | undefined;
  for (const hit of hits) {
    const timeNs = timeOfHit(hit);
    const distance = lastNs === undefined ? intervalNs : timeNs > lastNs ? timeNs - lastNs : lastNs - timeNs;
    if (distance < intervalNs) continue;
    kept.push(hit);
    lastNs = timeNs;
  }
  return kept;
}

/** Rows of tasks without a format. */
export function rowsOfHits(hits: readonly LogHit[]): LogRow[] {
  return hits.map((hit) => {
    const { from, row } = hit;
    const { entries, ends } = from.result;
    return {
      timeNs: timeOfHit(hit),
      line: decodeLine(entries, from.startOf(row), ends[row]!),
      labels: from.labels(row),
    };
  });
}

/** Rows of tasks with a format by label set, in the order of the printed labels; descending when asked. */
export function streamsOfHits(hits: readonly LogHit[], descending: boolean): ResultStream[] {
  const groups = groupHits(hits);
  const compare = textOrder(groups.map(({ text }) => text));
  groups.sort((a, b) => compare(a.text, b.text) * (descending ? -1 : 1));
  return groups.map(({ json, hits: own }) => ({ labelsJson: json, pieces: piecesOf(own) }));
}

function groupHits(hits: readonly LogHit[]): Group[] {
  const groups: Group[] = [];
  const byHash = new Map<number, Group>();
  for (const hit of hits) {
    const { from } = hit;
    const id = from.result.labelIds[hit.row]!;
    let group = from.groups[id];
    if (group === undefined) {
      const json = from.jsonOf(id);
      const hash = from.result.labelSets.hashes[id]!;
      const first = byHash.get(hash);
      group = first;
      while (group !== undefined && !areEqual(group.json, json)) group = group.next;
      if (group === undefined) {
        group = { json, text: from.textOf(id), hits: [], next: first };
        byHash.set(hash, group);
        groups.push(group);
      }
      from.groups[id] = group;
    }
    group.hits.push(hit);
  }
  return groups;
}

function areEqual(a: ResultBytes, b: ResultBytes): boolean {
  return a.end - a.start === b.end - b.start && a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end) === 0;
}

/** Entries of rows, those that follow each other in one piece. */
function piecesOf(hits: readonly LogHit[]): ResultBytes[] {
  const pieces: ResultBytes[] = [];
  for (let first = 0; first < hits.length; ) {
    const { from, row } = hits[first]!;
    let end = first + 1;
    while (end < hits.length && hits[end]!.from === from && hits[end]!.row === row + end - first) end++;
    pieces.push({ bytes: from.entries, start: from.startOf(row), end: from.result.ends[row + end - first - 1]! });
    first = end;
  }
  return pieces;
}
