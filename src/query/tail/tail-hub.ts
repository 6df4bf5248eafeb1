import type { LogExpr } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';
import { labelValue } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { RowSink, SinkStream } from '../../model/row-sink.ts';
import { dayStartNs } from '../../model/time.ts';
import { decodeLine } from '../../wire/json-text.ts';
import type { LogRow } from '../log-query.ts';
import { compileSelector } from '../selectors.ts';
import type { TailColumns, TailScanResult, TailScanTask, TaskRunner } from '../task.ts';
import { TailBatch } from './tail-batch.ts';
import { TailSession } from './tail-session.ts';
import { type TailFeed, TailSink } from './tail-sink.ts';

/** Rows wait this long for company before they go to a worker. */
const GATHER_MS = 40;
/** One is filled while others are scanned; with all in use, rows are dropped and told. */
const MAX_BATCHES = 4;

export interface TailRequest {
  readonly tenant: string;
  readonly expr: LogExpr;
  readonly categorize: boolean;
  readonly delayMs: number;
  readonly maxConcurrent: number;
}

interface OpenTail {
  readonly request: TailRequest;
  readonly matchers: readonly CompiledMatcher[];
  readonly session: TailSession;
}

interface FilledBatch {
  readonly batch: TailBatch;
  readonly tails: readonly OpenTail[];
}

/**
 * Hands fresh rows from ingest to live tails. Without a tail a push pays for one look at a set; with tails it pays for a
 * copy of the rows that some selector wants. Pipelines run in the workers, and everything on the way is bounded.
 */
export class TailHub implements TailFeed {
  readonly #runner: TaskRunner;
  readonly #tails = new Map<string, OpenTail[]>();
  #filling: TailBatch | undefined;
  readonly #filled: FilledBatch[] = [];
  readonly #free: TailBatch[] = [];
  #batchCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #scanning = false;
  /** Tails that want a stream, found once; forgotten whenever tails come or go. */
  #wanted = new WeakMap<SinkStream, readonly OpenTail[]>();
  readonly #tenantOf = new WeakMap<SinkStream, string>();
  #endedDrops = 0;

  constructor(runner: TaskRunner) {
    this.#runner = runner;
  }

