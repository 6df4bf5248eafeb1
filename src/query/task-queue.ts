import { LogError } from '../base/errors.ts';
import type { ScanResult, ScanTask, TaskRunner } from './task.ts';

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

/**
 * Runs tasks, a few at a time, and hands their results over in the order of the tasks. The first failure stops the rest.
 *
 * @throws LogError what a task threw, or QUERY_TIMEOUT, QUERY_CANCELLED
 */
export async function runTasks(
  tasks: readonly ScanTask[],
  runner: TaskRunner,
  signal: AbortSignal,
  onResult: (result: ScanResult, task: number) => void,
): Promise<void> {
  throwIfAborted(signal);
  const failed = new AbortController();
  const combined = AbortSignal.any([signal, failed.signal]);
  const waiting = new Map<number, ScanResult>();
  let started = 0;
  let delivered = 0;
  const work = async (): Promise<void> => {
    while (started < tasks.length && !combined.aborted) {
      const index = started++;
      waiting.set(index, await runner.run(tasks[index]!, combined));
      for (let next = waiting.get(delivered); next !== undefined; next = waiting.get(delivered)) {
        waiting.delete(delivered);
        onResult(next, delivered++);
      }
    }
  };
  // Twice the workers, so that none waits for the main thread between tasks.
  const lanes = Math.min(tasks.length, Math.max(1, runner.parallelism * 2));
  try {
    await Promise.all(Array.from({ length: lanes }, work));
  } catch (cause) {
    failed.abort(cause);
    throwIfAborted(signal);
    throw cause;
  }
  throwIfAborted(signal);
}
