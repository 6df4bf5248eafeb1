import { goQuote } from '../../../grammar/literals.ts';
import { LogError } from '../../base/errors.ts';
import { type OtlpRules, otlpRules } from '../../model/otlp-rules.ts';
import { NS_PER_SECOND } from '../../model/time.ts';
import { ByteWriter, varintBytes } from '../byte-writer.ts';
import { invalidNameText, normalizeLabelName } from '../label-name.ts';
import type { PushBatch } from '../push/push-batch.ts';
import { type PushScratch, pushScratch } from '../push/push-scratch.ts';
import {
  isOtlpMap,
  type OtlpAttributes,
  type OtlpRecord,
  type OtlpResource,
  type OtlpScope,
  type OtlpValue,
  otlpValueText,
} from './otlp-model.ts';

const MAX_TIME_NS = 2n ** 63n - 1n;

type Pair = [string, string];
type PairWriter = (name: string, value: string) => void;

/** A record with the range of its scope's pairs. */
interface ScopedRecord {
  readonly record: OtlpRecord;
  readonly scopeStart: number;
  readonly scopeEnd: number;
}

/**
 * Fills `batch` from an OTLP logs request: one stream per resource, or several where the rules make labels of what differs
 * from record to record. Metadata of a row comes in the order record, resource, scope, because of equal names the last
 * one counts.
 *
 * @param nowNs time of records that carry none
 * @throws LogError PUSH_INVALID for attribute names that cannot become label names
 */
export function fillFromOtlp(
  resources: readonly OtlpResource[],
  nowNs: bigint,
  batch: PushBatch,
  rules: OtlpRules = otlpRules(''),
): void {
  batch.reset();
  const scratch = pushScratch;
  scratch.reset();
  for (const resource of resources) fillResource(resource, nowNs, batch, scratch, rules);
  batch.bytes = scratch.out.bytes;
}

function fillResource(
  resource: OtlpResource,
  nowNs: bigint,
  batch: PushBatch,
  scratch: PushScratch,
  rules: OtlpRules,
): void {
  const labels: Pair[] = [];
  const writePair: PairWriter = (name, value) => scratch.writePair(name, value);
  const resourceStart = scratch.out.length;
  for (const [name, value] of resource.attributes) {
    const action = rules.resource(name);
    if (action === 'index_label') flatten(name, value, (label, text) => labels.push([label, text]));
    else if (action === 'structured_metadata') flatten(name, value, writePair);
  }
  const resourceEnd = scratch.out.length;
  const records: ScopedRecord[] = [];
  for (const scope of resource.scopes) {
    const scopeStart = scratch.out.length;
    writeScope(scope, writePair, rules);
    const scopeEnd = scratch.out.length;
    for (const record of scope.records) records.push({ record, scopeStart, scopeEnd });
  }
  for (const stream of rules.splitsResources ? splitByLabels(records, rules) : [{ labels: [], records }]) {
    if (stream.records.length === 0) continue;
    for (const { record, scopeStart, scopeEnd } of stream.records) {
      batch.growEntries();
      const entry = batch.entryCount++;
      writeTime(record, nowNs, batch, entry);
      batch.lineStart[entry] = scratch.out.length;
      scratch.out.writeText(otlpValueText(record.body));
      batch.lineEnd[entry] = scratch.out.length;
      batch.metadataStart[entry] = scratch.out.length;
      writeRecordPairs(record, writePair, rules);
      scratch.out.writeBytes(scratch.out.bytes, resourceStart, resourceEnd);
      scratch.out.writeBytes(scratch.out.bytes, scopeStart, scopeEnd);
      batch.metadataEnd[entry] = scratch.out.length;
    }
    scratch.endStream(batch, [...labels, ...stream.labels]);
  }
}

/** Records by the labels that they bring along, in the order of their first record. */
function splitByLabels(
  records: readonly ScopedRecord[],
  rules: OtlpRules,
): Iterable<{ readonly labels: readonly Pair[]; readonly records: readonly ScopedRecord[] }> {
  const streams = new Map<string, { labels: readonly Pair[]; records: ScopedRecord[] }>();
  for (const scoped of records) {
    const labels: Pair[] = [];
    for (const [name, value] of scoped.record.attributes) {
      if (rules.log(name) === 'index_label') flatten(name, value, (label, text) => labels.push([label, text]));
    }
    const { severityText } = scoped.record;
    if (rules.severityTextAsLabel && severityText !== '') labels.push(['severity_text', severityText]);
    const key = JSON.stringify(labels);
    const stream = streams.get(key);
    if (stream === undefined) streams.set(key, { labels, records: [scoped] });
    else stream.records.push(scoped);
  }
  return streams.values();
}

function writeTime(record: OtlpRecord, nowNs: bigint, batch: PushBatch, entry: number): void {
  const timeNs = record.timeNs !== 0n ? record.timeNs : record.observedNs !== 0n ? record.observedNs : nowNs;
  if (timeNs > MAX_TIME_NS || timeNs < 0n) {
    throw new LogError('PUSH_DECODE', `log record time ${timeNs} is out of range`, { status: 400 });
  }
  batch.seconds[entry] = Number(timeNs / NS_PER_SECOND);
  batch.nanos[entry] = Number(timeNs % NS_PER_SECOND);
}

function writeScope(scope: OtlpScope, write: PairWriter, rules: OtlpRules): void {
  for (const [name, value] of scope.attributes) {
    if (rules.scope(name) === 'structured_metadata') flatten(name, value, write);
  }
  if (scope.name !== '') write('scope_name', scope.name);
  if (scope.version !== '') write('scope_version', scope.version);
  if (scope.droppedAttributes !== 0) write('scope_dropped_attributes_count', String(scope.droppedAttributes));
}

function writeRecordPairs(record: OtlpRecord, write: PairWriter, rules: OtlpRules): void {
  for (const [name, value] of record.attributes) {
    if (rules.log(name) === 'structured_metadata') flatten(name, value, write);
  }
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
