import type { SegmentExtent } from '../store/stored-segment.ts';
import { resultJson } from '../wire/result-json.ts';
import { labelNames, labelValues, type MetadataDeps } from './labels.ts';
import type { QueryDeps } from './query-deps.ts';
import { type QueryRequest, runQuery } from './run.ts';

/** What one query scans at most: some milliseconds for each thread, so that the next one has its turn soon. */
const PART_BYTES = 2 * 1024 * 1024;
/** At a time: while one is planned, the threads have the other. */
const SIDE_BY_SIDE = 2;
const POINTS = 60;
const LIMIT = 1000;

const PAGE = '{s}';
const FILTER = '{s} |= "er"';
const NEEDLE = '{s} |= "7d1c55a0-0f3e-4b1f"';
/**
 * Queries of each kind over a range of time, what is asked most first and again; `{s}` is a selector, `{l}` a label, `{m}` the one with most values.
 * What they find does not matter.
 */
const QUERIES = [
  PAGE,
  FILTER,
  'sum by ({l}, detected_level) (count_over_time({s}[1m]))',
  NEEDLE,
  'sum by ({l}) (count_over_time({s} |= "er"[1m]))',
  PAGE,
  'sum(count_over_time({s} | json | status>=500[1m]))',
  FILTER,
  'sum(count_over_time({s} | logfmt | duration>1s[1m]))',
  'sum by ({m}) (count_over_time({s}[1m]))',
  PAGE,
  'sum(count_over_time({s} |~ "[45][0-9][0-9]|err(or)?|time.?out"[1m]))',
  FILTER,
  'sum by (c) (count_over_time({s} | pattern "<a> <_> <c> <_>"[1m]))',
  'quantile_over_time(0.99, {s} | json | unwrap duration [1m]) by ({m})',
  NEEDLE,
  'sum(count_over_time({s} |~ "(?i)error"[1m]))',
];

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
  const requests = requestsOf(newest, own);
  let next = 0;
  const ask = async (): Promise<void> => {
    while (requests.length > 0 && performance.now() < untilMs && !isOver()) {
      try {
        const { data, stats } = await runQuery(requests[next++ % requests.length]!, own);
        resultJson(data, stats);
      } catch {
        // Lines that are not of the form, a limit, the end of the server.
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, ask));
}

function requestsOf({ startNs, endNs, lineBytes }: SegmentExtent, deps: MetadataDeps): QueryRequest[] {
  const range = { startNs, endNs: endNs + 1n };
  const names = labelNames('', range, deps);
  const [label] = names;
  if (label === undefined) return [];
  const counts = names.map((name) => labelValues(name, '', range, deps).length);
  const most = names[counts.indexOf(Math.max(...counts))]!;
  const share = Math.min(1, PART_BYTES / Math.max(1, lineBytes));
  const partNs = BigInt(Math.ceil(Number(endNs - startNs) * share));
  const request = (text: string, fromNs: bigint): QueryRequest => ({
    kind: 'range',
    query: text.replaceAll('{s}', `{${label}=~".+"}`).replaceAll('{l}', label).replaceAll('{m}', most),
    startNs: fromNs,
    endNs: endNs + 1n,
    stepNs: (endNs - fromNs) / BigInt(POINTS) + 1n,
    intervalNs: 0n,
    limit: LIMIT,
    direction: 'backward',
  });
  // A search for what is rare costs little, and its planning has the most to win.
  return QUERIES.map((text) => request(text, text === NEEDLE ? startNs : endNs - partNs));
}
