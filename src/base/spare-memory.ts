import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A heap is collected when it holds so much more than after the last time: far above what it gathers from day to day. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** By then an answer is under way, and of several large queries in a row only the last one is followed by a collection. */
const DELAY_MS = 500;
/** A collection stops the thread for a tenth of a second: dashboards that ask for much every few seconds must not feel each. */
const LEAST_INTERVAL_MS = 60_000;

let collect: (() => void) | undefined;
let floorBytes = 0;
let timer: NodeJS.Timeout | undefined;
let lastMs = Number.NEGATIVE_INFINITY;

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

/** Collects what this thread has left behind, little or much: a large piece of work has ended, and what it made is of no more use. */
export function giveBackAllMemory(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('() => gc({ type: "major", execution: "sync", flavor: "last-resort" })') as () => void;
  }
  collect();
  floorBytes = heldBytes();
}

/**
 * Gives memory of this thread back if a task has left much behind. By itself V8 keeps a heap as large as it once was until something else
 * fills it.
 *
 * @param spareBytes what may lie about
 */
export function giveBackMemory(spareBytes: number = SPARE_BYTES): void {
  const held = heldBytes();
  if (held >= floorBytes + spareBytes) giveBackAllMemory();
  // V8 has looked at it by itself.
  else floorBytes = Math.min(floorBytes, held);
}

/** Gives memory of this thread back a little later, once for all that ask until then, and once a minute at most. */
export function giveBackMemorySoon(): void {
  clearTimeout(timer);
  const delayMs = Math.max(DELAY_MS, lastMs + LEAST_INTERVAL_MS - performance.now());
  timer = setTimeout(() => {
    lastMs = performance.now();
    giveBackAllMemory();
  }, delayMs).unref();
}
