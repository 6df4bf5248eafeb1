import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** Far enough behind the other threads that a merge takes what they leave. */
const BACKGROUND_NICE = 15;

let lowered = false;

/**
 * Puts the calling thread behind all others of the machine, once. Linux knows priorities of threads, and a thread finds its own number;
 * elsewhere nothing happens, and the share that a merge may take is all that holds it back.
 */
export function lowerPriority(): void {
  if (lowered) return;
  lowered = true;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), BACKGROUND_NICE);
  } catch {
    // No /proc, or not allowed: the merge works all the same.
  }
}
