import type { LogExpr } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';
import type { QueryStats } from '../../wire/result/stats-json.ts';
import type { LogHits } from '../result/log-hits.ts';
import type { QueryDeps } from './query-deps.ts';
import { QueryWork } from './query-work.ts';
import { scanWith } from './scan-log.ts';
import { throwIfAborted } from './task-queue.ts';

/** The first page is small, so that something is there soon; later ones cost less for each row. */
const FIRST_PAGE_ROWS = 1000;
const PAGE_GROWTH = 4;
const MAX_PAGE_ROWS = 16_000;
/** Long lines make smaller pages: about so many bytes of entries. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** A place behind a row of a list in time order, exact where many rows have the same time. */
export interface RowCursor {
  readonly timeNs: bigint;
  readonly streamId: number;
  /** Rows before the place: of this time and stream, and of this time in all. */
  readonly ofStream: number;
  readonly ofTime: number;
}

const CURSOR = /^(-?\d{1,19})\.(\d{1,15})\.(\d{1,9})\.(\d{1,9})$/;

/** @throws LogError BAD_PARAMETER */
export function parseCursor(text: string): RowCursor {
  const match = CURSOR.exec(text);
  if (match === null) throw new LogError('BAD_PARAMETER', `invalid cursor ${JSON.stringify(text)}`);
  const [, time, stream, ofStream, ofTime] = match;
  return { timeNs: BigInt(time!), streamId: Number(stream), ofStream: Number(ofStream), ofTime: Number(ofTime) };
}

export function printCursor({ timeNs, streamId, ofStream, ofTime }: RowCursor): string {
  return `${timeNs}.${streamId}.${ofStream}.${ofTime}`;
}

export interface RowList {
  readonly expr: LogExpr;
  readonly startNs: bigint;
  /** Not included. */
  readonly endNs: bigint;
  readonly limit: number;
  readonly backward: boolean;
  readonly after?: RowCursor | undefined;
}

/** Hits `first .. hits.length` are new. */
export interface RowPage {
  readonly hits: LogHits;
  readonly first: number;
  /** Undefined before the first row. */
  readonly cursor: RowCursor | undefined;
  readonly stats: QueryStats;
  /** More may follow. */
  readonly more: boolean;
}

/** Rows of a log expression in time order, a page at a time: no more than one page is in memory. The caller has checked its limits. */
export async function* rowPages(list: RowList, deps: QueryDeps): AsyncGenerator<RowPage> {
  const { expr, backward } = list;
  let cursor = list.after;
  let left = list.limit;
  let pageRows = FIRST_PAGE_ROWS;
  for (;;) {
    const work = new QueryWork(deps);
    throwIfAborted(work.signal);
    const skipped = cursor?.ofTime ?? 0;
    const wanted = Math.min(left, pageRows);
    const limit = wanted + skipped;
    const range = restOf(list, cursor);
    const scan = { expr, ...range, limit, backward, categorize: true, format: 'categorized' as const };
    const all = await scanWith(scan, deps, work);
    const first = cursor === undefined ? 0 : firstBehind(all, cursor, backward);
    const rows = Math.max(0, all.length - first);
    cursor = cursorBehind(all, first, cursor);
    left -= rows;
    const isLast = all.length < limit;
    yield { hits: all, first, cursor, stats: work.stats(rows), more: !isLast };
    if (isLast || left <= 0) return;
    const bytesEach = work.counts.bytesScanned / Math.max(1, work.counts.rowsScanned);
    pageRows = Math.max(1, Math.min(MAX_PAGE_ROWS, pageRows * PAGE_GROWTH, Math.floor(PAGE_BYTES / (bytesEach + 1))));
  }
}

/** What is left of the range: from the time of the cursor on, which may have more rows. */
function restOf(
  { startNs, endNs, backward }: RowList,
  cursor: RowCursor | undefined,
): Pick<RowList, 'startNs' | 'endNs'> {
  if (cursor === undefined) return { startNs, endNs };
  if (backward) return { startNs, endNs: cursor.timeNs < endNs ? cursor.timeNs + 1n : endNs };
  return { startNs: cursor.timeNs > startNs ? cursor.timeNs : startNs, endNs };
}

/** The first hit behind a cursor: a row that came late, of a stream that was passed, moves nothing. */
function firstBehind(hits: LogHits, cursor: RowCursor, backward: boolean): number {
  const sign = backward ? -1 : 1;
  let ofStream = 0;
  let at = 0;
  for (; at < hits.length && hits.timeNs(at) === cursor.timeNs; at++) {
    const order = sign * (hits.columns.streamIds[at]! - cursor.streamId);
    if (order > 0 || (order === 0 && ofStream++ >= cursor.ofStream)) break;
  }
  return at;
}

function cursorBehind(hits: LogHits, first: number, before: RowCursor | undefined): RowCursor | undefined {
  if (hits.length <= first) return before;
  const last = hits.length - 1;
  const timeNs = hits.timeNs(last);
  const streamId = hits.columns.streamIds[last]!;
  let ofTime = 0;
  let ofStream = 0;
  for (let at = last; at >= 0 && hits.timeNs(at) === timeNs; at--) {
    ofTime++;
    if (hits.columns.streamIds[at] === streamId) ofStream++;
  }
  return { timeNs, streamId, ofStream, ofTime };
}
