import type { SegmentExtent } from '../../store/segments/stored-segment.ts';
import { indexStatsJson, namesJson, seriesJson } from '../../wire/result/metadata-json.ts';
import { resultJson } from '../../wire/result/result-json.ts';
import { NO_STATS } from '../../wire/result/stats-json.ts';
import type { QueryDeps } from '../execute/query-deps.ts';
import { labelNames, labelValues, type MetadataDeps, seriesLabels } from '../metadata/labels.ts';
import { indexStats } from '../metadata/stats.ts';
import { queryVolume } from '../metadata/volume.ts';
import { type QueryRequest, runQuery } from '../run.ts';

/** Asks something and writes the answer, for nobody. */
export type Question = () => Promise<void>;

/** What one query scans at most: some milliseconds for each thread, so that the next one has its turn soon. */
const PART_BYTES = 2 * 1024 * 1024;
const POINTS = 60;
const LIMIT = 1000;
const FEW_LINES = 100;
/** Values of a label by which groups are made. */
const MOST_GROUPS = 30;

/** What takes a millisecond is asked so many times in a row. */
const CHEAP = 4;

/** Over the whole segment: they stop soon, or are answered by statistics. */
const PAGE = { text: '{v}', isWhole: true };
const FILTER = { text: '{s} |= "er"', isWhole: true, limit: FEW_LINES };
const COUNT = { text: 'sum by ({l}) (count_over_time({s}[1m]))', isWhole: true };
const HISTOGRAM = { text: 'sum by ({l}, detected_level) (count_over_time({v}[1m]))', isWhole: true, times: CHEAP };
const TOP = { text: 'topk(10, sum by ({m}) (count_over_time({s}[1h])))', isWhole: true, isInstant: true, times: CHEAP };
const NEEDLE = { text: '{s} |= "7d1c55a0-0f3e-4b1f"', isWhole: true };
const RATE = { text: 'sum by ({l}) (rate({s} |= "er"[1m]))' };
/** Names, values, series, statistics and volumes. */
const METADATA = 'metadata';

/**
 * Queries of each kind, what is asked most first and again; between them pages of lines, which take most code for what they read. `{s}` takes all streams,
 * `{v}` those of a value of the label `{l}`, `{m}` is the label with most values. What they find does not matter.
 */
const QUERIES: readonly (WarmQuery | typeof METADATA)[] = [
  FILTER,
  METADATA,
  HISTOGRAM,
  TOP,
  COUNT,
  NEEDLE,
  RATE,
  { text: 'sum(count_over_time({s} | json | status>=500[1m]))' },
  METADATA,
  FILTER,
  { text: 'sum(count_over_time({s} | logfmt | duration>1s[1m]))' },
  COUNT,
  { text: 'sum by ({m}) (count_over_time({s} |~ "[45][0-9][0-9]|err(or)?|time.?out"[1m]))' },
  METADATA,
  FILTER,
  { text: 'sum by (c) (count_over_time({s} | pattern "<a> <_> <c> <_>"[1m]))' },
  TOP,
  HISTOGRAM,
  { text: 'quantile_over_time(0.99, {s} | json | unwrap duration [1m]) by ({m})' },
  NEEDLE,
  { text: 'sum(count_over_time({s} |~ "(?i)error"[1m]))' },
];

interface WarmQuery {
  readonly text: string;
  readonly isWhole?: boolean;
  readonly isInstant?: boolean;
  readonly limit?: number;
  readonly times?: number;
}

/** Questions about the rows of a segment, in the order in which they are to be asked, over and over; none without labels. */
export function questionsOf(newest: SegmentExtent, deps: QueryDeps & MetadataDeps): Question[] {
  const { startNs, endNs, lineBytes } = newest;
  const range = { startNs, endNs: endNs + 1n };
  const names = labelNames('', range, deps);
  if (names.length === 0) return [];
  const values = new Map(names.map((name) => [name, labelValues(name, '', range, deps)]));
  const bySize = names.toSorted((a, b) => values.get(a)!.length - values.get(b)!.length);
  // What has one value alone tells nothing apart; what has many is no group that people ask for.
  const label = bySize.findLast((name) => values.get(name)!.length <= MOST_GROUPS) ?? bySize[0]!;
  const fill = (text: string): string =>
    text
      .replaceAll('{s}', `{${label}=~".+"}`)
      .replaceAll('{v}', `{${label}=${JSON.stringify(values.get(label)![0])}}`)
      .replaceAll('{l}', label)
      .replaceAll('{m}', bySize.at(-1)!);
  const share = Math.min(1, PART_BYTES / Math.max(1, lineBytes));
  const partNs = BigInt(Math.ceil(Number(endNs - startNs) * share));
  const ask = async (request: QueryRequest, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const { data, stats, done } = await runQuery(request, deps);
      resultJson(data, stats, { done });
    }
  };
  const asQuestion = (query: WarmQuery | typeof METADATA): Question => {
    if (query === METADATA) return async () => askMetadata(fill('{v}'), label, range, deps);
    const { text, isWhole = false, isInstant = false, limit = LIMIT, times = 1 } = query;
    const common = { query: fill(text), limit, direction: 'backward' } as const;
    if (isInstant) return () => ask({ ...common, kind: 'instant', timeNs: range.endNs }, times);
    const fromNs = isWhole ? startNs : endNs - partNs;
    const stepNs = (endNs - fromNs) / BigInt(POINTS) + 1n;
    const request = { ...common, kind: 'range', startNs: fromNs, endNs: range.endNs, stepNs, intervalNs: 0n } as const;
    return () => ask(request, times);
  };
  return QUERIES.flatMap((query) => [asQuestion(PAGE), asQuestion(query)]);
}

function askMetadata(
  selector: string,
  label: string,
  range: { readonly startNs: bigint; readonly endNs: bigint },
  deps: MetadataDeps,
): void {
  const volume = { query: selector, ...range, limit: LIMIT, targetLabels: [label], stepNs: undefined };
  for (let i = 0; i < CHEAP; i++) {
    namesJson(labelNames('', range, deps));
    namesJson(labelValues(label, '', range, deps));
    seriesJson(seriesLabels([selector], range, deps));
    indexStatsJson(indexStats(selector, range, deps));
    resultJson(queryVolume({ ...volume, aggregateBy: 'series' }, deps), NO_STATS);
  }
}
