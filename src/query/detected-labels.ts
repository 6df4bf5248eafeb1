import { LogError } from '../base/errors.ts';
import { compareText } from '../model/labels.ts';
import type { TimeRange } from '../model/time.ts';
import type { DetectedLabel } from '../wire/metadata-json.ts';
import { type MetadataDeps, usableStart } from './labels.ts';
import { compileSelector, parseSelectorOnly } from './selectors.ts';

/** Shown whatever their values are. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set(['cluster', 'namespace', 'instance', 'pod']);
const UUID = /^(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Stream labels worth offering for a drill-down, with their number of values. Labels of only numbers or only UUIDs are
 * hidden, but for flags of 0 and 1.
 *
 * @param selector empty means all streams
 */
export function detectedLabels(selector: string, range: TimeRange, deps: MetadataDeps): readonly DetectedLabel[] {
  if (range.endNs < range.startNs) {
    throw new LogError('QUERY_INVALID', 'end timestamp must not be before or equal to start time');
  }
  const matchers = selector === '' ? [] : compileSelector(parseSelectorOnly(selector));
  const startNs = usableStart(range, deps);
  if (startNs === undefined) return [];
  const valuesOf = new Map<string, Set<string>>();
  for (const labels of deps.store.streams(deps.tenant, matchers, { startNs, endNs: range.endNs })) {
    for (let i = 0; i < labels.length; i += 2) {
      const values = valuesOf.get(labels[i]!) ?? new Set();
      valuesOf.set(labels[i]!, values);
      values.add(labels[i + 1]!);
    }
  }
  return [...valuesOf]
    .filter(([name, values]) => ALWAYS_SHOWN.has(name) || isTelling(values))
    .map(([label, values]) => ({ label, cardinality: values.size }))
    .sort((a, b) => compareText(a.label, b.label));
}

function isTelling(values: ReadonlySet<string>): boolean {
  const all = [...values];
  if (all.length <= 2 && all.every((value) => value === '0' || value === '1')) return true;
  return !all.every((value) => NUMBER.test(value)) && !all.every((value) => UUID.test(value));
}
