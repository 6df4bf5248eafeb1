import { readFileSync } from 'node:fs';
import type { LogExpr } from '../../grammar/ast.ts';
import { parseQuery } from '../../grammar/parse.ts';
import { type Labels, labelsFromObject, labelsToObject, labelValue } from '../../src/model/labels.ts';
import { compileMatcher } from '../../src/model/matcher.ts';
import { buildPipeline } from '../../src/query/pipeline/build.ts';
import { ScanRow } from '../../src/query/pipeline/row/row-state.ts';

/** Runs recorded log queries over the data set in memory: selector and pipeline only, no store and no engine. */

interface Entry {
  readonly ts: bigint;
  readonly bytes: Uint8Array;
  readonly stream: Labels;
  readonly metadata: Labels;
}

export interface RecordedCase {
  readonly name: string;
  readonly request: { readonly path: string; readonly params?: Record<string, string> };
  readonly expect: { readonly status: number; readonly body: unknown };
}

interface RecordedStreams {
  readonly data: {
    readonly resultType: string;
    readonly result: readonly { stream: Record<string, string>; values: readonly [string, string, Categories?][] }[];
  };
}
interface Categories {
  readonly structuredMetadata?: Record<string, string>;
  readonly parsed?: Record<string, string>;
}

/** Made at ingest, which is not part of this replay. */
const MADE_AT_INGEST = ['detected_level', 'service_name'];

export function readCases(category: string): readonly RecordedCase[] {
  const url = new URL(`../conformance/cases/${category}.json`, import.meta.url);
  const cases = JSON.parse(readFileSync(url, 'utf8')) as readonly RecordedCase[];
  return cases.filter(isReplayable);
}

function isReplayable({ request, expect }: RecordedCase): boolean {
  const query = request.params?.['query'];
  if (!request.path.endsWith('/query_range') || query === undefined) return false;
  if (MADE_AT_INGEST.some((name) => query.includes(name))) return false;
  if (expect.status !== 200) return false;
  return (expect.body as RecordedStreams).data.resultType === 'streams';
}

let entries: readonly Entry[] | undefined;

async function loadEntries(): Promise<readonly Entry[]> {
  const path = new URL('../conformance/dataset.mjs', import.meta.url).href;
  const { buildEntries } = (await import(path)) as {
    buildEntries(): { labels: Record<string, string>; ts: bigint; line: string; meta?: Record<string, string> }[];
  };
  const seen = new Set<string>();
  const streams = new Map<string, Labels>();
  const out: Entry[] = [];
  for (const { labels, ts, line, meta } of buildEntries()) {
    const streamKey = JSON.stringify(labels);
    const key = `${streamKey} ${ts} ${line}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const stream = streams.get(streamKey) ?? labelsFromObject(labels);
    streams.set(streamKey, stream);
    // Metadata names are cleaned, and empty values removed, when a push is accepted.
    const pairs = Object.entries(meta ?? {}).filter(([, value]) => value !== '');
    const metadata = labelsFromObject(Object.fromEntries(pairs.map(([n, v]) => [n.replace(/[^A-Za-z0-9_]/g, '_'), v])));
    out.push({ ts, bytes: Buffer.from(line), stream, metadata });
  }
  return out.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
}

/** Entries of the answer as text, one per entry and sorted: time, line, labels. */
export async function replay(recorded: RecordedCase): Promise<{ actual: string[]; expected: string[] }> {
  entries ??= await loadEntries();
  const params = recorded.request.params!;
  const query = parseQuery(params['query']!) as LogExpr;
  const matchers = query.matchers.map(compileMatcher);
  const pipeline = buildPipeline(query.stages);
  const row = new ScanRow();
  const actual: string[] = [];
  const start = BigInt(params['start']!);
  const end = BigInt(params['end']!);
  const limit = Number(params['limit'] ?? 100);
  const ordered = params['direction'] === 'forward' ? entries : entries.toReversed();
  for (const { ts, bytes, stream, metadata } of ordered) {
    if (ts < start || ts >= end) continue;
    if (!matchers.every((matcher) => matcher.matches(labelValue(stream, matcher.name) ?? ''))) continue;
    if (!pipeline.leadingLineFilters.test(bytes, 0, bytes.length)) continue;
    row.begin(bytes, 0, bytes.length, ts, 0, stream, metadata);
    if (!pipeline.process(row)) continue;
    actual.push(entryText(String(ts), row.lineText(), labelsToObject(row.labels.result())));
    if (actual.length === limit) break;
  }
  const { result } = (recorded.expect.body as RecordedStreams).data;
  const expected = result.flatMap(({ stream, values }) =>
    values.map(([ts, line, more]) => entryText(ts, line, { ...stream, ...more?.structuredMetadata, ...more?.parsed })),
  );
  return { actual: actual.sort(), expected: expected.sort() };
}

function entryText(ts: string, line: string, labels: Record<string, string>): string {
  const pairs = Object.entries(labels).filter(([name]) => !MADE_AT_INGEST.includes(name));
  return JSON.stringify([ts, line, Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))]);
}
