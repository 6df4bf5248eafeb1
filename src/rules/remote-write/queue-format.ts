import { crc32c } from '../../base/crc32c.ts';

/**
 * Files of the remote-write queue, see docs/format/rules.md: a header, then records of length, checksum and payload.
 */

export const QUEUE_VERSION = 1;
export const QUEUE_MAGIC = 'halogiRW';
export const QUEUE_HEADER_BYTES: number = 12;
export const QUEUE_RECORD_HEAD_BYTES: number = 8;
const FILE_PATTERN = /^(\d{16})\.queue$/;

/** Series of one evaluation that go to one tenant of the receiver. */
export interface QueueRecord {
  readonly tenant: string;
  readonly seriesCount: number;
  /** `timeseries` members of a WriteRequest, one behind the other. */
  readonly series: Uint8Array;
}

export function queueFileName(number: number): string {
  return `${String(number).padStart(16, '0')}.queue`;
}

/** Undefined when the name is none of ours. */
export function queueFileNumber(name: string): number | undefined {
  const digits = FILE_PATTERN.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function encodeQueueHeader(): Uint8Array {
  const out = Buffer.alloc(QUEUE_HEADER_BYTES);
  out.write(QUEUE_MAGIC, 0, 'latin1');
  out.writeUInt32LE(QUEUE_VERSION, 8);
  return out;
}

/** Whether a file begins as this version writes it. */
export function isQueueHeader(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, QUEUE_HEADER_BYTES), encodeQueueHeader()) === 0;
}

export function encodeQueueRecord({ tenant, seriesCount, series }: QueueRecord): Uint8Array {
  const name = Buffer.from(tenant);
  const payload = Buffer.alloc(6 + name.length + series.length);
  payload.writeUInt32LE(seriesCount, 0);
  payload.writeUInt16LE(name.length, 4);
  payload.set(name, 6);
  payload.set(series, 6 + name.length);
  const out = Buffer.alloc(QUEUE_RECORD_HEAD_BYTES + payload.length);
  out.writeUInt32LE(payload.length, 0);
  out.writeUInt32LE(crc32c(payload), 4);
  out.set(payload, QUEUE_RECORD_HEAD_BYTES);
  return out;
}

/** Bytes of the record at `at`, head included; undefined when they are not all there. */
export function queueRecordBytes(bytes: Buffer, at: number): number | undefined {
  if (at + QUEUE_RECORD_HEAD_BYTES > bytes.length) return undefined;
  const size = QUEUE_RECORD_HEAD_BYTES + bytes.readUInt32LE(at);
  return at + size > bytes.length ? undefined : size;
}

/** The record in `bytes[at, at + size)`; undefined when its checksum is wrong. */
export function decodeQueueRecord(bytes: Buffer, at: number, size: number): QueueRecord | undefined {
  const payload = bytes.subarray(at + QUEUE_RECORD_HEAD_BYTES, at + size);
  if (payload.length < 6 || crc32c(payload) !== bytes.readUInt32LE(at + 4)) return undefined;
  const nameEnd = 6 + payload.readUInt16LE(4);
  return {
    tenant: payload.toString('utf8', 6, nameEnd),
    seriesCount: payload.readUInt32LE(0),
    series: payload.subarray(nameEnd),
  };
}
