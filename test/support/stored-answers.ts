import { LogError } from '../../src/base/errors.ts';
import type { QueryDeps } from '../../src/query/execute/query-deps.ts';
import { type QueryRequest, runQuery } from '../../src/query/run.ts';
import { runScanTask } from '../../src/query/scan.ts';
import type { TaskRunner } from '../../src/query/task/task.ts';
import type { PartLoader } from '../../src/store/read/load-part.ts';
import { answeredStreams } from './result-text.ts';

/** Runs tasks in place, copied as if they crossed a thread. */
export function loaderRunner(loader: PartLoader): TaskRunner {
  return {
    parallelism: 2,
    async run(task, signal) {
      await Promise.resolve();
      signal.throwIfAborted();
      const crossed = structuredClone(task);
      return structuredClone(runScanTask(crossed, (part, options, counts) => loader.load(part, options, counts)));
    },
  };
}

/** Data of the answer, or that a line fails in the pipeline: which one says so depends on the order of reading. */
export async function answer(request: QueryRequest, deps: QueryDeps): Promise<unknown> {
  try {
    const { data } = await runQuery(request, deps);
    return data.resultType === 'streams' ? answeredStreams(data) : data;
  } catch (error) {
    if (error instanceof LogError && error.code === 'QUERY_PIPELINE') return error.code;
    throw error;
  }
}
