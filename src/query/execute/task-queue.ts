import { LogError } from '../../base/errors.ts';
import type { ScanResult, ScanTask, TaskRunner } from '../task/task.ts';

const TIMED_OUT =
  'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed';
const CANCELLED = 'the request was cancelled by the client';

/** A signal that also fires when the time allowed for a query is over; 0: no limit. */
export function withTimeout(signal: AbortSignal, timeoutMs: number): AbortSignal {
  return timeoutMs > 0 ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : signal;
}

/** @throws LogError QUERY_TIMEOUT or QUERY_CANCELLED when the signal has fired */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

function abortError(signal: AbortSignal): LogError {
  const timedOut = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return timedOut
    ? new LogError('QUERY_TIMEOUT', TIMED_OUT, { status: 504 })
    : new LogError('QUERY_CANCELLED', CANCELLED, { status: 499 });
}

/** Tasks at a time: twice the workers, so that none waits for the main thread between tasks. */
export function lanesOf({ parallelism }: Pick<TaskRunner, 'parallelism'>): number {
  return Math.max(1, parallelism * 2);
}

/**
 * Runs tasks, a few at a time, and hands their results over in the order of the tasks. The first failure stops the rest.
 *
 * @param isTight asked behind each result; true: fewer tasks from then on, at least one at a time
 * @throws LogError what a task threw, or QUERY_TIMEOUT, QUERY_CANCELLED
 */
export async function runTasks(
  tasks: Iterable<ScanTask>,
  runner: TaskRunner,
  signal: AbortSignal,
  onResult: (result: ScanResult, task: number) => void,
  isTight?: () => boolean,
): Promise<void> {
  const waiting = new Map<number, ScanResult>();
  const rest = tasks[Symbol.iterator]();
  let delivered = 0;
  await runUnordered(
    () => rest.next().value,
    runner,
    signal,
    (result, task) => {
      waiting.set(task, result);
      for (let next = waiting.get(delivered); next !== undefined; next = waiting.get(delivered)) {
        waiting.delete(delivered);
        onResult(next, delivered++);
      }
    },
    isTight,
  );
}

/**
 * Runs the tasks that `next` makes until it makes none, a few at a time, and hands results over as they come, with the number of the
 * task. A task is asked for only when there is room for it, so it can follow from the results before. The first failure stops the rest.
 *
 * @throws LogError what a task threw, or QUERY_TIMEOUT, QUERY_CANCELLED
 */
export async function runUnordered(
  next: () => ScanTask | undefined,
  runner: TaskRunner,
  signal: AbortSignal,
  onResult: (result: ScanResult, task: number) => void,
  isTight: () => boolean = () => false,
): Promise<void> {
  throwIfAborted(signal);
  const failed = new AbortController();
  const combined = AbortSignal.any([signal, failed.signal]);
  let started = 0;
  let lanes = lanesOf(runner);
  const work = async (): Promise<void> => {
    for (let task = next(); task !== undefined && !combined.aborted; task = next()) {
      const number = started++;
      onResult(await runner.run(task, combined), number);
      if (lanes === 1 || !isTight()) continue;
      lanes--;
      return;
    }
  };
  const running = Array.from({ length: lanes }, work);
  try {
    await Promise.all(running);
  } catch (cause) {
    failed.abort(cause);
    // The caller gives back memory that the others read.
    await Promise.allSettled(running);
    throwIfAborted(signal);
    throw cause;
  }
  throwIfAborted(signal);
}
