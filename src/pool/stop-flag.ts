import { LogError } from '../base/errors.ts';

/**
 * Tells threads that nobody waits for a task any more: one number in shared memory for each signal, so for each query. Threads look at it
 * before each part of a task.
 */
const flags = new WeakMap<AbortSignal, SharedArrayBuffer>();

/** The flag of a signal; it is raised when the signal fires. */
export function stopFlagOf(signal: AbortSignal): SharedArrayBuffer {
  let flag = flags.get(signal);
  if (flag === undefined) {
    const raised = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    signal.addEventListener('abort', () => Atomics.store(new Int32Array(raised), 0, 1), { once: true });
    flags.set(signal, raised);
    flag = raised;
  }
  return flag;
}

/** @throws LogError QUERY_CANCELLED when the flag is raised */
export function throwIfStopped(flag: Int32Array): void {
  if (Atomics.load(flag, 0) !== 0) throw new LogError('QUERY_CANCELLED', 'nobody waits for this task');
}
