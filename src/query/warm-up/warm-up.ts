import type { SegmentExtent } from '../../store/segments/stored-segment.ts';
import type { QueryDeps } from '../execute/query-deps.ts';
import type { MetadataDeps } from '../metadata/labels.ts';
import { questionsOf } from './warm-up-questions.ts';

/** At a time: while one is planned, the threads have the other. */
const SIDE_BY_SIDE = 2;

/**
 * Asks what people ask, of the rows that were written last, until the time is over: code that has run some times is compiled, and the same
 * query then takes half as long. What goes wrong is left for those who ask in earnest.
 *
 * @param budgetMs how long it may take; the queries that run then end
 * @param isOver asked before each query
 */
export async function warmUp(
  newest: SegmentExtent,
  deps: QueryDeps & MetadataDeps,
  budgetMs: number,
  isOver: () => boolean,
): Promise<void> {
  const untilMs = performance.now() + budgetMs;
  // How far back people may ask says nothing of how much is read here.
  const own = { ...deps, limits: { ...deps.limits, maxQueryLengthMs: 0, maxQueryLookbackMs: 0 } };
  const questions = questionsOf(newest, own);
  let next = 0;
  const ask = async (): Promise<void> => {
    while (questions.length > 0 && performance.now() < untilMs && !isOver()) {
      try {
        await questions[next++ % questions.length]!();
      } catch {
        // Lines that are not of the form, a limit, the end of the server.
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, ask));
}
