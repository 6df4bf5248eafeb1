import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { LogError } from '../base/errors.ts';

/**
 * Bytes of a WAL file; all numbers little-endian. Full page: docs/format/wal.md
 *
 *   file    | header 32 | record | record | ...
 *   header  | magic 8 | version u32 | marker u32 | seq u64 | part u32 | crc u32 |
 *   record  | marker u32 | crc u32 | length u32 | kind u8 | tenant length u8 | arrival f64 | tenant | body |
 *
 * The marker is a random number of the file: after damage it leads to the next record, and nobody who sends a body can guess it.
 * It stands in the file name too, so that a damaged header costs nothing. A record's crc covers everything behind itself.
 */

export const WAL_MAGIC = 'halogiWL';
export const WAL_VERSION = 1;
export const FILE_HEADER_BYTES = 32;
/** Marker, crc and length. */
export const RECORD_PREFIX_BYTES = 12;
/** Everything of a record but its tenant and body. */
export const RECORD_HEAD_BYTES = 22;
/** Tenant length is one byte. */
export const MAX_TENANT_BYTES = 255;
/** Longest tenant and body together; keeps what a reader must hold at once within bounds. */
export const MAX_PAYLOAD_BYTES: number = 256 * 1024 * 1024;

const decoder = new TextDecoder();

/** Bytes that `length` counts besides tenant and body. */
const LENGTH_BASE = RECORD_HEAD_BYTES - RECORD_PREFIX_BYTES;

/** One accepted request. What `kind` means, and how the body is read, is up to the one who appends. */
export interface WalRecord {
  /** 0 to 255. */
  readonly kind: number;
  readonly tenant: string;
  /** When the request came, milliseconds since the epoch. */
  readonly arrivalMs: number;
  readonly body: Uint8Array;
}

/** Where a file stands: segments have ascending numbers; a segment has more than one part only after a failed write. */
export interface WalFileId {
  readonly seq: number;
  readonly part: number;
  readonly marker: number;
}

export interface WalFileName extends WalFileId {
  readonly name: string;
}

/** `000000000007-00-9f3a1c22.wal`: segment, part, marker in hexadecimal. */
export function walFileName(id: WalFileId): string {
  const seq = String(id.seq).padStart(12, '0');
  const part = String(id.part).padStart(2, '0');
  return `${seq}-${part}-${id.marker.toString(16).padStart(8, '0')}.wal`;
}

/** WAL files among the names of a folder, in the order they were written; other names are left out. */
export function walFileNames(names: readonly string[]): WalFileName[] {
  const files: WalFileName[] = [];
  for (const name of names) {
    if (!name.endsWith('.wal')) continue;
    const [seqText = '', partText = '', markerText = ''] = name.slice(0, -4).split('-');
    const id = { seq: Number(seqText), part: Number(partText), marker: Number(`0x${markerText}`) };
    if (Number.isSafeInteger(id.seq) && Number.isSafeInteger(id.part) && walFileName(id) === name) {
      files.push({ name, ...id });
    }
  }
  return files.sort((a, b) => a.seq - b.seq || a.part - b.part);
}

const MARKER_ENDING = '.deleted';

/**
 * `000000000007.deleted`: an empty file that says that every row up to this segment is in segment files. It is made before the
 * first WAL file goes, so that a part of the WAL is never taken for the whole, even when the index is lost.
 */
export function deletedMarkerName(seq: number): string {
  return `${String(seq).padStart(12, '0')}${MARKER_ENDING}`;
}

/** Segments that the markers among the names of a folder stand for. */
export function deletedMarkers(names: readonly string[]): number[] {
  return names
    .filter((name) => name.endsWith(MARKER_ENDING))
    .map((name) => Number(name.slice(0, -MARKER_ENDING.length)))
    .filter((seq) => Number.isSafeInteger(seq) && seq > 0);
}

export function encodeFileHeader(id: WalFileId): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(WAL_MAGIC));
  view.setUint32(8, WAL_VERSION, true);
  view.setUint32(12, id.marker, true);
  view.setBigUint64(16, BigInt(id.seq), true);
  view.setUint32(24, id.part, true);
  view.setUint32(28, crc32c(bytes, 0, 28), true);
  return bytes;
}

