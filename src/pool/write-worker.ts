import { setImmediate } from 'node:timers/promises';
import { nodeDisk } from '../base/disk/node-disk.ts';
import { giveBackAllMemory, giveBackMemory } from '../base/spare-memory.ts';
import { runFlushTask } from '../store/write/flush-task.ts';
import { runMergeTask } from '../store/write/merge-task.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';
import { lowerPriority } from './thread-priority.ts';
import { serveRequests } from './worker-port.ts';

/**
 * A worker that writes segments, of the head or of other segments. Apart from the one that scans, since a thread holds all the code that it
 * knows: that of queries would take half of its memory here, and a good part of its start. One request after the other: they share memory.
 */

/** Behind pushes and queries, which somebody waits for; when it falls behind, pushes are slowed down and leave it the processor. */
const FLUSH_NICE = 5;
/** Far enough behind the other threads that a merge takes what they leave. */
const MERGE_NICE = 15;

/** Directories of thousands of streams are megabytes, most of them outside of the heap, where a small heap hardly ever looks. */
const SPARE_BYTES = 12 * 1024 * 1024;

let last: Promise<unknown> = Promise.resolve();

const tidy = (): void => giveBackMemory(SPARE_BYTES);

serveRequests((request) => {
  const reply = last.then(() => write(request));
  last = reply
    .catch(() => undefined)
    // Behind the reply, which moves much away.
    .then(() => setImmediate())
    .then(request.kind === 'merge' ? giveBackAllMemory : tidy);
  return reply;
});

async function write(request: WorkerRequest): Promise<WorkerReply> {
  if (request.kind === 'scan') throw new Error('a scan was sent to a thread that writes');
  if (request.kind === 'merge') {
    // Of what is done in quiet, a flush must not find the thread slowed down.
    if (!request.task.inQuiet) lowerPriority(MERGE_NICE);
    // Merges that remove rows are rare: only they need the code of queries here.
    const hide =
      (request.task.removes ?? []).length > 0 ? (await import('../query/scan/hidden-rows.ts')).hideRows : undefined;
    return { kind: 'merge', id: request.id, result: await runMergeTask(request.task, nodeDisk, tidy, hide) };
  }
  lowerPriority(FLUSH_NICE);
  return { kind: 'flush', id: request.id, result: await runFlushTask(request.task, nodeDisk) };
}
