import { expect, test } from 'vitest';
import { FoundByTask, type LogHit, streamsOfHits } from '../../../src/query/log-hits.ts';
import { emptyCounts, type LogScanResult } from '../../../src/query/task.ts';
import type { ResultBytes } from '../../../src/wire/result-json.ts';

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

const textOf = ({ bytes, start, end }: ResultBytes): string => bytes.toString('utf8', start, end);

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
  const hits: LogHit[] = [a, b].flatMap((found, task) => new FoundByTask(found, task).hits());
  return streamsOfHits(hits, descending).map(({ labelsJson, pieces }) => [textOf(labelsJson), pieces.map(textOf)]);
}

test('rows of equal label sets are one stream, those of others are not, whatever their hashes', () => {
  const expected = [
    ['json x', ['a0,a1,', 'a3,', 'b0,']],
    ['json xx', ['b2,']],
    ['json y', ['a2,']],
    ['json z', ['b1,']],
  ];
  expect(streams(false)).toEqual(expected);
  expect(streams(true)).toEqual(expected.toReversed());
});
