import { compareText, type Labels, labelValue } from '../model/labels.ts';

const SERVICE_NAME = 'service_name';

/** Streams that hold figures about other streams; they are taken as they come. */
export function isInternalStream(labels: Labels): boolean {
  return labelValue(labels, '__aggregated_metric__') !== undefined || labelValue(labels, '__pattern__') !== undefined;
}

/**
 * Adds `service_name` to a set that has none: the value of the first label in `sources` that the set has, else
 * `unknown_service`. An empty `sources` turns discovery off.
 */
export function withServiceName(labels: Labels, sources: readonly string[]): Labels {
  if (sources.length === 0 || labelValue(labels, SERVICE_NAME) !== undefined) return labels;
  let value = 'unknown_service';
  for (const source of sources) {
    const found = labelValue(labels, source);
    if (found === undefined) continue;
    value = found;
    break;
  }
  const out: string[] = [];
  let written = false;
  for (let i = 0; i < labels.length; i += 2) {
    if (!written && compareText(SERVICE_NAME, labels[i]!) < 0) {
      out.push(SERVICE_NAME, value);
      written = true;
    }
    out.push(labels[i]!, labels[i + 1]!);
  }
  if (!written) out.push(SERVICE_NAME, value);
  return out;
}
