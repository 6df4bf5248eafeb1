import { LogError } from '../../base/errors.ts';
import type { IngestKernel } from '../../base/kernels/ingest-kernel.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import { dayStartNs } from '../../model/time.ts';
import type { TaskRunner } from '../task.ts';
import { scanBatch } from './scan-batch.ts';
import { type BatchRow, TailBatch } from './tail-batch.ts';
import { TailGroup, type TailRequest } from './tail-group.ts';
import { TailSession } from './tail-session.ts';
import { type TailFeed, TailSink } from './tail-sink.ts';

/** Rows wait this long for company before they go to a worker: what a scan costs before its first row is shared by more of them. */
const GATHER_MS = 200;
/** One is filled while others are scanned: more than a second at 50 MB/s. With all in use rows are dropped before anybody could filter them. */
const MAX_BATCHES = 8;
/** A push waits no longer than this for workers that are that far behind. */
const MAX_WAIT_MS = 1000;

interface FilledBatch {
  readonly batch: TailBatch;
  /** Groups that were open, with the tails that were theirs. */
  readonly groups: readonly (readonly [TailGroup, readonly TailSession[]])[];
}

/**
 * Hands fresh rows from ingest to live tails. Without a tail a push pays for one look at a map; with tails it pays for a
 * copy of the rows that some selector wants. Pipelines run in the workers, once for all tails that ask alike, and what comes back is
 * ready to be sent. Everything on the way is bounded.
 */
export class TailHub implements TailFeed {
  readonly #runner: TaskRunner;
  readonly #groups = new Map<string, readonly TailGroup[]>();
  #filling: TailBatch | undefined;
  readonly #filled: FilledBatch[] = [];
  readonly #free: TailBatch[] = [];
  #batchCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #scanning = false;
  /** Groups that want a stream, found once; forgotten whenever groups come or go. */
  #wanted = new WeakMap<SinkStream, readonly TailGroup[]>();
  #endedDrops = 0;
  /** Pushes that wait for a batch. */
  #waiting: { readonly tenant: string; readonly go: () => void }[] = [];

  constructor(runner: TaskRunner) {
    this.#runner = runner;
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

  /** Rows of a push will find room; else they would be dropped before anybody could tell whether they match. */
  hasRoom(tenant: string): boolean {
    if (!this.#groups.has(tenant) || this.#free.length > 0 || this.#batchCount < MAX_BATCHES) return true;
    return this.#filling?.isRoomy === true;
  }

  /** Waits for room, but not for long: tails must not hold up pushes. */
  async admit(tenant: string): Promise<void> {
    if (this.#waiting.length === 0 && this.hasRoom(tenant)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other.go !== go);
        resolve();
      }, MAX_WAIT_MS);
      this.#waiting.push({ tenant, go });
    });
  }

  /** Lets waiting pushes go one after the other, as long as their rows find room: the next is asked when one has had its turn. */
  #letGo(): void {
    const first = this.#waiting[0];
    if (first === undefined || !this.hasRoom(first.tenant)) return;
    this.#waiting.shift();
    first.go();
    setImmediate(() => this.#letGo());
  }

  /** The sink that a push should write to: the given one, or one that also feeds the tails of the tenant. */
  tap(tenant: string, sink: RowSink): RowSink {
    if (!this.#groups.has(tenant)) return sink;
    this.#filling?.forgetPush();
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
    this.#letGo();
  }

  /** Ends all tails; the server stops. */
  end(reason: string): void {
    for (const { sessions } of this.#all()) for (const session of sessions) session.end(reason);
    this.#groups.clear();
    this.#letGo();
    clearTimeout(this.#timer);
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
      this.#rotate();
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
      this.#rotate();
      if (taken === 0 && isEmpty) break;
    }
    const { seconds, nanos } = kernel.columns;
    const newestNs = BigInt(seconds[end - 1]!) * 1_000_000_000n + BigInt(nanos[end - 1]!);
    this.#dropUnseen(stream, newestNs, end - next);
  }

  /** No worker will see these rows, so nobody knows which of them pass the stages. */
  #dropUnseen(stream: SinkStream, newestNs: bigint, count: number): void {
    for (const { sessions } of this.#wanted.get(stream) ?? [])
      for (const session of sessions) session.drop(newestNs, stream.labels, count);
  }

  #batchToFill(): TailBatch | undefined {
    if (this.#filling !== undefined) return this.#filling;
    this.#filling = this.#free.pop();
    if (this.#filling === undefined && this.#batchCount < MAX_BATCHES) {
      this.#batchCount++;
      this.#filling = new TailBatch();
    }
    if (this.#filling !== undefined) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#rotate();
      }, GATHER_MS);
    }
    return this.#filling;
  }

  /** Sends the rows gathered so far to a worker. */
  #rotate(): void {
    const batch = this.#filling;
    if (batch === undefined || batch.rowCount === 0) return;
    this.#filling = undefined;
    this.#filled.push({ batch, groups: [...this.#all()].map((group) => [group, group.sessions] as const) });
    if (!this.#scanning) void this.#scanFilled();
  }

  // One batch after the other: rows reach a tail in order of arrival.
  async #scanFilled(): Promise<void> {
    this.#scanning = true;
    for (let next = this.#filled.shift(); next !== undefined; next = this.#filled.shift()) {
      try {
        await scanBatch(next.batch, next.groups, this.#runner);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        for (const [, sessions] of next.groups) for (const session of sessions) session.end(text);
      }
      next.batch.reset();
      this.#free.push(next.batch);
      this.#letGo();
    }
    this.#scanning = false;
    if (this.#groups.size === 0) this.#forgetBatches();
  }

  /** The memory is for tails only. */
  #forgetBatches(): void {
    this.#batchCount -= this.#free.splice(0).length;
  }
}
