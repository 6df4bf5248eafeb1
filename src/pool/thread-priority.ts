import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

let lowered = false;

/**
 * Puts the calling thread behind others of the machine, once. Linux knows priorities of threads, and a thread finds its own number;
 * elsewhere nothing happens: a merge still has the share that it may take.
 *
 * @param nice 1 to 19, the last
 */
export function lowerPriority(nice: number): void {
  if (lowered) return;
  lowered = true;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), nice);
  } catch {
    // No /proc, or not allowed: the work is done all the same.
  }
}
