import { LogError } from '../../base/errors.ts';
import type { IngestKernel } from '../../kernels/ingest-kernel.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import { dayStartNs } from '../../model/time.ts';
import type { TailScanResult, TailScanTask, TaskRunner } from '../task/task.ts';
import { countBatch, type OpenGroup, scanBatch } from './scan-batch.ts';
import { type BatchRow, TailBatch } from './tail-batch.ts';
import { TailGroup, type TailRequest } from './tail-group.ts';
import { MAX_ROWS_PER_SECOND, TailSession } from './tail-session.ts';
import { type TailFeed, TailSink } from './tail-sink.ts';

/** Rows wait this long for company before they go to a worker: what a scan costs before its first row is shared by more of them. */
const GATHER_MS = 200;
/** Some push bodies at full speed, scanned by a worker in a few milliseconds. */
const BATCH_SIZE = { rows: 32_768, bytes: 4 * 1024 * 1024 };
/** One is filled while others are scanned: a second at 50 MB/s, which a thread that has not compiled its hot code yet may be late. */
const MAX_BATCHES = 12;
/** Memory that workers have seen is not free before they collect their garbage: tails that come soon take what is there. */
const KEEP_BATCHES_MS = 60_000;
/** With all in use, rows are counted in steps that hold up the thread of pushes for a few milliseconds. */
const COUNTED_SIZE = { rows: 8192, bytes: 1024 * 1024 };
/** Lines a second of all tails that match more than they get. */
const SHARED_ROWS_PER_SECOND = 20_000;

interface FilledBatch {
  readonly batch: TailBatch;
  /** Groups that were open, with the tails that were theirs. */
  readonly groups: readonly OpenGroup[];
}

/**
 * Hands fresh rows from ingest to live tails. Without a tail a push pays for one look at a map; with tails it pays for a
 * copy of the rows that some selector wants. Pipelines run in the workers, once for all tails that ask alike, and what comes back is
 * ready to be sent. Everything on the way is bounded: when the workers are too far behind, a push pays for counting its rows itself.
 */
export class TailHub implements TailFeed {
  readonly #runner: TaskRunner;
  readonly #groups = new Map<string, readonly TailGroup[]>();
  #filling: TailBatch | undefined;
  readonly #filled: FilledBatch[] = [];
  readonly #free: TailBatch[] = [];
  #batchCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #forget: NodeJS.Timeout | undefined;
  #scanning = false;
  /** Groups that want a stream, found once; forgotten whenever groups come or go. */
  #wanted = new WeakMap<SinkStream, readonly TailGroup[]>();
  #endedDrops = 0;
  /** Rows that found no batch. */
  #uncounted: TailBatch | undefined;
  #scan: ((task: TailScanTask) => TailScanResult) | undefined;

  #ready: Promise<unknown> | undefined;

  constructor(runner: TaskRunner) {
    this.#runner = runner;
  }

  /**
   * Starts the thread that filters and waits for it: started with the first rows, it would be so far behind them that pushes
   * pay for what it cannot do yet.
   */
  async ready(): Promise<void> {
    const columns = new TailBatch({ rows: 0, bytes: 0 }).columns();
    this.#ready ??= this.#runner.run({ kind: 'tail', columns, queries: [] }, new AbortController().signal);
    try {
      await this.#ready;
    } catch {
      // It is being started again; rows that find no thread end the tail, and say why.
      this.#ready = undefined;
    }
  }

