import { LogError } from '../../base/errors.ts';
import type { TimeRange } from '../../model/time.ts';
import type { DetectedLabel } from '../../wire/result/metadata-json.ts';
import { labelsInUse, type MetadataDeps } from './labels.ts';

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
  const labels = labelsInUse(selector, range, deps);
  return labels
    .names()
    .map((label) => ({ label, values: labels.values(label) }))
    .filter(({ label, values }) => ALWAYS_SHOWN.has(label) || isTelling(values))
    .map(({ label, values }) => ({ label, cardinality: values.length }));
}

function isTelling(all: readonly string[]): boolean {
  if (all.length <= 2 && all.every((value) => value === '0' || value === '1')) return true;
  return !all.every((value) => NUMBER.test(value)) && !all.every((value) => UUID.test(value));
}
