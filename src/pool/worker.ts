import { closeCachedFile } from '../base/disk/sync-file.ts';
import { giveBackMemory } from '../base/spare-memory.ts';
import { hideRows } from '../query/scan/hidden-rows.ts';
import { runScanTask } from '../query/scan.ts';
import { PartLoader } from '../store/read/load-part.ts';
import type { DamagedBlocks } from '../store/segments/damage.ts';
import { throwIfStopped } from './stop-flag.ts';
import { lowerPriority } from './thread-priority.ts';
import { serveRequests } from './worker-port.ts';

/** A worker that scans: runs one task after the other; reads what is closed or shared, writes nothing. */

/** Behind pushes and queries; far enough ahead of merges to keep up with a busy machine. */
const TAIL_NICE = 10;
/** Damage found since the last reply: blocks that were left out, by segment. No more than the blocks of the task. */
let damage = new Map<string, FoundBlocks>();

/** Of requests that nobody stops. */
const NEVER = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

interface FoundBlocks {
  readonly reason: string;
  readonly blocks: Set<number>;
}

const loader = new PartLoader((error, path, block) => {
  let found = damage.get(path);
  if (found === undefined) {
    found = { reason: error instanceof Error ? error.message : String(error), blocks: new Set() };
    damage.set(path, found);
  }
  found.blocks.add(block);
}, hideRows);

function damagedBlocks(): DamagedBlocks[] {
  return Array.from(damage, ([path, { reason, blocks }]) => ({ path, reason, blocks: [...blocks] }));
}

serveRequests(
  (request) => {
    if (request.kind !== 'scan') throw new Error(`a ${request.kind} was sent to a thread that scans`);
    // Tails have a thread of their own.
    if (request.task.kind === 'tail') lowerPriority(TAIL_NICE);
    // When the answer is on its way, or the error.
    setImmediate(giveBackMemory);
    const stop = new Int32Array(request.stop ?? NEVER);
    try {
      throwIfStopped(stop);
      const result = runScanTask(request.task, (part, options, counts) => {
        throwIfStopped(stop);
        return loader.load(part, options, counts);
      });
      return { kind: 'scan', id: request.id, result, damage: damagedBlocks() };
    } finally {
      damage = new Map();
      loader.forgetHead();
    }
  },
  ({ path }) => closeCachedFile(path),
);
