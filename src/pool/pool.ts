import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { LogError } from '../base/errors.ts';
import type { ScanResult, ScanTask, TaskRunner } from '../query/task/task.ts';
import type { DamagedBlocks } from '../store/segments/damage.ts';
import type { FlushResult, FlushTask } from '../store/write/flush-task.ts';
import { type MergeControl, setMergeBusy, stopMerge } from '../store/write/merge-pace.ts';
import type { MergeResult, MergeTask } from '../store/write/merge-task.ts';
import { unpackError } from './error-transfer.ts';
import { MergeThread } from './merge-thread.ts';
import type { WorkerNotice, WorkerReply, WorkerRequest } from './messages.ts';
import { stopFlagOf } from './stop-flag.ts';
import { givenAway } from './transfer.ts';

export interface PoolOptions {
  /** Scanning threads; one for each core. */
  readonly scanners: number;
  /** Told of blocks that a scan had to leave out. */
  readonly onDamage: (damage: DamagedBlocks) => void;
  /** Told when a worker has died and been replaced. */
  readonly onWorkerExit: (error: unknown) => void;
}

interface Waiting {
  readonly request: WorkerRequest;
  /** Of a scan: when it fires, its thread has `GRACE_MS` to end the task. */
  readonly signal?: AbortSignal;
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: unknown) => void;
}

/** Memory of a worker's own heap: tasks hold little, so a runaway one dies alone. */
const WORKER_HEAP_MB = 1024;
/**
 * The process runs with a small young generation for the sake of ingest (bin/halogi); scans make rows and want more. The flag of the process would
 * win over what a thread is given, so it is taken back for threads that start later.
 */
const WORKER_YOUNG_MB = 8;
const NO_YOUNG_FLAG = '--max-semi-space-size=0';
/** Segments are written with little garbage. */
const WRITER_YOUNG_MB = 6;
/** Live tails leave little behind, and their thread stays as long as the server. */
const TAIL_YOUNG_MB = 8;
/** Requests given to a worker beside the one it works on, so that it never waits for the main thread. */
const AHEAD = 1;
/** A thread that has not ended a task so long after its query has ended is ended itself. */
const GRACE_MS = 1000;
/** A death this soon after the start is the start's own fault. */
const EARLY_MS = 5000;
const RESTART_DELAY_MS = 1000;

/** A file name is text to the compiler and is not rewritten: in `dist/` workers end in `.js`, as this module then does. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const SCAN_FILE: URL = new URL(`./worker.${EXTENSION}`, import.meta.url);
const WRITE_FILE: URL = new URL(`./write-worker.${EXTENSION}`, import.meta.url);

/** One thread and what it was given. */
class PoolThread {
  readonly given: Map<number, Waiting> = new Map();
  worker: Worker;
  startedMs: number = performance.now();
  /** Runs while nobody waits for the task at work any more. */
  grace: NodeJS.Timeout | undefined;
  /** False between the death of a worker and its successor. */
  alive = true;

  readonly file: URL;
  /** Memory of the young generation. */
  readonly youngMb: number;

  constructor(file: URL, youngMb: number) {
    this.worker = spawn(file, youngMb);
    this.file = file;
    this.youngMb = youngMb;
  }
}

function spawn(file: URL, youngMb: number): Worker {
  setFlagsFromString(NO_YOUNG_FLAG);
  return new Worker(file, {
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB, maxYoungGenerationSizeMb: youngMb },
  });
}

/**
 * Scanning threads and one that writes segments. Scans wait in one queue and go to the thread that has least to do; segments
 * have a thread of their own, since compressing a generation takes a second and no query should stand behind that. So have live
 * tails, for theirs stands back for pushes and queries. Threads
 * start with `start`, or with the first task: until the server is ready they would take the cores from the thread that gets it there.
 */
