import type { Labels } from '../../model/labels.ts';
import type { LogRow } from '../log-query.ts';

/** What waits for one slow client at most; more is dropped and told. */
const MAX_WAITING_ROWS = 20_000;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** Dropped entries that are named; beyond that they are only counted. */
const MAX_NAMED_DROPS = 1000;

export interface DroppedEntry {
  readonly timeNs: bigint;
  readonly labels: Labels;
}

/** Rows for one message, and what had to be left out before them. */
export interface TailPiece {
  readonly rows: readonly LogRow[];
  readonly dropped: readonly DroppedEntry[];
}

/**
 * What one client of a live tail still has to get: history first, then live rows, in a bounded queue. Who sends takes
 * pieces; `onReady` tells that there is something to take, `onEnd` that the tail is over and why.
 */
export class TailSession {
  readonly #delayMs: number;
  #history: readonly LogRow[] | undefined;
  #rows: LogRow[] = [];
  #taken = 0;
  #waitingBytes = 0;
  #dropped: DroppedEntry[] = [];
  droppedCount = 0;
  /** Why the server ended the tail. */
  endReason: string | undefined;
  #ended = false;
  readonly #held: { readonly dueMs: number; readonly rows: readonly LogRow[] }[] = [];
  #timer: NodeJS.Timeout | undefined;
  onReady: () => void = () => undefined;
  onEnd: (reason: string) => void = () => undefined;

  /** @param delayMs how long live rows wait for late ones, to be sent in time order */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Rows that still fit. */
  get room(): number {
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return 0;
    return MAX_WAITING_ROWS - (this.#rows.length - this.#taken);
  }

  /** Rows from before the tail, oldest first; live rows are sent after them. */
  start(history: readonly LogRow[]): void {
    this.#history = history;
    this.onReady();
  }

  /** Live rows in order of arrival. */
  add(rows: readonly LogRow[]): void {
    if (this.#ended || rows.length === 0) return;
    const kept: LogRow[] = [];
    for (const row of rows) {
      if (
        this.#waitingBytes >= MAX_WAITING_BYTES ||
        this.#rows.length - this.#taken + kept.length >= MAX_WAITING_ROWS
      ) {
        this.drop({ timeNs: row.timeNs, labels: row.labels.all });
        continue;
      }
      this.#waitingBytes += rowBytes(row);
      kept.push(row);
    }
    if (this.#delayMs > 0) {
      this.#held.push({ dueMs: performance.now() + this.#delayMs, rows: kept });
      this.#timer ??= setTimeout(() => this.#release(), this.#delayMs);
      return;
    }
    for (const row of kept) this.#rows.push(row);
    if (this.#history !== undefined) this.onReady();
  }

  /** Sends what has waited long enough, together with later arrivals of the same or an earlier time. */
  #release(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    let newestNs: bigint | undefined;
    const rest: LogRow[] = [];
    const restDueMs = this.#held.at(-1)!.dueMs;
    for (const { dueMs, rows } of this.#held.splice(0)) {
      for (const row of rows) {
        if (dueMs <= nowMs + 1 && (newestNs === undefined || row.timeNs > newestNs)) newestNs = row.timeNs;
        rest.push(row);
      }
    }
    const due = newestNs === undefined ? [] : rest.filter((row) => row.timeNs <= newestNs);
    const later = rest.filter((row) => newestNs === undefined || row.timeNs > newestNs);
    due.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
    for (const row of due) this.#rows.push(row);
    if (later.length > 0) {
      this.#held.push({ dueMs: restDueMs, rows: later });
      this.#timer = setTimeout(() => this.#release(), Math.max(1, restDueMs - nowMs));
    }
    if (this.#history !== undefined && due.length > 0) this.onReady();
  }

  /** Notes an entry that passed, or may have passed, and could not be kept. */
  drop(entry: DroppedEntry): void {
    this.droppedCount++;
    if (this.#dropped.length < MAX_NAMED_DROPS) this.#dropped.push(entry);
  }

  /** The next rows to send, at most `maxRows`; undefined when there is nothing. */
  take(maxRows: number): TailPiece | undefined {
    const history = this.#history;
    if (history === undefined || this.#ended) return undefined;
    if (history.length > 0) {
      this.#history = history.slice(maxRows);
      return { rows: history.slice(0, maxRows), dropped: [] };
    }
    const rows = this.#rows.slice(this.#taken, this.#taken + maxRows);
    if (rows.length === 0 && this.#dropped.length === 0) return undefined;
    this.#taken += rows.length;
    for (const row of rows) this.#waitingBytes -= rowBytes(row);
    if (this.#taken === this.#rows.length) {
      this.#rows = [];
      this.#taken = 0;
    } else if (this.#taken > MAX_WAITING_ROWS) {
      this.#rows = this.#rows.slice(this.#taken);
      this.#taken = 0;
    }
    const dropped = this.#dropped;
    this.#dropped = [];
    return { rows, dropped };
  }

  /** Ends the tail from the server's side. */
  end(reason: string): void {
    if (this.#ended) return;
    this.endReason = reason;
    this.stop();
    this.onEnd(reason);
  }

  /** The client is gone. */
  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#rows = [];
  }
}

/** Two bytes a character and what an object costs; labels are shared. */
function rowBytes(row: LogRow): number {
  return 2 * row.line.length + 64;
}
