import { parentPort } from 'node:worker_threads';
import { nodeDisk } from '../base/node-disk.ts';
import { closeCachedFile } from '../base/sync-file.ts';
import { runScanTask } from '../query/scan.ts';
import { runFlushTask } from '../store/flush-task.ts';
import { PartLoader } from '../store/load-part.ts';
import { runMergeTask } from '../store/merge-task.ts';
import { packError } from './error-transfer.ts';
import type { WorkerNotice, WorkerReply, WorkerRequest } from './messages.ts';
import { unpackTask } from './pack-parts.ts';
import { lowerPriority } from './thread-priority.ts';
import { transferList } from './transfer.ts';

/** A worker: runs scan tasks one after the other and writes segments; reads what is closed or shared, writes only new segment files. */

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

/** Behind pushes and queries; far enough ahead of merges to keep up with a busy machine. */
const TAIL_NICE = 10;
/** Behind pushes and queries, which somebody waits for; when it falls behind, pushes are slowed down and leave it the processor. */
const FLUSH_NICE = 5;
/** Far enough behind the other threads that a merge takes what they leave. */
const MERGE_NICE = 15;
/** Damage found since the last reply: blocks that were left out. Bounded, one broken disk must not flood the log. */
const MAX_DAMAGE_TEXTS = 20;
let damage: string[] = [];

const loader = new PartLoader((error) => {
  if (damage.length < MAX_DAMAGE_TEXTS) damage.push(error instanceof Error ? error.message : String(error));
});

function answer(reply: WorkerReply): void {
  port!.postMessage(reply, transferList(reply));
}

async function handle(request: WorkerRequest): Promise<void> {
  try {
    if (request.kind === 'scan') {
      // Tails have a thread of their own.
      if (request.task.kind === 'tail') lowerPriority(TAIL_NICE);
      const result = runScanTask(unpackTask(request.task), (part, options, counts) =>
        loader.load(part, options, counts),
      );
      const found = damage;
      damage = [];
      answer({ kind: 'scan', id: request.id, result, damage: found });
    } else if (request.kind === 'merge') {
      lowerPriority(MERGE_NICE);
      answer({ kind: 'merge', id: request.id, result: await runMergeTask(request.task, nodeDisk) });
    } else {
      lowerPriority(FLUSH_NICE);
      answer({ kind: 'flush', id: request.id, result: await runFlushTask(request.task, nodeDisk) });
    }
  } catch (error) {
    answer({ kind: 'error', id: request.id, error: packError(error) });
  }
}

port.on('message', (request: WorkerRequest | WorkerNotice) => {
  if (request.kind === 'gone') closeCachedFile(request.path);
  else void handle(request);
});
