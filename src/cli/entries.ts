import type { Client } from './client.ts';

/** Below the server's default limit of 5000, and quick to show. */
const BATCH_ENTRIES = 1000;

export interface Entry {
  readonly timeNs: bigint;
  readonly labels: Readonly<Record<string, string>>;
  readonly line: string;
}

export interface EntrySpan {
  readonly query: string;
  /** Included. */
  readonly startNs: bigint;
  /** Not included. */
  readonly endNs: bigint;
  readonly limit: number;
  readonly forward: boolean;
}

export interface StreamsResult {
  readonly resultType: 'streams';
  readonly result: readonly {
    readonly stream: Record<string, string>;
    readonly values: readonly (readonly [string, string])[];
  }[];
}
export interface SampleResult {
  readonly resultType: 'matrix' | 'vector' | 'scalar';
  readonly result: unknown;
}

/** One request for a stretch of time. */
export async function queryRange(client: Client, span: EntrySpan): Promise<StreamsResult | SampleResult> {
  const answer = await client.get('/loki/api/v1/query_range', [
    ['query', span.query],
    ['start', String(span.startNs)],
    ['end', String(span.endNs)],
    ['limit', String(span.limit)],
    ['direction', span.forward ? 'forward' : 'backward'],
  ]);
  return (answer as { readonly data: StreamsResult | SampleResult }).data;
}

/** Entries of all streams in the order of the direction; equal times keep the order of the answer. */
function inOrder(result: StreamsResult, forward: boolean): Entry[] {
  const entries: Entry[] = [];
  for (const { stream, values } of result.result) {
    for (const [time, line] of values) entries.push({ timeNs: BigInt(time), labels: stream, line });
  }
  const sign = forward ? 1 : -1;
  return entries.sort((a, b) => (a.timeNs === b.timeNs ? 0 : a.timeNs < b.timeNs ? -sign : sign));
}

/**
 * Pages through a span in batches. Pages overlap by the nanosecond at their seam, where lines may have been cut off; what
 * was seen there is left out.
 *
 * @param first the answer to the first page, when the caller has it already
 */
export async function* pagedEntries(client: Client, span: EntrySpan, first?: StreamsResult): AsyncGenerator<Entry> {
  let { startNs, endNs } = span;
  let left = span.limit;
  let seam = new Set<string>();
  let page = first;
  while (left > 0) {
    const asked = Math.min(BATCH_ENTRIES, left + seam.size);
    const result = page ?? (await queryRange(client, { ...span, startNs, endNs, limit: asked }));
    page = undefined;
    if (result.resultType !== 'streams') return;
    const all = inOrder(result, span.forward);
    const fresh = all.filter((entry) => !seam.has(entryKey(entry))).slice(0, left);
    yield* fresh;
    left -= fresh.length;
    const last = fresh.at(-1);
    if (last === undefined || all.length < asked) return;
    const atSeam = all.filter((entry) => entry.timeNs === last.timeNs).map(entryKey);
    seam = new Set(atSeam);
    if (span.forward) startNs = last.timeNs;
    else endNs = last.timeNs + 1n;
  }
}

/** Limit of the first request for a span, for callers that send it themselves. */
export function firstBatch(limit: number): number {
  return Math.min(BATCH_ENTRIES, limit);
}

/** Equal for entries that are the same line of the same stream. */
export function entryKey(entry: Entry): string {
  return JSON.stringify([String(entry.timeNs), Object.entries(entry.labels).sort(), entry.line]);
}
