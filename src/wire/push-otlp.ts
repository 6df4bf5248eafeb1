import { goQuote } from '../../grammar/literals.ts';
import { LogError } from '../base/errors.ts';
import { NS_PER_SECOND } from '../model/time.ts';
import { ByteWriter, varintBytes } from './byte-writer.ts';
import { invalidNameText, normalizeLabelName } from './label-name.ts';
import {
  isOtlpMap,
  type OtlpAttributes,
  type OtlpRecord,
  type OtlpResource,
  type OtlpScope,
  type OtlpValue,
  otlpValueText,
} from './otlp-model.ts';
import type { PushBatch } from './push-batch.ts';
import { type PushScratch, pushScratch } from './push-scratch.ts';

/** Resource attributes that become labels of the stream; all others become metadata of its rows. */
const LABEL_ATTRIBUTES: ReadonlySet<string> = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'container.name',
  'k8s.replicaset.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
]);

const MAX_TIME_NS = 2n ** 63n - 1n;

type PairWriter = (name: string, value: string) => void;

/**
 * Fills `batch` from an OTLP logs request: one stream per resource, metadata of a row in the order record, resource,
 * scope, because of equal names the last one counts.
 *
 * @param nowNs time of records that carry none
 * @throws LogError PUSH_INVALID for attribute names that cannot become label names
 */
export function fillFromOtlp(resources: readonly OtlpResource[], nowNs: bigint, batch: PushBatch): void {
  batch.reset();
  const scratch = pushScratch;
  scratch.reset();
  for (const resource of resources) fillResource(resource, nowNs, batch, scratch);
  batch.bytes = scratch.out.bytes;
}

function fillResource(resource: OtlpResource, nowNs: bigint, batch: PushBatch, scratch: PushScratch): void {
  const labels: [string, string][] = [];
  const firstEntry = batch.entryCount;
  const writePair: PairWriter = (name, value) => scratch.writePair(name, value);
  const resourceStart = scratch.out.length;
  for (const [name, value] of resource.attributes) {
    if (LABEL_ATTRIBUTES.has(name)) flatten(name, value, (label, text) => labels.push([label, text]));
    else flatten(name, value, writePair);
  }
  const resourceEnd = scratch.out.length;
  for (const scope of resource.scopes) {
    const scopeStart = scratch.out.length;
    writeScope(scope, writePair);
    const scopeEnd = scratch.out.length;
    for (const record of scope.records) {
      batch.growEntries();
      const entry = batch.entryCount++;
      writeTime(record, nowNs, batch, entry);
      batch.lineStart[entry] = scratch.out.length;
      scratch.out.writeText(otlpValueText(record.body));
      batch.lineEnd[entry] = scratch.out.length;
      batch.metadataStart[entry] = scratch.out.length;
      writeRecordPairs(record, writePair);
      scratch.out.writeBytes(scratch.out.bytes, resourceStart, resourceEnd);
      scratch.out.writeBytes(scratch.out.bytes, scopeStart, scopeEnd);
      batch.metadataEnd[entry] = scratch.out.length;
    }
  }
  if (batch.entryCount > firstEntry) scratch.endStream(batch, labels);
}

function writeTime(record: OtlpRecord, nowNs: bigint, batch: PushBatch, entry: number): void {
  const timeNs = record.timeNs !== 0n ? record.timeNs : record.observedNs !== 0n ? record.observedNs : nowNs;
  if (timeNs > MAX_TIME_NS || timeNs < 0n) {
    throw new LogError('PUSH_DECODE', `log record time ${timeNs} is out of range`, { status: 400 });
  }
  batch.seconds[entry] = Number(timeNs / NS_PER_SECOND);
  batch.nanos[entry] = Number(timeNs % NS_PER_SECOND);
}

function writeScope(scope: OtlpScope, write: PairWriter): void {
  for (const [name, value] of scope.attributes) flatten(name, value, write);
  if (scope.name !== '') write('scope_name', scope.name);
  if (scope.version !== '') write('scope_version', scope.version);
  if (scope.droppedAttributes !== 0) write('scope_dropped_attributes_count', String(scope.droppedAttributes));
}

function writeRecordPairs(record: OtlpRecord, write: PairWriter): void {
  for (const [name, value] of record.attributes) flatten(name, value, write);
  if (record.timeNs !== 0n && record.observedNs !== 0n) write('observed_timestamp', String(record.observedNs));
  if (record.severityNumber !== 0) write('severity_number', String(record.severityNumber));
  if (record.severityText !== '') write('severity_text', record.severityText);
  if (record.droppedAttributes !== 0) write('dropped_attributes_count', String(record.droppedAttributes));
  if (record.flags !== 0) write('flags', String(record.flags));
  if (record.traceId !== '') write('trace_id', record.traceId);
  if (record.spanId !== '') write('span_id', record.spanId);
}

/** Writes an attribute; a map becomes one pair per leaf, with the path joined by underscores. */
function flatten(name: string, value: OtlpValue, write: PairWriter): void {
  if (isOtlpMap(value)) flattenMap(name, value.pairs, write);
  else write(labelName(name), otlpValueText(value));
}

function flattenMap(path: string, pairs: OtlpAttributes, write: PairWriter): void {
  for (const [name, value] of pairs) flatten(`${path}_${name}`, value, write);
}

function labelName(name: string): string {
  const label = normalizeLabelName(name);
  if (label !== undefined) return label;
  throw new LogError(
    'PUSH_INVALID',
    `symbolizer lookup: normalization for label name ${goQuote(name)} resulted in invalid name "${invalidNameText(name)}"`,
    { status: 400 },
  );
}

/** Body of an OTLP error answer: protobuf `google.rpc.Status` with only field 2, the message. */
export function encodeOtlpStatus(message: string): Buffer {
  const text = Buffer.from(message, 'utf8');
  const out = new ByteWriter();
  out.reserve(1 + varintBytes(text.length) + text.length);
  out.writeByte(0x12);
  out.writeVarint(text.length);
  out.writeBytes(text, 0, text.length);
  return out.bytes.subarray(0, out.length);
}
