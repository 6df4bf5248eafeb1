import { availableParallelism, loadavg } from 'node:os';

/** Milliseconds that a real process may take for what an idle machine does in `idleMs`: four times that, more under load. */
export function patientMs(idleMs: number): number {
  return 4 * idleMs * Math.max(1, loadavg()[0]! / availableParallelism());
}

/** CPU time that this thread spends in some work, in milliseconds: other processes of the machine do not count. */
function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const used = process.threadCpuUsage(before);
  return (used.user + used.system) / 1000;
}

/**
 * How much more CPU time the second work takes than the first: the least of a few rounds of each, in turns, so that a
 * collection of garbage or a compilation in one of them does not decide.
 */
export function cpuRatio(first: () => void, second: () => void, rounds = 5): number {
  let least = Number.POSITIVE_INFINITY;
  let leastOfSecond = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    least = Math.min(least, cpuMsOf(first));
    leastOfSecond = Math.min(leastOfSecond, cpuMsOf(second));
  }
  return leastOfSecond / least;
}
