import type { BenchContext } from '../context.ts';
import type { Dataset } from '../data.ts';
import { HttpClient } from '../process/http-client.ts';
import { processUse, type Use, watchUse } from '../process/proc.ts';
import { startHalogi } from '../process/server.ts';
import { median, quantile } from '../process/statistics.ts';
import { digestAnswer, judge } from './answer.ts';
import { loadedFolder } from './load.ts';
import { querySuite, type SuiteQuery } from './suite.ts';

/** A slow query is repeated for no longer than this, but at least `MIN_REPETITIONS` times. */
const BUDGET_MS = 6_000;
const MIN_REPETITIONS = 2;

export interface QueryResult {
  readonly id: string;
  readonly title: string;
  /** The first run, in a process that has not seen the query; the page cache is warm. */
  readonly firstMs: number;
  readonly warmMs: number;
  readonly p90Ms: number;
  /** Of the server, a run. */
  readonly cpuSeconds: number;
  readonly answerBytes: number;
  /** `ok`, `-` where nothing is known, or what is wrong. */
  readonly verdict: string;
}

export interface QueriesResult {
  readonly readyMs: number;
  readonly queries: readonly QueryResult[];
  readonly peakResidentBytes: number;
  readonly use: Use;
}

/** The suite against a server that starts on loaded data. */
export async function runQueries(
  context: BenchContext,
  dataset: Dataset = context.dataset,
  folder: string = loadedFolder(context),
): Promise<QueriesResult> {
  const { options, log } = context;
  log('query: the suite');
  const server = await startHalogi(options.program, folder);
  const client = new HttpClient(server.url, 1);
  try {
    const endUse = watchUse(server.pid);
    const queries: QueryResult[] = [];
    for (const query of querySuite(dataset.manifest)) {
      queries.push(await time(client, server.pid, query, options.repetitions));
    }
    const { peakResidentBytes } = processUse(server.pid);
    return { readyMs: server.readyMs, queries, peakResidentBytes, use: endUse() };
  } finally {
    client.close();
    await server.stop();
  }
}

async function time(client: HttpClient, pid: number, query: SuiteQuery, repetitions: number): Promise<QueryResult> {
  const { id, title, path, params, expected } = query;
  const first = await client.get(path, params);
  const common = { id, title, firstMs: first.ms, answerBytes: first.body.length };
  if (first.status !== 200) {
    const verdict = `WRONG: ${first.status} ${first.failure ?? first.body.toString().slice(0, 200)}`;
    return { ...common, warmMs: Number.NaN, p90Ms: Number.NaN, cpuSeconds: Number.NaN, verdict };
  }
  const timesMs: number[] = [];
  const cpuBefore = processUse(pid).cpuSeconds;
  const startMs = performance.now();
  while (
    timesMs.length < repetitions &&
    (timesMs.length < MIN_REPETITIONS || performance.now() - startMs < BUDGET_MS)
  ) {
    timesMs.push((await client.get(path, params)).ms);
  }
  return {
    ...common,
    warmMs: median(timesMs),
    p90Ms: quantile(timesMs, 0.9),
    cpuSeconds: (processUse(pid).cpuSeconds - cpuBefore) / timesMs.length,
    verdict: expected === undefined ? '-' : judge(digestAnswer(first.body.toString()), expected),
  };
}
