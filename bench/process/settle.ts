import type { Manifest } from '../logs/manifest.ts';
import { HttpClient } from './http-client.ts';
import { folderBytes, processUse } from './proc.ts';
import type { BenchServer } from './server.ts';
import { pause } from './statistics.ts';

const QUIET_MS = 1500;
const MAX_MS = 120_000;
const HOUR_MS = 3_600_000;

/** Flushes, and waits until neither the data folder changes nor the server works. */
export async function settle(server: BenchServer, dataFolder: string): Promise<void> {
  const client = new HttpClient(server.url, 1);
  const flushed = await client.post('/flush');
  client.close();
  if (flushed.status >= 300) throw new Error(`flush failed: ${flushed.status} ${flushed.body}`);
  const startMs = performance.now();
  let quietSinceMs = startMs;
  let bytes = -1;
  let cpuSeconds = -1;
  while (performance.now() - quietSinceMs < QUIET_MS && performance.now() - startMs < MAX_MS) {
    await pause(250);
    const [bytesNow, cpuNow] = [folderBytes(dataFolder), processUse(server.pid).cpuSeconds];
    if (bytesNow !== bytes || cpuNow - cpuSeconds > 0.1) quietSinceMs = performance.now();
    bytes = bytesNow;
    cpuSeconds = cpuNow;
  }
}

/** Lines that the server holds of the data set's time, as it counts them itself. */
export async function countLines(url: string, { startMs, endMs }: Manifest): Promise<number> {
  const client = new HttpClient(url, 1);
  const reply = await client.get('/loki/api/v1/query_range', {
    query: 'sum(count_over_time({cluster=~".+"}[1h]))',
    start: `${startMs}000000`,
    end: `${endMs + HOUR_MS}000000`,
    step: '3600',
  });
  client.close();
  if (reply.status !== 200) throw new Error(`counting lines failed: ${reply.status} ${reply.body}`);
  const answer = JSON.parse(reply.body.toString()) as { data: { result: { values: [number, string][] }[] } };
  let lines = 0;
  for (const series of answer.data.result) for (const [, count] of series.values) lines += Number(count);
  return lines;
}
