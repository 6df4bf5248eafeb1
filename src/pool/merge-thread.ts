import { Worker } from 'node:worker_threads';
import { LogError } from '../base/errors.ts';
import { setMergeBusy } from '../store/write/merge-pace.ts';
import type { MergeResult, MergeTask } from '../store/write/merge-task.ts';
import { unpackError } from './error-transfer.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';

/** A thread that has had nothing to do for so long ends, and its memory is free. */
const IDLE_MS = 20_000;
/** A merge holds a few blocks of each source and the directory of the result; nearly all of it outside of the heap. */
const HEAP_MB = 512;
const YOUNG_MB = 3;

/** The thread in which segments are merged; it runs while there is something to merge. */
export class MergeThread {
  readonly #file: URL;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #control: SharedArrayBuffer | undefined;
  #busy = false;
  /** Ends of the task that runs. */
  #resolve: ((reply: WorkerReply) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** @param file module of the worker */
  constructor(file: URL) {
    this.#file = file;
  }

  /** Tells the merge that runs, and those to come, whether queries or flushes are under way. */
  set busy(busy: boolean) {
    if (this.#busy === busy) return;
    this.#busy = busy;
    if (this.#control !== undefined) setMergeBusy(this.#control, busy);
  }

  /** Merges, one task at a time. @throws LogError as runMergeTask, INTERNAL when the thread dies */
  async run(task: MergeTask): Promise<MergeResult> {
    clearTimeout(this.#idle);
    this.#control = task.control;
    setMergeBusy(task.control, this.#busy);
    try {
      const reply = await this.#ask({ kind: 'merge', id: 0, task });
      if (reply.kind === 'error') throw unpackError(reply.error);
      if (reply.kind !== 'merge') throw new LogError('INTERNAL', `a merge was answered by ${reply.kind}`);
      return reply.result;
    } finally {
      this.#control = undefined;
      this.#worker?.unref();
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  #ask(request: WorkerRequest): Promise<WorkerReply> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerReply>();
    this.#worker ??= this.#start();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#worker.ref();
    this.#worker.postMessage(request);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#file, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const died = (cause?: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#reject?.(new LogError('INTERNAL', 'the thread that merges segments died', { cause }));
    };
    return worker
      .on('message', (reply: WorkerReply) => this.#resolve?.(reply))
      .on('error', died)
      .on('exit', died);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
