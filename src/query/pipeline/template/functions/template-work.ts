import { LogError } from '../../../../base/errors.ts';

/**
 * Work of templates in one unit: about a character that is read or made. One row and one task may do only so much, since nobody can stop a
 * function on its way.
 */

/** A call of a function or a turn of a loop. */
export const CALL_WORK = 20;
/** A millisecond of replacing or counting by a regex, whose steps cannot be told from its text. */
const WORK_PER_MS = 100_000;
/** Of one row: three texts of the greatest length. */
export const MAX_ROW_WORK: number = 32 * 1024 * 1024;
/** Of the rows of a task that need more than most rows do; a second of regexes. */
const MAX_TASK_WORK = 100_000_000;
/** What honest templates need for a row is not counted for the task. */
const USUAL_ROW_WORK = 20_000;

let taskWork = 0;
/** Outside of tasks there is no bound. */
let maxTaskWork = Number.POSITIVE_INFINITY;

/** To be called before the first row of a task. @param isBounded false for live tails, whose batches hold rows of many queries */
export function beginTemplateWork(isBounded: boolean): void {
  taskWork = 0;
  maxTaskWork = isBounded ? MAX_TASK_WORK : Number.POSITIVE_INFINITY;
}

/** Adds what a template did for a row. @throws LogError QUERY_LIMIT past the bound of a task */
export function noteRowWork(work: number): void {
  if (work <= USUAL_ROW_WORK) return;
  taskWork += work;
  if (taskWork <= maxTaskWork) return;
  throw new LogError(
    'QUERY_LIMIT',
    'templates of the query do too much work; make shorter texts, filter more lines before line_format and label_format, or reduce the time range',
  );
}

/** Work that stands for the time since `startMs`. */
export function workSince(startMs: number): number {
  return Math.round((performance.now() - startMs) * WORK_PER_MS);
}
