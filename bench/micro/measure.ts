import { median } from '../process/statistics.ts';

/** A piece of code that is timed on its own. */
export interface MicroBench {
  /** Like `encode times rows=65536`. */
  readonly name: string;
  /** Rows and bytes that one run works on. */
  readonly rows: number;
  readonly bytes: number;
  /** Does the work once and throws when the outcome is wrong. */
  readonly run: () => void;
}

export interface MicroResult {
  readonly name: string;
  readonly nsPerRow: number;
  readonly mbPerS: number;
  /** First touches of memory pages, a run: what fresh buffers cost. */
  readonly minorFaults: number;
  readonly runs: number;
}

const MIN_RUNS = 5;

/** Runs for `forMs` to warm up and for as long again to measure; the median counts. */
export function measure({ name, rows, bytes, run }: MicroBench, forMs: number): MicroResult {
  repeat(run, forMs);
  const faultsBefore = process.resourceUsage().minorPageFault;
  const timesNs = repeat(run, forMs);
  const faults = process.resourceUsage().minorPageFault - faultsBefore;
  const ns = median(timesNs);
  return {
    name,
    nsPerRow: ns / rows,
    mbPerS: (bytes / ns) * 1000,
    minorFaults: faults / timesNs.length,
    runs: timesNs.length,
  };
}

function repeat(run: () => void, forMs: number): number[] {
  const timesNs: number[] = [];
  const endMs = performance.now() + forMs;
  while (timesNs.length < MIN_RUNS || performance.now() < endMs) {
    const start = process.hrtime.bigint();
    run();
    timesNs.push(Number(process.hrtime.bigint() - start));
  }
  return timesNs;
}

/** Guards a bench against measuring code that went wrong. */
export function expectCount(what: string, got: number, expected: number): void {
  if (got !== expected) throw new Error(`${what}: ${got} instead of ${expected}`);
}
