import type { CrashResult } from './macro/crash.ts';
import type { GrowthStep } from './macro/growth.ts';
import type { LoadResult } from './macro/load.ts';
import type { MixedResult } from './macro/mixed.ts';
import type { QueriesResult } from './macro/query.ts';
import type { RequestsResult } from './macro/requests.ts';
import type { RulesResult } from './macro/rules.ts';
import type { SinkResult } from './macro/sink.ts';
import type { TailResult } from './macro/tail.ts';
import type { MicroResult } from './micro/measure.ts';
import type { YardstickResult } from './yardsticks.ts';

/** What the parts of a run have found; a part that did not run is absent. */
export interface Results {
  load?: LoadResult;
  sink?: SinkResult;
  query?: QueriesResult;
  yardsticks?: YardstickResult;
  requests?: RequestsResult;
  mixed?: MixedResult;
  rules?: RulesResult;
  tail?: TailResult;
  crash?: CrashResult;
  micro?: MicroResult[];
  growth?: GrowthStep[];
}

/** Every wrong answer and lost line in the results; a bench with one of them fails. */
export function failures({ load, query, mixed, tail, crash, requests, growth, rules }: Results): string[] {
  const found: string[] = [];
  const loads = [...(load ? [load] : []), ...(growth ?? []).map((step) => step.load), ...(mixed ? [mixed] : [])];
  for (const { linesPresent, linesSent } of loads) {
    if (linesPresent !== linesSent) found.push(`${linesPresent} lines present, ${linesSent} sent`);
  }
  const suites = [...(query ? [query] : []), ...(growth ?? []).map((step) => step.queries)];
  for (const { id, verdict } of suites.flatMap(({ queries }) => queries)) {
    if (verdict.startsWith('WRONG')) found.push(`query ${id}: ${verdict}`);
  }
  if (crash !== undefined && crash.linesLost > 0)
    found.push(`${crash.linesLost} acknowledged lines lost after kill -9`);
  for (const { query: tailed, matching, received, dropped } of tail?.accounts ?? []) {
    if (received + dropped !== matching)
      found.push(`tail ${tailed}: ${received} received and ${dropped} told as dropped of ${matching} lines`);
  }
  for (const text of tail?.ended ?? []) found.push(`tail ended: ${text}`);
  for (const { id, errors } of requests?.loads ?? []) if (errors > 0) found.push(`${errors} failed requests of ${id}`);
  if (rules !== undefined && (rules.failed > 0 || rules.evaluations === 0))
    found.push(`${rules.failed} of ${rules.evaluations} evaluations of rules failed`);
  return found;
}
