import protobuf from 'protobufjs';
import type { RecordedSample } from '../evaluate/group-runner.ts';
import type { TextMap } from '../model/rule-group.ts';

/** The NaN by which Prometheus marks that a series has ended. */
const STALE_NAN = { low: 2, high: 0x7ff00000, unsigned: true };

/** Tags of protobuf: member number and wire type. */
const TIMESERIES = 0x0a;
const LABELS = 0x0a;
const SAMPLES = 0x12;
const NAME = 0x0a;
const LABEL_VALUE = 0x12;
const SAMPLE_VALUE = 0x09;
const TIMESTAMP = 0x10;

/**
 * One `timeseries` member of a `prometheus.WriteRequest` (remote write 1.0). Members stand one behind the other, so a request is
 * made by joining them.
 */
export function seriesBytes(labels: TextMap, sample: RecordedSample): Uint8Array {
  const out = protobuf.Writer.create().uint32(TIMESERIES).fork();
  const pairs = Object.entries(labels).filter(([, value]) => value !== '');
  // Receivers want the labels in order of their names.
  pairs.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const [name, value] of pairs)
    out.uint32(LABELS).fork().uint32(NAME).string(name).uint32(LABEL_VALUE).string(value).ldelim();
  out.uint32(SAMPLES).fork().uint32(SAMPLE_VALUE);
  if (sample.value === undefined) out.fixed64(STALE_NAN);
  else out.double(sample.value);
  return out.uint32(TIMESTAMP).int64(sample.timeMs).ldelim().ldelim().finish();
}
