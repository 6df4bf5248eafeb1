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

/** Load and suite at growing sizes and growing numbers of streams. */
export async function runGrowth(context: BenchContext): Promise<GrowthStep[]> {
  const { options, runFolder, log } = context;
  const { growthSizesMb, growthStreams } = options;
  const scale = options.isQuick ? 0.1 : 1;
  const [smallest, fewest] = [growthSizesMb[0]!, growthStreams[0]!];
  const steps = [
    ...growthSizesMb.map((sizeMb) => ({ sizeMb, streams: fewest })),
    ...growthStreams.slice(1).map((streams) => ({ sizeMb: smallest, streams })),
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