  /** Tails that are open. */
  get active(): number {
    let count = 0;
    for (const tails of this.#tails.values()) count += tails.length;
    return count;
  }

  /** Entries that tails had to leave out since the start. */
  get dropped(): number {
    let count = this.#endedDrops;
    for (const tails of this.#tails.values()) for (const { session } of tails) count += session.droppedCount;
    return count;
  }

  /** The sink that a push should write to: the given one, or one that also feeds the tails of the tenant. */
  tap(tenant: string, sink: RowSink): RowSink {
    if (!this.#tails.has(tenant)) return sink;
    this.#filling?.forgetPush();
    return new TailSink(tenant, sink, this);
  }

  /**
   * Opens a tail; rows appended from now on reach it.
   *
   * @throws LogError QUERY_LIMIT when the tenant has too many, QUERY_INVALID for a matcher that does not compile
   */
  open(request: TailRequest): TailSession {
    const { tenant, maxConcurrent } = request;
    const tails = this.#tails.get(tenant) ?? [];
    if (maxConcurrent > 0 && tails.length >= maxConcurrent) {
      throw new LogError(
        'QUERY_LIMIT',
        `max concurrent tail requests limit exceeded, count > limit (${tails.length + 1} > ${maxConcurrent})`,
      );
    }
    const session = new TailSession(request.delayMs);
    const tail = { request, matchers: compileSelector(request.expr.matchers), session };
    // Rows gathered so far are for those who were here before.
    this.#rotate();
    this.#tails.set(tenant, [...tails, tail]);
    this.#wanted = new WeakMap();
    return session;
  }

  /** Forgets a tail whose client has gone. */
  close(session: TailSession): void {
    session.stop();
    for (const [tenant, tails] of this.#tails) {
      const left = tails.filter((tail) => tail.session !== session);
      if (left.length === tails.length) continue;
      this.#endedDrops += session.droppedCount;
      this.#wanted = new WeakMap();
      if (left.length > 0) this.#tails.set(tenant, left);
      else this.#tails.delete(tenant);
    }
  }

  /** Ends all tails; the server stops. */
  end(reason: string): void {
    for (const tails of this.#tails.values()) for (const { session } of tails) session.end(reason);
    this.#tails.clear();
    clearTimeout(this.#timer);
  }

  wants(tenant: string, stream: SinkStream): boolean {
    return (this.#wanted.get(stream) ?? this.#findWanting(tenant, stream)).length > 0;
  }

  offer(
    stream: SinkStream,
    day: number,
    offsetNs: number,
    bytes: Uint8Array,
    lineStart: number,
    lineEnd: number,
    level: number,
    metadata: Uint8Array,
    metadataStart: number,
    metadataEnd: number,
  ): void {
    this.#filling ??= this.#nextBatch();
    const fill = (): boolean =>
      this.#filling?.append(
        stream,
        day,
        offsetNs,
        bytes,
        lineStart,
        lineEnd,
        level,
        metadata,
        metadataStart,
        metadataEnd,
      ) ?? false;
    if (fill()) {
      this.#timer ??= setTimeout(() => this.#gathered(), GATHER_MS);
      return;
    }
    this.#rotate();
    this.#filling ??= this.#nextBatch();
    if (fill()) return;
    const entry = { timeNs: dayStartNs(day) + BigInt(offsetNs), labels: stream.labels };
    for (const tail of this.#wanted.get(stream) ?? []) tail.session.drop(entry);
  }

  #findWanting(tenant: string, stream: SinkStream): readonly OpenTail[] {
    const tails = (this.#tails.get(tenant) ?? []).filter(({ matchers }) => matchesAll(matchers, stream));
    this.#wanted.set(stream, tails);
    this.#tenantOf.set(stream, tenant);
    return tails;
  }

  #nextBatch(): TailBatch | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#batchCount >= MAX_BATCHES) return free;
    this.#batchCount++;
    return new TailBatch();
  }

  #gathered(): void {
    this.#timer = undefined;
    this.#rotate();
  }

  /** Sends the rows gathered so far to a worker. */
  #rotate(): void {
    const batch = this.#filling;
    if (batch === undefined || batch.rowCount === 0) return;
    this.#filling = undefined;
    this.#filled.push({ batch, tails: [...this.#tails.values()].flat() });
    if (!this.#scanning) void this.#scanFilled();
  }

  // One batch after the other: rows reach a tail in order of arrival.
  async #scanFilled(): Promise<void> {
    this.#scanning = true;
    for (let next = this.#filled.shift(); next !== undefined; next = this.#filled.shift()) {
      try {
        await this.#scan(next);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        for (const { session } of next.tails) session.end(text);
      }
      next.batch.reset();
      this.#free.push(next.batch);
    }
    this.#scanning = false;
    // The memory is for tails only.
    if (this.#tails.size === 0) this.#batchCount -= this.#free.splice(0).length;
  }

  async #scan({ batch, tails }: FilledBatch): Promise<void> {
    const open = tails.filter(({ session }) => !session.isEnded);
    if (open.length === 0) return;
    const streams = batch.streams();
    const columns = batch.columns();
    await Promise.all(open.map((tail) => this.#scanFor(tail, columns, streams)));
  }

  async #scanFor(tail: OpenTail, columns: TailColumns, streams: readonly SinkStream[]): Promise<void> {
    const { session, request } = tail;
    const wanted = Uint8Array.from(streams, (stream) => (this.#wants(tail, stream) ? 1 : 0));
    if (!wanted.includes(1)) return;
    const { categorize, expr } = request;
    const task: TailScanTask = {
      kind: 'tail',
      columns,
      stages: expr.stages,
      categorize,
      wanted,
      maxRows: session.room,
    };
    const result = await this.#runner.run(task, new AbortController().signal);
    if (result.kind !== 'tail') return;
    const { days, offsetsNs, streamIndexes, streams: labels } = columns;
    session.add(foundRows(result));
    for (const row of result.droppedRows) {
      session.drop({ timeNs: dayStartNs(days[row]!) + BigInt(offsetsNs[row]!), labels: labels[streamIndexes[row]!]! });
    }
    if (result.droppedRows.length > 0) session.onReady();
  }

  #wants({ request, matchers }: OpenTail, stream: SinkStream): boolean {
    return this.#tenantOf.get(stream) === request.tenant && matchesAll(matchers, stream);
  }
}

function matchesAll(matchers: readonly CompiledMatcher[], { labels }: SinkStream): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name) ?? ''));
}

function foundRows({ timesNs, lines, lineEnds, labelIds, labelSets }: TailScanResult): LogRow[] {
  const rows: LogRow[] = [];
  let start = 0;
  for (let i = 0; i < timesNs.length; i++) {
    const end = lineEnds[i]!;
    rows.push({ timeNs: timesNs[i]!, line: decodeLine(lines, start, end), labels: labelSets[labelIds[i]!]! });
    start = end;
  }
  return rows;
}
