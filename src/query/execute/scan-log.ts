import type { LogExpr } from '../../../grammar/ast.ts';
import { runsOf } from '../../store/snapshot/query-store.ts';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import type { QueryStats } from '../../wire/result/stats-json.ts';
import { checkBytesRead, checkQueryLength, checkSelectors, clampStart } from '../analysis/check-query.ts';
import { labelTexts } from '../analysis/label-texts.ts';
import { compileSelector } from '../analysis/selectors.ts';
import { wantedLevels } from '../analysis/wanted-levels.ts';
import { LogHits, type LogRow, rowsOfHits } from '../result/log-hits.ts';
import { checkStages, textsOf } from '../scan/scan-pipeline.ts';
import { runLogQuery } from './log-query.ts';
import type { QueryDeps } from './query-deps.ts';
import { QueryWork } from './query-work.ts';
import { throwIfAborted } from './task-queue.ts';

/** A bare log scan, for endpoints that look at rows themselves. */
export interface LogScan {
  readonly expr: LogExpr;
  readonly startNs: bigint;
  /** Not included, unless it equals the start. */
  readonly endNs: bigint;
  readonly limit: number;
  readonly backward: boolean;
  readonly categorize: boolean;
  readonly format?: EntryFormat | undefined;
}

/** Rows of a log expression, best first; checks the limits on selectors and length. */
export async function scanLogRows(
  scan: Omit<LogScan, 'format'>,
  deps: QueryDeps,
): Promise<{ rows: readonly LogRow[]; stats: QueryStats }> {
  checkStages(scan.expr);
  checkQueryLength(scan.startNs, scan.endNs, deps.limits);
  checkSelectors(scan.expr, deps.limits);
  const work = new QueryWork(deps);
  throwIfAborted(work.signal);
  const rows = rowsOfHits(await scanWith(scan, deps, work));
  return { rows, stats: work.stats(rows.length) };
}

/** Lines left out for each that is left, from which on hits are taken to be too few for the limit. */
const RARE_SKIPPED = 8;

/** Best entries of a log expression; the caller has checked its limits. */
export async function scanWith(scan: LogScan, deps: QueryDeps, work: QueryWork): Promise<LogHits> {
  const { expr, endNs, limit, backward, categorize, format } = scan;
  const startNs = clampStart(scan.startNs, endNs, deps.nowNs, deps.limits);
  if (startNs === undefined) return LogHits.none;
  // A range without length still shows the rows of that very nanosecond.
  const toNs = startNs === endNs ? endNs : endNs - 1n;
  const selection = deps.store.select(deps.tenant, compileSelector(expr.matchers), { startNs, endNs: toNs });
  try {
    const { stages } = expr;
    await selection.leaveOut?.({ texts: textsOf(stages), labels: labelTexts(stages), levels: wantedLevels(stages) });
    work.addStep(expr, selection, startNs, toNs);
    if (expr.stages.length > 0) checkBytesRead(work.selectedBytes, deps.limits);
    const isRare = (selection.skippedBytes ?? 0) > RARE_SKIPPED * work.selectedBytes;
    const query = { expr, fromNs: startNs, toNs, limit, backward, categorize, format, isRare };
    return await runLogQuery(query, runsOf(selection), work);
  } finally {
    selection.release();
  }
}
