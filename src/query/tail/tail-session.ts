import type { Labels } from '../../model/labels.ts';
import type { DroppedTailEntry } from '../../wire/result/tail-json.ts';
import { DroppedRows } from './dropped-rows.ts';
import { sortedRows, startOf, type TailRows, timeOf } from './tail-rows.ts';

/** What waits for one slow client at most; more is dropped and told. */
const MAX_WAITING_ROWS = 10_000;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** More than this nobody can follow, and it would take the processor from pushes: a tail that matches more is told what it did not get. */
export const MAX_ROWS_PER_SECOND = 10_000;

/** Entries for one frame, and what had to be left out before them. */
export interface TailPiece {
  /** Entries with commas between them. */
  readonly entries: Uint8Array;
  readonly dropped: readonly DroppedTailEntry[];
}

interface Stretch {
  readonly rows: TailRows;
  next: number;
  readonly end: number;
}

const NO_ENTRIES = new Uint8Array();

/**
 * What one client of a live tail still has to get: history first, then live rows, in a bounded queue. Who sends takes
 * pieces; `onReady` tells that there is something to take, `onEnd` that the tail is over and why.
 */
export class TailSession {
  readonly #delayMs: number;
  #started = false;
  readonly #queue: Stretch[] = [];
  #waitingRows = 0;
  /** Live rows that may still come, refilled with time. */
  #credit = MAX_WAITING_ROWS;
  #creditMs = performance.now();
  /** How fast it is refilled. */
  rowsPerSecond: number = MAX_ROWS_PER_SECOND;
  #hasDropped = false;
  #waitingBytes = 0;
  readonly #dropped = new DroppedRows();
  droppedCount = 0;
  /** Why the server ended the tail. */
  endReason: string | undefined;
  #ended = false;
  readonly #held: { readonly dueMs: number; readonly rows: TailRows; readonly picked: number[] }[] = [];
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

  /** Rows and bytes that still fit. */
  get room(): { readonly rows: number; readonly bytes: number } {
    const nowMs = performance.now();
    this.#credit = Math.min(MAX_WAITING_ROWS, this.#credit + ((nowMs - this.#creditMs) / 1000) * this.rowsPerSecond);
    this.#creditMs = nowMs;
    return {
      rows: Math.max(0, Math.floor(Math.min(this.#credit, MAX_WAITING_ROWS - this.#waitingRows))),
      bytes: Math.max(0, MAX_WAITING_BYTES - this.#waitingBytes),
    };
  }

  /** Rows from before the tail, oldest first; live rows are sent after them. */
  start(history: TailRows): void {
    this.#started = true;
    if (history.ends.length > 0) this.#queue.unshift({ rows: history, next: 0, end: history.ends.length });
    this.#waitingRows += history.ends.length;
    this.#waitingBytes += history.entries.length;
    this.onReady();
  }

  /** Live rows in order of arrival; what does not fit is dropped. */
  add(rows: TailRows): void {
    if (this.#ended || rows.ends.length === 0) return;
    const room = this.room;
    let end = Math.min(rows.ends.length, room.rows);
    while (end > 0 && rows.ends[end - 1]! > room.bytes) end--;
    for (let row = end; row < rows.ends.length; row++)
      this.drop(timeOf(rows, row), rows.streams[rows.streamIndexes[row]!]!, 1);
    if (end > 0) {
      this.#waitingRows += end;
      this.#credit -= end;
      this.#waitingBytes += rows.ends[end - 1]!;
      if (this.#delayMs > 0) this.#hold(rows, end);
      else this.#queue.push({ rows, next: 0, end });
    }
    this.ready();
  }

  /** Tells the sender, unless it still waits for the history. */
  ready(): void {
    if (this.#started && !this.#ended && (this.#queue.length > 0 || !this.#dropped.isEmpty)) this.onReady();
  }

  #hold(rows: TailRows, end: number): void {
    const picked = Array.from({ length: end }, (_, row) => row);
    this.#held.push({ dueMs: performance.now() + this.#delayMs, rows, picked });
    this.#timer ??= setTimeout(() => this.#release(), this.#delayMs);
  }

  /** Sends what has waited long enough, together with later arrivals of the same or an earlier time. */
  #release(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    let newestNs: bigint | undefined;
    for (const { dueMs, rows, picked } of this.#held) {
      if (dueMs > nowMs + 1) break;
      for (const row of picked) {
        const timeNs = timeOf(rows, row);
        if (newestNs === undefined || timeNs > newestNs) newestNs = timeNs;
      }
    }
    const due: { readonly rows: TailRows; readonly row: number }[] = [];
    for (const { dueMs, rows, picked } of this.#held.splice(0)) {
      const later: number[] = [];
      for (const row of picked) {
        if (newestNs === undefined || timeOf(rows, row) > newestNs) later.push(row);
        else due.push({ rows, row });
      }
      if (later.length > 0) this.#held.push({ dueMs, rows, picked: later });
    }
    if (due.length > 0) {
      const rows = sortedRows(due);
      this.#queue.push({ rows, next: 0, end: rows.ends.length });
    }
    const next = this.#held[0];
    if (next !== undefined) this.#timer = setTimeout(() => this.#release(), Math.max(1, next.dueMs - nowMs));
    this.ready();
  }

  /** Notes entries of a stream that could not be kept, the newest of that time. */
  drop(timeNs: bigint, labels: Labels, count: number): void {
    if (this.#ended) return;
    this.droppedCount += count;
    this.#hasDropped = true;
    this.#dropped.add(timeNs, labels, count);
  }

  /** Whether rows were left out since this was asked last. */
  tookDrops(): boolean {
    const has = this.#hasDropped;
    this.#hasDropped = false;
    return has;
  }

  /** The next rows to send, at most `maxRows`, and one or as many as `maxBytes` hold; undefined when there is nothing. */
  take(maxRows: number, maxBytes: number): TailPiece | undefined {
    if (!this.#started || this.#ended) return undefined;
    const stretch = this.#queue[0];
    if (stretch === undefined)
      return this.#dropped.isEmpty ? undefined : { entries: NO_ENTRIES, dropped: this.#dropped.take() };
    const { rows, next } = stretch;
    const from = startOf(rows, next);
    const last = Math.min(stretch.end, next + maxRows);
    let end = next + 1;
    while (end < last && rows.ends[end]! - from <= maxBytes) end++;
    const to = rows.ends[end - 1]!;
    stretch.next = end;
    if (end === stretch.end) this.#queue.shift();
    this.#waitingRows -= end - next;
    this.#waitingBytes -= to - from;
    return { entries: rows.entries.subarray(from, to - 1), dropped: this.#dropped.take() };
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
    this.#queue.length = 0;
    this.#held.length = 0;
  }
}