export class WorkerPool implements TaskRunner {
  readonly parallelism: number;
  readonly #options: PoolOptions;
  readonly #threads: PoolThread[] = [];
  #writer: PoolThread | undefined;
  #tailer: PoolThread | undefined;
  readonly #merger: MergeThread = new MergeThread(WRITE_FILE);
  /** Of the merge that the writing thread does while nothing comes in. */
  #quietMerge: MergeControl | undefined;
  #flushes = 0;
  #queue: Waiting[] = [];
  #nextId = 1;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.parallelism = options.scanners;
  }

  /** Starts the threads, if they do not run yet. */
  start(): void {
    if (this.#threads.length > 0 || this.#closed) return;
    for (let i = 0; i < this.parallelism; i++) this.#threads.push(this.#startThread());
    this.#writer ??= this.#startThread(WRITER_YOUNG_MB, WRITE_FILE);
  }

  #startThread(youngMb = WORKER_YOUNG_MB, file = SCAN_FILE): PoolThread {
    const thread = new PoolThread(file, youngMb);
    this.#watch(thread);
    return thread;
  }

  #watch(thread: PoolThread): void {
    const { worker } = thread;
    worker.on('message', (reply: WorkerReply) => this.#settle(thread, reply));
    worker.on('error', (error) => this.#replace(thread, error));
    worker.unref();
  }

  /** The task at work belongs to a query that has ended: its thread has a moment to notice. */
  #watchAtWork(thread: PoolThread): void {
    const [atWork] = thread.given.values();
    if (atWork?.signal?.aborted !== true) {
      clearTimeout(thread.grace);
      thread.grace = undefined;
      return;
    }
    thread.grace ??= setTimeout(() => void this.#end(thread, atWork), GRACE_MS).unref();
  }

  /** Ends a thread whose task does not end; what else it was given goes to others. */
  async #end(thread: PoolThread, overdue: Waiting): Promise<void> {
    thread.grace = undefined;
    const [atWork, ...others] = thread.given.values();
    if (!thread.alive || atWork !== overdue) {
      this.#watchAtWork(thread);
      return;
    }
    thread.alive = false;
    const { worker } = thread;
    worker.removeAllListeners('message').removeAllListeners('error');
    thread.given.clear();
    await worker.terminate();
    // Only now does nobody read the memory of the query.
    overdue.reject(overdue.signal!.reason);
    this.#queue.unshift(...others);
    this.#replace(thread, new LogError('INTERNAL', 'a scan went on after its query had ended'), false);
  }

  /** A worker died: what it was given fails, and a new one takes its place. */
  #replace(thread: PoolThread, error: unknown, mayBeItsStart = true): void {
    thread.alive = false;
    clearTimeout(thread.grace);
    thread.grace = undefined;
    const lost = [...thread.given.values()];
    thread.given.clear();
    this.#noteBusy();
    for (const waiting of lost) waiting.reject(new LogError('INTERNAL', 'a worker thread died', { cause: error }));
    if (this.#closed) return;
    this.#options.onWorkerExit(error);
    // A worker that dies as it starts would be replaced without end, and take all the processor for it.
    const early = mayBeItsStart && performance.now() - thread.startedMs < EARLY_MS;
    setTimeout(
      () => {
        if (this.#closed) return;
        thread.worker = spawn(thread.file, thread.youngMb);
        thread.startedMs = performance.now();
        thread.alive = true;
        this.#watch(thread);
        this.#dispatch();
      },
      early ? RESTART_DELAY_MS : 0,
    );
  }

  #settle(thread: PoolThread, reply: WorkerReply): void {
    const waiting = thread.given.get(reply.id);
    thread.given.delete(reply.id);
    this.#watchAtWork(thread);
    if (thread.given.size === 0) thread.worker.unref();
    this.#dispatch();
    this.#noteBusy();
    if (waiting === undefined) return;
    if (reply.kind === 'error') waiting.reject(unpackError(reply.error));
    else waiting.resolve(reply);
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      let free: PoolThread | undefined;
      for (const thread of this.#threads)
        if (thread.alive && thread.given.size <= AHEAD && (free === undefined || thread.given.size < free.given.size))
          free = thread;
      if (free === undefined) return;
      this.#give(free, this.#queue.shift()!);
    }
  }

  /** Merges stand back while there is something to scan or to flush. */
  #noteBusy(): void {
    const busy = this.#flushes > 0 || this.#queue.length > 0 || this.#threads.some((thread) => thread.given.size > 0);
    this.#merger.busy = busy;
    if (this.#quietMerge !== undefined) setMergeBusy(this.#quietMerge, busy);
  }

  #give(thread: PoolThread, waiting: Waiting): void {
    // What waits behind another task may have to go to another thread: it is copied.
    const keeps = waiting.signal !== undefined && thread.given.size > 0;
    thread.given.set(waiting.request.id, waiting);
    this.#noteBusy();
    thread.worker.ref();
    thread.worker.postMessage(waiting.request, keeps ? [] : givenAway(waiting.request));
  }

  /**
   * Runs a scan. When the signal aborts it rejects with its reason: at once, or when the thread that is at work on it has ended the task or was
   * ended, since the caller gives back memory that the thread reads.
   */
  async run(task: ScanTask, signal: AbortSignal): Promise<ScanResult> {
    signal.throwIfAborted();
    const id = this.#nextId++;
    if (task.kind === 'tail') return this.#scanned(await this.#runTail({ kind: 'scan', id, task }));
    const request: WorkerRequest = { kind: 'scan', id, task, stop: stopFlagOf(signal) };
    this.start();
    let onAbort: (() => void) | undefined;
    try {
      const reply = await new Promise<WorkerReply>((resolve, reject) => {
        const waiting: Waiting = { request, signal, resolve, reject };
        onAbort = () => {
          this.#queue = this.#queue.filter((other) => other !== waiting);
          const thread = this.#threads.find((one) => one.given.get(id) === waiting);
          const [atWork] = thread?.given.values() ?? [];
          if (thread !== undefined && atWork === waiting) this.#watchAtWork(thread);
          // Its thread will not begin it.
          else reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        this.#queue.push(waiting);
        this.#dispatch();
      });
      signal.throwIfAborted();
      return this.#scanned(reply);
    } finally {
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  async #runTail(request: WorkerRequest): Promise<WorkerReply> {
    this.#tailer ??= this.#startThread(TAIL_YOUNG_MB);
    const tailer = this.#tailer;
    if (!tailer.alive) throw new LogError('INTERNAL', 'the thread of live tails has died and is being started again');
    return new Promise((resolve, reject) => this.#give(tailer, { request, resolve, reject }));
  }

  #scanned(reply: WorkerReply): ScanResult {
    if (reply.kind !== 'scan') throw new LogError('INTERNAL', `a scan was answered by ${reply.kind}`);
    for (const damage of reply.damage) this.#options.onDamage(damage);
    return reply.result;
  }

  /** Writes a segment. */
  async flush(task: FlushTask): Promise<FlushResult> {
    if (this.#quietMerge !== undefined) stopMerge(this.#quietMerge);
    this.#flushes++;
    try {
      const reply = await this.#write({ kind: 'flush', id: this.#nextId++, task });
      if (reply.kind !== 'flush') throw new LogError('INTERNAL', `a flush was answered by ${reply.kind}`);
      return reply.result;
    } finally {
      this.#flushes--;
      this.#noteBusy();
    }
  }

  /**
   * Joins segments: in quiet in the thread that writes them, else in one of its own, which stands back for scans and flushes.
   *
   * @throws LogError SHUTTING_DOWN when it was left for a flush
   */
  async merge(task: MergeTask): Promise<MergeResult> {
    if (!task.inQuiet) return this.#merger.run(task);
    this.#quietMerge = task.control;
    try {
      // One of the two has the memory that it takes.
      await this.#merger.close();
      const reply = await this.#write({ kind: 'merge', id: this.#nextId++, task });
      if (reply.kind !== 'merge') throw new LogError('INTERNAL', `a merge was answered by ${reply.kind}`);
      return reply.result;
    } finally {
      this.#quietMerge = undefined;
    }
  }

  #write(request: WorkerRequest): Promise<WorkerReply> {
    this.#writer ??= this.#startThread(WRITER_YOUNG_MB, WRITE_FILE);
    const writer = this.#writer;
    if (!writer.alive)
      throw new LogError('INTERNAL', 'the thread that writes segments has died and is being started again');
    return new Promise<WorkerReply>((resolve, reject) => this.#give(writer, { request, resolve, reject }));
  }

  /** Closes a removed file wherever it is open. */
  forgetFile(path: string): void {
    const notice: WorkerNotice = { kind: 'gone', path };
    for (const thread of this.#threads) if (thread.alive) thread.worker.postMessage(notice);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#merger.close();
    const threads = [...this.#threads, this.#writer, this.#tailer];
    await Promise.all(threads.map((thread) => thread?.worker.terminate()));
  }
}
