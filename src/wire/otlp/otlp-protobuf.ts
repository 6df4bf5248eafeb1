import { LogError } from '../../base/errors.ts';
import { readBigVarint, readLengthEnd, readVarint, skipField, varintEnd } from '../protobuf-varint.ts';
import {
  checkDepth,
  type OtlpAttributes,
  type OtlpMap,
  type OtlpRecord,
  type OtlpResource,
  type OtlpScope,
  type OtlpValue,
} from './otlp-model.ts';

/** A field of a message: its tag (number and wire type), and where its value (or the content of it) begins and ends. */
type FieldVisitor = (tag: number, start: number, end: number) => void;

function walkFields(bytes: Buffer, start: number, end: number, visit: FieldVisitor): void {
  let at = start;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    const valueStart = varintEnd;
    const next = skipField(tag, bytes, valueStart, end);
    if (tag % 8 === 2) {
      readLengthEnd(bytes, valueStart, end);
      visit(tag, varintEnd, next);
    } else visit(tag, valueStart, next);
    at = next;
  }
}

const field = (number: number, wireType: number): number => number * 8 + wireType;

/**
 * Decodes an ExportLogsServiceRequest.
 *
 * @throws LogError PUSH_DECODE
 */
export function decodeOtlpProtobuf(bytes: Buffer): OtlpResource[] {
  const resources: OtlpResource[] = [];
  walkFields(bytes, 0, bytes.length, (tag, start, end) => {
    if (tag === field(1, 2)) resources.push(readResourceLogs(bytes, start, end));
  });
  return resources;
}

function readResourceLogs(bytes: Buffer, start: number, end: number): OtlpResource {
  const attributes: [string, OtlpValue][] = [];
  const scopes: OtlpScope[] = [];
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(2, 2)) scopes.push(readScopeLogs(bytes, from, to));
    else if (tag === field(1, 2)) {
      walkFields(bytes, from, to, (inner, a, b) => {
        if (inner === field(1, 2)) attributes.push(readKeyValue(bytes, a, b, 0));
      });
    }
  });
  return { attributes, scopes };
}

function readScopeLogs(bytes: Buffer, start: number, end: number): OtlpScope {
  let name = '';
  let version = '';
  let droppedAttributes = 0;
  const attributes: [string, OtlpValue][] = [];
  const records: OtlpRecord[] = [];
  const readScope: FieldVisitor = (tag, from, to) => {
    if (tag === field(1, 2)) name = bytes.utf8Slice(from, to);
    else if (tag === field(2, 2)) version = bytes.utf8Slice(from, to);
    else if (tag === field(3, 2)) attributes.push(readKeyValue(bytes, from, to, 0));
    else if (tag === field(4, 0)) droppedAttributes = readVarint(bytes, from, to);
  };
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(1, 2)) walkFields(bytes, from, to, readScope);
    else if (tag === field(2, 2)) records.push(readRecord(bytes, from, to));
  });
  return { name, version, attributes, droppedAttributes, records };
}

function readRecord(bytes: Buffer, start: number, end: number): OtlpRecord {
  const attributes: [string, OtlpValue][] = [];
  const record = {
    timeNs: 0n,
    observedNs: 0n,
    severityNumber: 0,
    severityText: '',
    body: undefined as OtlpValue,
    attributes: attributes as OtlpAttributes,
    droppedAttributes: 0,
    flags: 0,
    traceId: '',
    spanId: '',
  };
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(1, 1)) record.timeNs = bytes.readBigUInt64LE(from);
    else if (tag === field(11, 1)) record.observedNs = bytes.readBigUInt64LE(from);
    else if (tag === field(2, 0)) record.severityNumber = Number(readBigVarint(bytes, from, to));
    else if (tag === field(3, 2)) record.severityText = bytes.utf8Slice(from, to);
    else if (tag === field(5, 2)) record.body = readValue(bytes, from, to, 0);
    else if (tag === field(6, 2)) attributes.push(readKeyValue(bytes, from, to, 0));
    else if (tag === field(7, 0)) record.droppedAttributes = readVarint(bytes, from, to);
    else if (tag === field(8, 5)) record.flags = bytes.readUInt32LE(from);
    else if (tag === field(9, 2)) record.traceId = readId(bytes, from, to, 16);
    else if (tag === field(10, 2)) record.spanId = readId(bytes, from, to, 8);
  });
  return record;
}

/** An id of zero bytes only is "not set", as an empty one is. */
function readId(bytes: Buffer, start: number, end: number, length: number): string {
  if (start === end) return '';
  if (end - start !== length) {
    throw new LogError(
      'PUSH_DECODE',
      `invalid length for a trace or span id: ${end - start} bytes, expected ${length}`,
      {
        status: 400,
      },
    );
  }
  const text = bytes.toString('hex', start, end);
  return /^0+$/.test(text) ? '' : text;
}

function readKeyValue(bytes: Buffer, start: number, end: number, depth: number): [string, OtlpValue] {
  let key = '';
  let value: OtlpValue;
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(1, 2)) key = bytes.utf8Slice(from, to);
    else if (tag === field(2, 2)) value = readValue(bytes, from, to, depth);
  });
  return [key, value];
}

function readValue(bytes: Buffer, start: number, end: number, depth: number): OtlpValue {
  checkDepth(depth);
  let value: OtlpValue;
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(1, 2)) value = bytes.utf8Slice(from, to);
    else if (tag === field(2, 0)) value = readVarint(bytes, from, to) !== 0;
    else if (tag === field(3, 0)) value = readBigVarint(bytes, from, to);
    else if (tag === field(4, 1)) value = bytes.readDoubleLE(from);
    else if (tag === field(5, 2)) value = readArray(bytes, from, to, depth + 1);
    else if (tag === field(6, 2)) value = readMap(bytes, from, to, depth + 1);
    else if (tag === field(7, 2)) value = bytes.subarray(from, to);
  });
  return value;
}

function readArray(bytes: Buffer, start: number, end: number, depth: number): OtlpValue[] {
  const values: OtlpValue[] = [];
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(1, 2)) values.push(readValue(bytes, from, to, depth));
  });
  return values;
}

function readMap(bytes: Buffer, start: number, end: number, depth: number): OtlpMap {
  const pairs: [string, OtlpValue][] = [];
  walkFields(bytes, start, end, (tag, from, to) => {
    if (tag === field(1, 2)) pairs.push(readKeyValue(bytes, from, to, depth));
  });
  return { pairs };
}
