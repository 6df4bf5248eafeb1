import { closeCachedFile } from '../base/disk/sync-file.ts';
import { giveBackMemory } from '../base/spare-memory.ts';
import { runScanTask } from '../query/scan.ts';
import { PartLoader } from '../store/read/load-part.ts';
import { lowerPriority } from './thread-priority.ts';
import { serveRequests } from './worker-port.ts';

/** A worker that scans: runs one task after the other; reads what is closed or shared, writes nothing. */

/** Behind pushes and queries; far enough ahead of merges to keep up with a busy machine. */
const TAIL_NICE = 10;
/** Damage found since the last reply: blocks that were left out. Bounded, one broken disk must not flood the log. */
const MAX_DAMAGE_TEXTS = 20;
let damage: string[] = [];

const loader = new PartLoader((error) => {
  if (damage.length < MAX_DAMAGE_TEXTS) damage.push(error instanceof Error ? error.message : String(error));
});

serveRequests(
  (request) => {
    if (request.kind !== 'scan') throw new Error(`a ${request.kind} was sent to a thread that scans`);
    // Tails have a thread of their own.
    if (request.task.kind === 'tail') lowerPriority(TAIL_NICE);
    // When the answer is on its way, or the error.
    setImmediate(giveBackMemory);
    try {
      const result = runScanTask(request.task, (part, options, counts) => loader.load(part, options, counts));
      return { kind: 'scan', id: request.id, result, damage };
    } finally {
      damage = [];
      loader.forgetHead();
    }
  },
  ({ path }) => closeCachedFile(path),
);
