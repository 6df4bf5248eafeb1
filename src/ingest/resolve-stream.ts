import { type Labels, labelValue } from '../model/labels.ts';
import type { Limits } from '../model/limits.ts';
import { printLabels } from '../wire/label-print.ts';
import { parseLabelText } from '../wire/label-text.ts';
import { splitLevel } from './metadata.ts';
import { isInternalStream, withServiceName } from './service-name.ts';
import type { KnownStream, StreamFailure } from './stream-cache.ts';
import type { TenantIngest } from './tenant-ingest.ts';

/**
 * The stream of a label text: from the cache, else parsed, completed with `service_name` and checked.
 *
 * @throws LogError PUSH_INVALID if the text cannot be parsed; that rejects the whole request
 */
export function resolveStream(
  state: TenantIngest,
  limits: Limits,
  bytes: Uint8Array,
  start: number,
  end: number,
): KnownStream {
  const known = state.streams.get(bytes, start, end);
  if (known !== undefined) return known;
  const stream = describeStream(parseLabelText(bytes, start, end), limits, state.tenant);
  state.streams.set(bytes, start, end, stream);
  return stream;
}

function describeStream(pushed: Labels, limits: Limits, tenant: string): KnownStream {
  const isInternal = isInternalStream(pushed);
  const labels = isInternal ? pushed : withServiceName(pushed, limits.discoverServiceName);
  const failure = isInternal ? undefined : (checkLabels(labels, limits) ?? checkEnforced(labels, limits, tenant));
  return { labels, failure, level: streamLevel(labels, limits), handle: undefined };
}

function streamLevel(labels: Labels, limits: Limits): KnownStream['level'] {
  for (const field of limits.logLevelFields) {
    const value = labelValue(labels, field);
    if (value !== undefined) return splitLevel(value);
  }
  return undefined;
}

function checkLabels(labels: Labels, limits: Limits): StreamFailure | undefined {
  const refused = (message: string, reason: StreamFailure['reason']): StreamFailure => ({
    message,
    reason,
    status: 400,
  });
  const stream = (): string => `stream '${printLabels(labels)}'`;
  if (labels.length === 0) return refused('error at least one label pair is required per stream', 'missing_labels');
  const count = labels.length / 2 - (labelValue(labels, 'service_name') === undefined ? 0 : 1);
  const limit = limits.maxLabelNamesPerSeries;
  if (limit > 0 && count > limit) {
    return refused(`entry for ${stream()} has ${count} label names; limit ${limit}`, 'max_label_names_per_series');
  }
  let previous: string | undefined;
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!;
    const value = labels[i + 1]!;
    if (exceeds(name, limits.maxLabelNameLengthBytes)) {
      return refused(`${stream()} has label name too long: '${name}'`, 'label_name_too_long');
    }
    if (exceeds(value, limits.maxLabelValueLengthBytes)) {
      return refused(`${stream()} has label value too long: '${value}'`, 'label_value_too_long');
    }
    if (name === previous) return refused(`${stream()} has duplicate label name: '${name}'`, 'duplicate_label_names');
    previous = name;
  }
  return undefined;
}

function exceeds(text: string, maxBytes: number): boolean {
  return maxBytes > 0 && Buffer.byteLength(text) > maxBytes;
}

function checkEnforced(labels: Labels, limits: Limits, tenant: string): StreamFailure | undefined {
  const missing = limits.enforcedLabels.filter((name) => labelValue(labels, name) === undefined);
  if (missing.length === 0) return undefined;
  return {
    message: `missing required labels ${missing.join(',')} for user ${tenant} for stream ${printLabels(labels)}`,
    reason: 'missing_enforced_labels',
    status: 400,
  };
}
