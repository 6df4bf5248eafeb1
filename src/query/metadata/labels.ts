import { LogError } from '../../base/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { compareLabels, compareText, labelsKey, labelValue } from '../../model/labels.ts';
import type { Limits } from '../../model/limits.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { TimeRange } from '../../model/time.ts';
import type { LabelsInUse, QueryStore } from '../../store/snapshot/query-store.ts';
import { usableStart } from '../analysis/check-query.ts';
import { compileSelector, parseSelectorOnly } from '../analysis/selectors.ts';
import type { KeptSeries } from '../statistics/tally-series.ts';

/** What the metadata endpoints need. */
export interface MetadataDeps {
  readonly store: QueryStore;
  readonly limits: Limits;
  readonly nowNs: bigint;
  readonly tenant: string;
  /** Groups of streams that are kept between queries; absent: none are. */
  readonly series?: KeptSeries;
}

/** Names of the stream labels in the range, ascending. `selector` may be empty: all streams. */
export function labelNames(selector: string, range: TimeRange, deps: MetadataDeps): readonly string[] {
  return labelsInUse(selector, range, deps).names();
}

/** Values of one stream label in the range, ascending; an unknown name has none. */
export function labelValues(name: string, selector: string, range: TimeRange, deps: MetadataDeps): readonly string[] {
  return labelsInUse(selector, range, deps).values(name);
}

/**
 * Label sets of the streams that match any of the selectors. No selector, or a single `{}`, means all streams.
 *
 * @throws LogError QUERY_INVALID for `{}` beside others
 */
export function seriesLabels(selectors: readonly string[], range: TimeRange, deps: MetadataDeps): readonly Labels[] {
  const wanted = selectors.filter((text) => text !== '');
  if (wanted.length > 1) {
    for (const text of wanted)
      if (isEmptySelector(text)) throw new LogError('QUERY_INVALID', `0 matchers in group: ${text}`);
  }
  const all = wanted.length === 0 || (wanted.length === 1 && isEmptySelector(wanted[0]!));
  if (all || wanted.length === 1) return matchingStreams(all ? '' : wanted[0]!, range, deps);
  const found = new Map<string, Labels>();
  for (const text of wanted) {
    for (const labels of matchingStreams(text, range, deps)) found.set(labelsKey(labels), labels);
  }
  return [...found.values()].sort(compareLabels);
}

function isEmptySelector(text: string): boolean {
  return /^\s*\{\s*\}\s*$/.test(text);
}

/** Labels of the streams in the range, by the indexes of the store where it has them. Throws as `matchingStreams` does. */
export function labelsInUse(selector: string, range: TimeRange, deps: MetadataDeps): LabelsInUse {
  const { store, tenant } = deps;
  if (store.labels === undefined) return labelsOf(matchingStreams(selector, range, deps));
  const matchers = matchersOf(selector);
  const startNs = usableStart(range, deps);
  return startNs === undefined ? labelsOf([]) : store.labels(tenant, matchers, { startNs, endNs: range.endNs });
}

function labelsOf(streams: readonly Labels[]): LabelsInUse {
  const sorted = (texts: Iterable<string | undefined>): readonly string[] =>
    [...new Set(texts)].filter((text) => text !== undefined).sort(compareText);
  return {
    names: () => sorted(streams.flatMap((labels) => labels.filter((_, i) => i % 2 === 0))),
    values: (name) => sorted(streams.map((labels) => labelValue(labels, name))),
  };
}

function matchersOf(selector: string): readonly CompiledMatcher[] {
  return selector === '' ? [] : compileSelector(parseSelectorOnly(selector));
}

/** @throws LogError QUERY_LIMIT for a range that is too long, QUERY_INVALID for one that is upside down */
function matchingStreams(selector: string, range: TimeRange, deps: MetadataDeps): readonly Labels[] {
  const matchers = matchersOf(selector);
  const startNs = usableStart(range, deps);
  if (startNs === undefined) return [];
  return deps.store.streams(deps.tenant, matchers, { startNs, endNs: range.endNs });
}
