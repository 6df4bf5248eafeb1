import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext } from '../context.ts';
import type { Dataset } from '../data.ts';
import { folderBytes, processUse, type Use, watchUse } from '../process/proc.ts';
import { type ReplayResult, replay } from '../process/replay.ts';
import { startHalogi } from '../process/server.ts';
import { countLines, settle } from '../process/settle.ts';

export interface LoadResult extends ReplayResult {
  /** Until the last body is acknowledged. */
  readonly use: Use;
  /** Until everything is in closed segments. */
  readonly cpuSecondsPerGb: number;
  readonly peakResidentBytes: number;
  /** Of the data folder after a flush and a clean stop. */
  readonly diskBytes: number;
  readonly diskPerRaw: number;
  /** Part of `diskBytes` of a fixed size: the file that is given up when the disk is full. */
  readonly reserveBytes: number;
  readonly linesPresent: number;
  readonly linesSent: number;
}

/** Data folder of the loaded server, for the parts that query it. */
export function loadedFolder({ runFolder }: BenchContext): string {
  return join(runFolder, 'halogi');
}

/** Ingest: sends the whole data set as fast as an empty server takes it. The data folder stays. */
export async function runLoad(
  context: BenchContext,
  dataset: Dataset = context.dataset,
  folder: string = loadedFolder(context),
): Promise<LoadResult> {
  const { options, log } = context;
  rmSync(folder, { recursive: true, force: true });
  dataset.warmUp();
  const server = await startHalogi(options.program, folder);
  log(`load: ${dataset.manifest.rawBytes / 1e6} MB, ${dataset.manifest.streams} streams`);
  try {
    const endUse = watchUse(server.pid);
    const sent = await replay({ url: server.url, dataset, bodies: dataset.bodies(), connections: options.connections });
    const use = endUse();
    await settle(server, folder);
    const { cpuSeconds, peakResidentBytes } = processUse(server.pid);
    const linesPresent = await countLines(server.url, dataset.manifest);
    await server.stop();
    const diskBytes = folderBytes(folder);
    return {
      ...sent,
      use,
      cpuSecondsPerGb: cpuSeconds / (sent.rawBytes / 1e9),
      peakResidentBytes,
      diskBytes,
      diskPerRaw: diskBytes / sent.rawBytes,
      reserveBytes: statSync(join(folder, 'RESERVE'), { throwIfNoEntry: false })?.size ?? 0,
      linesPresent,
      linesSent: dataset.manifest.lines,
    };
  } finally {
    await server.stop();
  }
}
