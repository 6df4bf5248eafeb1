import { expect, test } from 'vitest';
import { runTasks } from '../../../src/query/execute/task-queue.ts';
import type { ScanResult, ScanTask } from '../../../src/query/task/task.ts';

test.each([
  [false, 4],
  [true, 1],
])('tasks run side by side, one at a time where memory is tight (%s)', async (isTight, most) => {
  let [running, peak, run] = [0, 0, 0];
  const runner = {
    parallelism: 2,
    async run(task: ScanTask): Promise<ScanResult> {
      running++;
      // The first round is begun before anything can be told.
      if (++run > 4) peak = Math.max(peak, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      return task as unknown as ScanResult;
    },
  };
  const tasks = Array.from({ length: 20 }, (_, i) => i);
  const results: unknown[] = [];
  const signal = new AbortController().signal;
  await runTasks(
    tasks as unknown as ScanTask[],
    runner,
    signal,
    (result) => results.push(result),
    () => isTight,
  );
  expect(results).toEqual(tasks);
  expect(peak).toBe(most);
});
