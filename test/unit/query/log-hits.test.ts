import { expect, test } from 'vitest';
import { streamsOfHits } from '../../../src/query/hit-streams.ts';
import { FoundByTask, joinHits, LogHits, mergeHits, thinHits } from '../../../src/query/log-hits.ts';
import { emptyCounts, type LogScanResult } from '../../../src/query/task.ts';
import { JsonBytes } from '../../../src/wire/json-bytes.ts';

/** A result of rows of label sets by number; all sets have the same hash. */
function result(sets: readonly string[], rows: readonly (readonly [number, string])[]): LogScanResult {
  const ends = new Uint32Array(rows.length);
  let entries = '';
  for (const [row, [, entry]] of rows.entries()) {
    entries += `${entry},`;
    ends[row] = entries.length;
  }
  const jsonEnds = new Uint32Array(sets.length);
  const textEnds = new Uint32Array(sets.length);
  let bytes = '';
  for (const [i, set] of sets.entries()) {
    bytes += `json ${set}`;
    jsonEnds[i] = bytes.length;
    bytes += `text ${set}`;
    textEnds[i] = bytes.length;
  }
  return {
    kind: 'logs',
    days: new Int32Array(rows.length),
    offsetsNs: Float64Array.from(rows.keys()),
    streamIds: new Float64Array(rows.length),
    entries: Buffer.from(entries),
    ends,
    labelIds: Uint32Array.from(rows, ([set]) => set),
    labelSets: { bytes: Buffer.from(bytes), hashes: new Uint32Array(sets.length).fill(7), jsonEnds, textEnds },
    counts: emptyCounts(),
  };
}

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes();
  write(out);
  return Buffer.from(out.finish()).toString();
}

/** What two tasks found, as the answer has it. */
function streams(descending: boolean): unknown {
  const a = result(
    ['x', 'y', 'x'],
    [
      [0, 'a0'],
      [0, 'a1'],
      [1, 'a2'],
      [2, 'a3'],
    ],
  );
  const b = result(
    ['z', 'x', 'xx'],
    [
      [1, 'b0'],
      [0, 'b1'],
      [2, 'b2'],
    ],
  );
  const one = (found: LogScanResult, task: number): LogHits =>
    mergeHits(LogHits.none, new FoundByTask(found, task), false, 10);
  const found = streamsOfHits(joinHits([one(a, 0), one(b, 1)]), descending);
  return Array.from({ length: found.count }, (_, i) => [
    written((out) => found.putLabels(out, i)),
    written((out) => found.putEntries(out, i)),
  ]);
}

test('rows of equal label sets are one stream, those of others are not, whatever their hashes', () => {
  const expected = [
    ['json x', 'a0,a1,a3,b0,'],
    ['json xx', 'b2,'],
    ['json y', 'a2,'],
    ['json z', 'b1,'],
  ];
  expect(streams(false)).toEqual(expected);
  expect(streams(true)).toEqual(expected.toReversed());
});

/** Rows at such times, all of one stream, by entries that name task and row. */
function timed(task: number, times: readonly number[]): FoundByTask {
  const rows = times.map((_, row) => [0, `${task}.${row}`] as const);
  return new FoundByTask({ ...result(['s'], rows), offsetsNs: Float64Array.from(times) }, task);
}

const entriesOf = (hits: LogHits): string => written((out) => streamsOfHits(hits, false).putEntries(out, 0));

test('the best rows of tasks, those of one time in the order of the tasks', () => {
  const merged = (backward: boolean, limit: number, ...tasks: readonly (readonly number[])[]): LogHits =>
    tasks.reduce((hits, times, task) => mergeHits(hits, timed(task, times), backward, limit), LogHits.none);
  expect(entriesOf(merged(false, 9, [1, 4, 4], [4, 5], [0]))).toBe('2.0,0.0,0.1,0.2,1.0,1.1,');
  expect(entriesOf(merged(true, 9, [4, 4, 1], [5, 4], [0]))).toBe('1.0,0.0,0.1,1.1,0.2,2.0,');
  const few = merged(true, 2, [4, 3], [6, 5], [1]);
  expect(entriesOf(few)).toBe('1.0,1.1,');
  expect(few.timeNs(1)).toBe(5n);
  expect(few.found.map((found) => found?.task)).toEqual([undefined, 1, undefined]);
  expect(merged(false, 3)).toHaveLength(0);
});

test('rows that are far enough apart', () => {
  const all = mergeHits(LogHits.none, timed(0, [0, 1, 10, 11, 25]), false, 9);
  expect(entriesOf(thinHits(all, 10n))).toBe('0.0,0.2,0.4,');
  expect(entriesOf(thinHits(all, 0n))).toBe('0.0,0.1,0.2,0.3,0.4,');
  const joined = joinHits([thinHits(all, 100n), LogHits.none, mergeHits(LogHits.none, timed(7, [3]), false, 9)]);
  expect(entriesOf(joined)).toBe('0.0,7.0,');
});
