import { readFileSync } from 'node:fs';
import type { LineFilterStage, Matcher } from '../../grammar/ast.ts';
import { parseQuery } from '../../grammar/parse.ts';

/** The recorded conformance cases that consist of a selector and line filters, and the data set they ran on, in memory. */

export interface StoredRow {
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
  readonly line: string;
  readonly stream: Readonly<Record<string, string>>;
}

export interface RecordedQuery {
  readonly name: string;
  readonly query: string;
  readonly matchers: readonly Matcher[];
  readonly filters: readonly LineFilterStage[];
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly forward: boolean;
  /** `time line` of each entry, sorted. */
  readonly expected: readonly string[];
}

interface PushedStream {
  readonly stream: Record<string, string>;
  readonly values: readonly (readonly [string, string])[];
}

const CONFORMANCE = new URL('../conformance/', import.meta.url);

export async function loadDataSet(): Promise<readonly StoredRow[]> {
  const module = (await import(new URL('dataset.mjs', CONFORMANCE).href)) as {
    buildBatches(): Iterable<readonly PushedStream[]>;
  };
  const rows: StoredRow[] = [];
  const seen = new Set<string>();
  for (const batch of module.buildBatches()) {
    for (const { stream, values } of batch) {
      for (const [time, line] of values) {
        // Loki stores an exact repeat once.
        const key = `${JSON.stringify(stream)}${time}${line}`;
        if (seen.has(key)) continue;
        seen.add(key);
        rows.push({ timeNs: BigInt(time), bytes: new Uint8Array(Buffer.from(line)), line, stream });
      }
    }
  }
  return rows;
}

interface RecordedCase {
  readonly name: string;
  readonly request: { readonly path: string; readonly params?: Readonly<Record<string, string>> };
  readonly expect: {
    readonly status: number;
    readonly body: {
      readonly data?: { readonly result: readonly { readonly values: readonly (readonly [string, string])[] }[] };
    };
  };
}

export function loadRecorded(category: string): readonly RecordedQuery[] {
  const cases = JSON.parse(readFileSync(new URL(`cases/${category}.json`, CONFORMANCE), 'utf8')) as RecordedCase[];
  const out: RecordedQuery[] = [];
  for (const { name, request, expect } of cases) {
    const params = request.params ?? {};
    if (expect.status !== 200 || !request.path.endsWith('/query_range') || params['query'] === undefined) continue;
    const ast = parseQuery(params['query']);
    if (ast.kind !== 'log' || ast.matchers.some((matcher) => matcher.name === 'service_name')) continue;
    const filters = ast.stages.filter((stage) => stage.kind === 'line-filter');
    if (filters.length !== ast.stages.length) continue;
    const expected = expect.body.data!.result.flatMap(({ values }) => values.map(([time, line]) => `${time} ${line}`));
    out.push({
      name,
      query: params['query'],
      matchers: ast.matchers,
      filters,
      startNs: BigInt(params['start'] ?? 0),
      endNs: BigInt(params['end'] ?? 0),
      limit: Number(params['limit'] ?? 100),
      forward: params['direction'] === 'forward',
      expected: expected.sort(),
    });
  }
  return out;
}