  /** Tails that are open. */
  get active(): number {
    let count = 0;
    for (const group of this.#all()) count += group.sessions.length;
    return count;
  }

  /** Entries that tails had to leave out since the start. */
  get dropped(): number {
    let count = this.#endedDrops;
    for (const { sessions } of this.#all()) for (const session of sessions) count += session.droppedCount;
    return count;
  }

  *#all(): Generator<TailGroup> {
    for (const groups of this.#groups.values()) yield* groups;
  }

  /** Says how rows are filtered on this thread; that code is not loaded before it is needed. */
  countWith(scan: (task: TailScanTask) => TailScanResult): void {
    this.#scan = scan;
  }

  /** The sink that a push should write to: the given one, or one that also feeds the tails of the tenant. */
  tap(tenant: string, sink: RowSink): RowSink {
    if (!this.#groups.has(tenant)) return sink;
    this.#filling?.forgetPush();
    this.#uncounted?.forgetPush();
    return new TailSink(tenant, sink, this);
  }

  /**
   * Opens a tail; rows appended from now on reach it.
   *
   * @throws LogError QUERY_LIMIT when the tenant has too many
   */
  open(request: TailRequest): TailSession {
    const { tenant, maxConcurrent, delayMs } = request;
    const groups = this.#groups.get(tenant) ?? [];
    const count = groups.reduce((sum, { sessions }) => sum + sessions.length, 0);
    if (maxConcurrent > 0 && count >= maxConcurrent) {
      throw new LogError(
        'QUERY_LIMIT',
        `max concurrent tail requests limit exceeded, count > limit (${count + 1} > ${maxConcurrent})`,
      );
    }
    // Rows gathered so far are for those who were here before.
    this.#rotate();
    const session = new TailSession(delayMs);
    const group = groups.find((one) => one.serves(request));
    if (group === undefined) this.#set(tenant, [...groups, new TailGroup(request, session)]);
    else group.sessions = [...group.sessions, session];
    return session;
  }

  #set(tenant: string, groups: readonly TailGroup[]): void {
    this.#wanted = new WeakMap();
    if (groups.length > 0) this.#groups.set(tenant, groups);
    else this.#groups.delete(tenant);
  }

  /** Forgets a tail whose client has gone. */
  close(session: TailSession): void {
    session.stop();
    for (const [tenant, groups] of this.#groups) {
      const group = groups.find(({ sessions }) => sessions.includes(session));
      if (group === undefined) continue;
      this.#endedDrops += session.droppedCount;
      group.sessions = group.sessions.filter((other) => other !== session);
      if (group.sessions.length === 0) {
        const left = groups.filter((other) => other !== group);
        this.#set(tenant, left);
      }
    }
    if (this.#groups.size === 0 && !this.#scanning) this.#forgetBatches();
  }

  /** Ends all tails; the server stops. */
  end(reason: string): void {
    for (const { sessions } of this.#all()) for (const session of sessions) session.end(reason);
    this.#groups.clear();
    clearTimeout(this.#timer);
    clearTimeout(this.#forget);
  }

  wants(tenant: string, stream: SinkStream): boolean {
    let groups = this.#wanted.get(stream);
    if (groups === undefined) {
      groups = (this.#groups.get(tenant) ?? []).filter((group) => group.wants(tenant, stream));
      this.#wanted.set(stream, groups);
    }
    return groups.length > 0;
  }

  offer(row: BatchRow): void {
    for (let tries = 0; tries < 2; tries++) {
      const batch = this.#batchToFill();
      if (batch === undefined) break;
      if (batch.append(row)) return;
      this.#passOn(batch);
    }
    this.#dropUnseen(row.stream, dayStartNs(row.day) + BigInt(row.offsetNs), 1);
  }

  offerRun(stream: SinkStream, day: number, kernel: IngestKernel, first: number, end: number): void {
    let next = first;
    while (next < end) {
      const batch = this.#batchToFill();
      if (batch === undefined) break;
      const isEmpty = batch.rowCount === 0;
      const taken = batch.appendRun(stream, day, kernel, next, end);
      next += taken;
      if (next === end) return;
      this.#passOn(batch);
      if (taken === 0 && isEmpty) break;
    }
    const { seconds, nanos } = kernel.columns;
    const newestNs = BigInt(seconds[end - 1]!) * 1_000_000_000n + BigInt(nanos[end - 1]!);
    this.#dropUnseen(stream, newestNs, end - next);
  }

  /** A line is longer than any batch: nobody knows whether it passes the stages. */
  #dropUnseen(stream: SinkStream, newestNs: bigint, count: number): void {
    for (const { sessions } of this.#wanted.get(stream) ?? [])
      for (const session of sessions) session.drop(newestNs, stream.labels, count);
  }

  /** Where rows go: a batch for the workers, or rows to be counted when all of those are in use. */
  #batchToFill(): TailBatch | undefined {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#rotate();
    }, GATHER_MS);
    this.#filling ??= this.#free.pop();
    if (this.#filling === undefined && this.#batchCount < MAX_BATCHES) {
      this.#batchCount++;
      this.#filling = new TailBatch(BATCH_SIZE);
    }
    if (this.#filling === undefined && this.#scan !== undefined) this.#uncounted ??= new TailBatch(COUNTED_SIZE);
    return this.#filling ?? this.#uncounted;
  }

  /** A row does not fit any more. */
  #passOn(batch: TailBatch): void {
    if (batch.rowCount === 0) batch.reset();
    else if (batch === this.#filling) this.#rotate();
    else this.#countRows();
  }

  #openGroups(): OpenGroup[] {
    return [...this.#all()].map((group) => [group, group.sessions] as const);
  }

  #countRows(): void {
    const batch = this.#uncounted;
    if (batch === undefined || this.#scan === undefined || batch.rowCount === 0) return;
    const groups = this.#openGroups();
    try {
      countBatch(batch, groups, this.#scan);
    } catch (error) {
      endAll(groups, error);
    }
    batch.reset();
  }

  /** Sends the rows gathered so far to a worker. */
  #rotate(): void {
    this.#countRows();
    const batch = this.#filling;
    if (batch === undefined || batch.rowCount === 0) return;
    this.#filling = undefined;
    this.#filled.push({ batch, groups: this.#openGroups() });
    if (!this.#scanning) void this.#scanFilled();
  }

  // One batch after the other: rows reach a tail in order of arrival.
  async #scanFilled(): Promise<void> {
    this.#scanning = true;
    for (let next = this.#filled.shift(); next !== undefined; next = this.#filled.shift()) {
      this.#pace();
      try {
        await scanBatch(next.batch, next.groups, this.#runner);
      } catch (error) {
        endAll(next.groups, error);
      }
      next.batch.reset();
      this.#free.push(next.batch);
    }
    this.#scanning = false;
    if (this.#groups.size === 0) this.#forgetBatches();
  }

  /** Tails that had to leave out rows of late share what is left for them. */
  #pace(): void {
    const hungry: TailSession[] = [];
    for (const { sessions } of this.#all()) {
      for (const session of sessions) {
        session.rowsPerSecond = MAX_ROWS_PER_SECOND;
        if (session.tookDrops()) hungry.push(session);
      }
    }
    const share = Math.min(MAX_ROWS_PER_SECOND, SHARED_ROWS_PER_SECOND / Math.max(1, hungry.length));
    for (const session of hungry) session.rowsPerSecond = share;
  }

  /** The last tail has gone: after a while so has its memory. */
  #forgetBatches(): void {
    this.#forget ??= setTimeout(() => {
      this.#forget = undefined;
      if (this.#groups.size > 0) return;
      this.#batchCount -= this.#free.splice(0).length;
      this.#uncounted = undefined;
    }, KEEP_BATCHES_MS).unref();
  }
}

function endAll(groups: readonly OpenGroup[], error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  for (const [, sessions] of groups) for (const session of sessions) session.end(text);
}
