import { expect, test } from 'vitest';
import { streamsOfHits } from '../../../src/query/result/hit-streams.ts';
import { FoundByTask, joinHits, LogHits, mergeHits, thinHits } from '../../../src/query/result/log-hits.ts';
import { FoundColumns, type FoundMemory } from '../../../src/query/task/found-columns.ts';
import { JsonBytes } from '../../../src/wire/json/json-bytes.ts';

/** A result of rows of label sets by number; all sets have the same hash. */
function result(sets: readonly string[], rows: readonly (readonly [number, string])[]): FoundMemory {
  const entries = rows.map(([, entry]) => `${entry},`);
  const jsons = sets.map((set) => `json ${set}`);
  const texts = sets.map((set, i) => `${jsons[i]}text ${set}`);
  const columns = FoundColumns.of(rows.length, sets.length, entries.join('').length, texts.join('').length);
  columns.days.fill(0);
  columns.streamIds.fill(0);
  columns.hashes.fill(7);
  for (const [row, [set]] of rows.entries()) {
    columns.offsetsNs[row] = row;
    columns.labelIds[row] = set;
    columns.ends[row] = entries.slice(0, row + 1).join('').length;
  }
  for (const [i, json] of jsons.entries()) {
    columns.textEnds[i] = texts.slice(0, i + 1).join('').length;
    columns.jsonEnds[i] = texts.slice(0, i).join('').length + json.length;
  }
  columns.bytes.write(entries.join('') + texts.join(''));
  return columns.found;
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
  const one = (found: FoundMemory, task: number): LogHits =>
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
  const found = new FoundByTask(result(['s'], rows), task);
  found.columns.offsetsNs.set(times);
  return found;
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
