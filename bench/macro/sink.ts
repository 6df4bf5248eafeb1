import { join } from 'node:path';
import type { BenchContext } from '../context.ts';
import { processUse, type Use, watchUse } from '../process/proc.ts';
import { type ReplayResult, replay } from '../process/replay.ts';
import { startSink } from '../process/server.ts';

export interface SinkResult extends ReplayResult {
  readonly use: Use;
  readonly cpuSecondsPerGb: number;
  readonly peakResidentBytes: number;
}

/** Sends the data set to a server that reads and drops it. */
export async function runSink({ options, dataset, runFolder, log }: BenchContext): Promise<SinkResult> {
  log('sink: the same bodies to a bare fastify');
  dataset.warmUp();
  const server = await startSink(join(runFolder, 'sink.log'));
  try {
    const endUse = watchUse(server.pid);
    const sent = await replay({ url: server.url, dataset, bodies: dataset.bodies(), connections: options.connections });
    const use = endUse();
    const { cpuSeconds, peakResidentBytes } = processUse(server.pid);
    return { ...sent, use, cpuSecondsPerGb: cpuSeconds / (sent.rawBytes / 1e9), peakResidentBytes };
  } finally {
    await server.stop();
  }
}
