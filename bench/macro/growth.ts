import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../context.ts';
import { openDataset } from '../data.ts';
import { type LoadResult, runLoad } from './load.ts';
import { type QueriesResult, runQueries } from './query.ts';

export interface GrowthStep {
  readonly sizeMb: number;
  readonly streams: number;
  readonly load: LoadResult;
  readonly queries: QueriesResult;
}

const SIZES_MB = [300, 1000, 3000];
const STREAMS = [200, 2000, 20_000];

/** Load and suite at growing sizes and growing numbers of streams. Takes long and some 8 GB of disk. */
export async function runGrowth(context: BenchContext): Promise<GrowthStep[]> {
  const { options, runFolder, log } = context;
  const scale = options.isQuick ? 0.02 : 1;
  const [smallest, fewest] = [SIZES_MB[0]!, STREAMS[0]!];
  const steps = [
    ...SIZES_MB.map((sizeMb) => ({ sizeMb, streams: fewest })),
    ...STREAMS.slice(1).map((streams) => ({ sizeMb: smallest, streams })),
  ];
  const results: GrowthStep[] = [];
  for (const { sizeMb, streams } of steps) {
    const parameters = { ...options.data, sizeMb: sizeMb * scale, streams };
    const dataset = openDataset(options.dataFolder, parameters, log);
    const folder = join(runFolder, 'growth');
    const load = await runLoad(context, dataset, folder);
    const queries = await runQueries(context, dataset, folder);
    rmSync(folder, { recursive: true, force: true });
    results.push({ sizeMb: parameters.sizeMb, streams: dataset.manifest.streams, load, queries });
  }
  return results;
}
