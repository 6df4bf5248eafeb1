import { join } from 'node:path';
import type { BenchContext } from '../context.ts';
import { replay } from '../process/replay.ts';
import { startHalogi } from '../process/server.ts';
import { countLines } from '../process/settle.ts';

/** The server is killed when this share of the lines has been acknowledged. */
const KILL_AT = 0.5;

export interface CrashResult {
  readonly linesAcknowledged: number;
  readonly linesPresent: number;
  readonly linesLost: number;
  /** Written, but killed before the reply: at most what was in flight. */
  readonly linesUnacknowledged: number;
  /** From the start of the second process until it answers as ready. */
  readonly readyMs: number;
}

/** `kill -9` in the middle of ingest; then counts what a new process finds. */
export async function runCrash({ options, dataset, runFolder, log }: BenchContext): Promise<CrashResult> {
  log('crash: kill -9 while ingesting');
  dataset.warmUp();
  const folder = join(runFolder, 'crash');
  const server = await startHalogi(options.program, folder);
  let linesAcknowledged = 0;
  let killed: Promise<void> | undefined;
  await replay({
    url: server.url,
    dataset,
    bodies: dataset.bodies(),
    connections: options.connections,
    untilLost: true,
    onAcknowledged: ({ lines }) => {
      linesAcknowledged += lines;
      if (linesAcknowledged >= dataset.manifest.lines * KILL_AT) killed ??= server.kill();
    },
  });
  await killed;
  const second = await startHalogi(options.program, folder);
  try {
    const linesPresent = await countLines(second.url, dataset.manifest);
    return {
      linesAcknowledged,
      linesPresent,
      linesLost: Math.max(0, linesAcknowledged - linesPresent),
      linesUnacknowledged: Math.max(0, linesPresent - linesAcknowledged),
      readyMs: second.readyMs,
    };
  } finally {
    await second.stop();
  }
}