/**
 * Checks the first bytes of a file against its name.
 *
 * @returns what is wrong, or undefined when the header is right; with the marker of the name, records can be read in either case
 * @throws LogError FORMAT_UNKNOWN when the header is intact but of a version that this program does not know
 */
export function checkFileHeader(bytes: Uint8Array, file: WalFileName): string | undefined {
  if (bytes.length < FILE_HEADER_BYTES) return `header has ${bytes.length} bytes, expected ${FILE_HEADER_BYTES}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FILE_HEADER_BYTES);
  const expected = view.getUint32(28, true);
  const found = crc32c(bytes, 0, 28);
  if (found !== expected) return `header checksum is ${hex(found)}, expected ${hex(expected)}`;
  const magic = decoder.decode(bytes.subarray(0, 8));
  const version = view.getUint32(8, true);
  if (magic !== WAL_MAGIC || version !== WAL_VERSION) {
    throw new LogError(
      'FORMAT_UNKNOWN',
      `unknown wal format: ${file.name} has version ${version}, this program knows ${WAL_VERSION}`,
      { details: { file: file.name, version } },
    );
  }
  const marker = view.getUint32(12, true);
  return marker === file.marker ? undefined : `header has marker ${hex(marker)}, file name ${hex(file.marker)}`;
}

/** The part of a record before its body, with the marker left 0: `setMarker` fills it in once the file is known. */
export function encodeRecordHead(record: WalRecord): Uint8Array {
  const { kind, tenant, arrivalMs, body } = record;
  const tenantBytes = Buffer.byteLength(tenant);
  assert(kind >= 0 && kind <= 255, `wal record kind ${kind}`);
  assert(tenantBytes <= MAX_TENANT_BYTES, `tenant of ${tenantBytes} bytes in a wal record`);
  const head = Buffer.allocUnsafe(RECORD_HEAD_BYTES + tenantBytes);
  head.writeUInt32LE(0, 0);
  head.writeUInt32LE(LENGTH_BASE + tenantBytes + body.length, 8);
  head[12] = kind;
  head[13] = tenantBytes;
  head.writeDoubleLE(arrivalMs, 14);
  head.write(tenant, RECORD_HEAD_BYTES);
  head.writeUInt32LE(crc32c(body, 0, body.length, crc32c(head, 8)), 4);
  return head;
}

export function setMarker(head: Uint8Array, marker: number): void {
  new DataView(head.buffer, head.byteOffset).setUint32(0, marker, true);
}

/** The four bytes that a record of the file begins with. */
export function markerBytes(marker: number): Uint8Array {
  const bytes = new Uint8Array(4);
  setMarker(bytes, marker);
  return bytes;
}

/**
 * Whole bytes of the record at `at`, as its first `RECORD_PREFIX_BYTES` say; unchecked but for plausibility.
 *
 * @returns undefined when no record can begin here
 */
export function recordBytesAt(bytes: Uint8Array, at: number, marker: number): number | undefined {
  if (at + RECORD_PREFIX_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, RECORD_PREFIX_BYTES);
  if (view.getUint32(0, true) !== marker) return undefined;
  const length = view.getUint32(8, true);
  if (length < LENGTH_BASE || length > LENGTH_BASE + MAX_TENANT_BYTES + MAX_PAYLOAD_BYTES) return undefined;
  return RECORD_PREFIX_BYTES + length;
}

/**
 * Reads the record that fills `bytes[at, at + recordBytes)`.
 *
 * @returns the record, its body a view into `bytes`; undefined when the checksum or the lengths are wrong
 */
export function decodeRecord(bytes: Uint8Array, at: number, recordBytes: number): WalRecord | undefined {
  const end = at + recordBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, recordBytes);
  if (crc32c(bytes, at + 8, end) !== view.getUint32(4, true)) return undefined;
  const tenantEnd = at + RECORD_HEAD_BYTES + view.getUint8(13);
  if (tenantEnd > end) return undefined;
  return {
    kind: view.getUint8(12),
    tenant: decoder.decode(bytes.subarray(at + RECORD_HEAD_BYTES, tenantEnd)),
    arrivalMs: view.getFloat64(14, true),
    body: bytes.subarray(tenantEnd, end),
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
