import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, openDataset } from './data.ts';
import type { Options } from './options.ts';

/** What every part of a run gets. */
export interface BenchContext {
  readonly options: Options;
  readonly dataset: Dataset;
  /** Scratch folder of this run; servers put their data below it. */
  readonly runFolder: string;
  /** Says what goes on, on standard error. */
  readonly log: (text: string) => void;
}

/** Makes the data set and the scratch folder. `close` removes the latter. */
export function openContext(options: Options): BenchContext & { close(): void } {
  const log = (text: string): void => console.error(`# ${text}`);
  const dataset = openDataset(options.dataFolder, options.data, log);
  const runFolder = join(options.dataFolder, `run-${process.pid}`);
  mkdirSync(runFolder, { recursive: true });
  return { options, dataset, runFolder, log, close: () => rmSync(runFolder, { recursive: true, force: true }) };
}
