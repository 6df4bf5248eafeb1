import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogExpr } from '../../grammar/ast.ts';
import { parseQuery } from '../../grammar/parse.ts';
import type { Labels } from '../../src/model/labels.ts';
import { buildPipeline } from '../../src/query/pipeline/build.ts';
import { ScanRow } from '../../src/query/pipeline/row/row-state.ts';
import { scanTail } from '../../src/query/tail/scan-tail.ts';
import { TailBatch } from '../../src/query/tail/tail-batch.ts';

interface Line {
  readonly stream: number;
  readonly text: string;
  /** Bytes between it and the line before. */
  readonly gap: number;
}

const STREAMS: readonly Labels[] = [
  ['app', 'a'],
  ['app', 'b'],
  ['a', '1', 'app', 'b'],
];
const QUERIES = [
  '{app=~".+"} |= "ab"',
  '{app=~".+"} != "ab" |= "b"',
  '{app=~".+"} |~ "(?i)aB|=1"',
  '{app=~".+"} |= "" |~ "^a"',
  '{app=~".+"} | logfmt | a > 1',
  '{app=~".+"} |= "a" | json | a="b" or b > 1',
  '{app=~".+"} | json | a_extracted="1"',
  '{app=~".+"} | pattern `<_> <a> <_>` | a="ab"',
];

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'B', ' ', '=', '1', '2', '\n', 'é', '"'), maxLength: 12 }),
  fc
    .record({ a: fc.constantFrom('b', '1', 2), b: fc.integer({ min: 0, max: 3 }) })
    .map((value) => JSON.stringify(value)),
);
const line = fc.record({
  stream: fc.integer({ min: 0, max: STREAMS.length - 1 }),
  text,
  gap: fc.constantFrom(0, 0, 1, 2, 300),
});

function batchOf(lines: readonly Line[]): TailBatch {
  const batch = new TailBatch({ rows: 1024, bytes: 1 << 20 });
  const streams = STREAMS.map((labels, streamId) => ({
    streamId,
    labels,
    newestSeconds: Number.NEGATIVE_INFINITY,
    newestNanos: 0,
    live: true,
  }));
  const bytes = Buffer.alloc(lines.length * 400, 'ab');
  const none = new Uint8Array();
  let at = 0;
  // All of the memory is there first, as that of a push is: stretches of it are copied ahead.
  const places = lines.map(({ text, gap }) => {
    const lineStart = at + gap;
    at = lineStart + bytes.write(text, lineStart);
    return { lineStart, lineEnd: at };
  });
  for (const [row, place] of places.entries()) {
    const stream = streams[lines[row]!.stream]!;
    const from = { stream, day: 1, offsetNs: row, bytes, level: 255, metadata: none, metadataStart: 0, metadataEnd: 0 };
    batch.append({ ...from, ...place });
  }
  return batch;
}

/** Rows that pass, looked at one by one. */
function expected(query: string, lines: readonly Line[]): number[] {
  const pipeline = buildPipeline((parseQuery(query) as LogExpr).stages);
  const row = new ScanRow();
  const passes = ({ stream, text }: Line): boolean => {
    const bytes = Buffer.from(text);
    if (!pipeline.leadingLineFilters.test(bytes, 0, bytes.length)) return false;
    row.begin(bytes, 0, bytes.length, 0n, 0, STREAMS[stream]!);
    return pipeline.process(row);
  };
  return [...lines.keys()].filter((i) => passes(lines[i]!));
}

test('tails get the rows that pass when each is looked at alone, and so many are counted', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), fc.integer({ min: 0, max: 20 }), (lines, maxRows) => {
      const batch = batchOf(lines);
      const wanted = Uint8Array.from(batch.streams(), () => 1);
      const queries = QUERIES.map((query) => ({
        text: query,
        stages: (parseQuery(query) as LogExpr).stages,
        format: 'plain' as const,
        wanted,
        maxRows,
        maxBytes: 1e9,
      }));
      const { answers } = scanTail({ kind: 'tail', columns: batch.columns(), queries });
      for (const [i, query] of QUERIES.entries()) {
        const { rows, droppedRows } = answers[i]!;
        expect([...rows, ...droppedRows], query).toEqual(expected(query, lines));
        expect(rows.length).toBeLessThanOrEqual(maxRows);
      }
    }),
    { numRuns: 300 },
  );
});
