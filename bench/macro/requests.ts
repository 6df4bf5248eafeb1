import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../context.ts';
import { processUse, type Use, watchUse } from '../process/proc.ts';
import { startHalogi } from '../process/server.ts';
import { loadedFolder } from './load.ts';
import { querySuite } from './suite.ts';

const CONNECTIONS = 8;
const SECONDS = 5;
/** Small questions of the suite; a page that stops early stands for log queries. */
const QUERIES = ['labels', 'label-values', 'series', 'stats', 'page-back'];

export interface RequestLoad {
  readonly id: string;
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** Of the server, a request. */
  readonly cpuMs: number;
}

export interface RequestsResult {
  readonly loads: readonly RequestLoad[];
  readonly peakResidentBytes: number;
  readonly use: Use;
}

interface AutocannonReport {
  readonly requests: { readonly average: number; readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly errors: number;
  readonly non2xx: number;
}

/** Request load on small queries, made by autocannon in a process of its own. */
export async function runRequests(context: BenchContext): Promise<RequestsResult> {
  const { options, dataset, log } = context;
  log('requests: autocannon on small queries');
  const server = await startHalogi(options.program, loadedFolder(context));
  try {
    const endUse = watchUse(server.pid);
    const loads: RequestLoad[] = [];
    for (const { id, path, params } of querySuite(dataset.manifest).filter(({ id }) => QUERIES.includes(id))) {
      const cpuBefore = processUse(server.pid).cpuSeconds;
      const report = await autocannon(
        `${server.url}${path}?${new URLSearchParams(params)}`,
        options.isQuick ? 1 : SECONDS,
      );
      const cpuSeconds = processUse(server.pid).cpuSeconds - cpuBefore;
      loads.push({
        id,
        requestsPerS: report.requests.average,
        p50Ms: report.latency.p50,
        p99Ms: report.latency.p99,
        errors: report.errors + report.non2xx,
        cpuMs: (cpuSeconds * 1000) / report.requests.total,
      });
    }
    return { loads, peakResidentBytes: processUse(server.pid).peakResidentBytes, use: endUse() };
  } finally {
    await server.stop();
  }
}

async function autocannon(url: string, seconds: number): Promise<AutocannonReport> {
  const program = fileURLToPath(import.meta.resolve('autocannon'));
  const args = [program, '--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(seconds), url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const part of child.stdout) output += String(part);
  return JSON.parse(output) as AutocannonReport;
}
