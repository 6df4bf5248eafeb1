import type { DiskFile } from '../base/disk/disk.ts';
import {
  checkFileHeader,
  decodeRecord,
  FILE_HEADER_BYTES,
  markerBytes,
  RECORD_PREFIX_BYTES,
  recordBytesAt,
  type WalFileName,
  type WalRecord,
} from './format.ts';

/** Bytes read at once; a record that is larger widens the window. */
const WINDOW_BYTES = 1024 * 1024;

/** Width that a window keeps for the next large record; what is wider is let go of. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/** A stretch of a file in which no record is: a torn tail at the end of the file, damage elsewhere. */
export interface WalGap {
  readonly startByte: number;
  readonly endByte: number;
  readonly reason: string;
  /** It begins with a record that was written whole, as its length says: no write that was interrupted. */
  readonly isWhole: boolean;
}

export interface WalFileContent {
  readonly records: number;
  /** Bytes of header and records, without the gaps. */
  readonly goodBytes: number;
  readonly sizeBytes: number;
  /** In order. A gap that reaches the end of the file is the last one. */
  readonly gaps: readonly WalGap[];
}

/**
 * Reads all records of a WAL file that are intact, also behind damage, with memory for one window and one record.
 *
 * @param apply called for each record; the body is a view that is valid until it returns
 * @throws LogError FORMAT_UNKNOWN when the file is of another version; the error of the disk when it cannot be read
 */
export async function readWalFile(
  file: DiskFile,
  name: WalFileName,
  apply: (record: WalRecord) => void,
): Promise<WalFileContent> {
  const window = new Window(file, await file.sizeBytes());
  const header = await window.at(0, FILE_HEADER_BYTES);
  const headerFault = checkFileHeader(header, name);
  const gaps: WalGap[] = [];
  let records = 0;
  let goodBytes = 0;
  // A header that is wrong is a gap like any other: records are found by the marker in the file name.
  let gapStart = headerFault === undefined ? -1 : 0;
  let reason = headerFault ?? '';
  let isWhole = false;
  let at = FILE_HEADER_BYTES;
  if (headerFault === undefined) goodBytes = FILE_HEADER_BYTES;
  while (at < window.sizeBytes) {
    const recordBytes = await readRecord(window, at, name.marker, apply);
    if (recordBytes > 0) {
      if (gapStart >= 0) gaps.push({ startByte: gapStart, endByte: at, reason, isWhole });
      gapStart = -1;
      records++;
      goodBytes += recordBytes;
      at += recordBytes;
      continue;
    }
    if (gapStart < 0) {
      gapStart = at;
      isWhole = recordBytes < 0;
      reason = isWhole ? 'the checksum of a record does not match' : 'no intact record begins here';
    }
    at = await findMarker(window, at + 1, name.marker);
  }
  if (gapStart >= 0) gaps.push({ startByte: gapStart, endByte: window.sizeBytes, reason, isWhole });
  return { records, goodBytes, sizeBytes: window.sizeBytes, gaps: gaps.filter((gap) => gap.startByte < gap.endByte) };
}

/** Applies the record at `at`; returns its size, 0 when there is none, -1 when one is there whole and does not match its checksum. */
async function readRecord(
  window: Window,
  at: number,
  marker: number,
  apply: (record: WalRecord) => void,
): Promise<number> {
  const prefix = await window.at(at, RECORD_PREFIX_BYTES);
  const recordBytes = recordBytesAt(prefix, 0, marker);
  if (recordBytes === undefined || at + recordBytes > window.sizeBytes) return 0;
  const bytes = await window.at(at, recordBytes);
  const record = bytes.length < recordBytes ? undefined : decodeRecord(bytes, 0, recordBytes);
  if (record === undefined) return isZero(bytes, RECORD_PREFIX_BYTES) ? 0 : -1;
  apply(record);
  return recordBytes;
}

/** A power cut may leave zeros where the file had grown and its bytes were not there yet. */
function isZero(bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Next place from `from` on where the marker stands; the end of the file when there is none. */
async function findMarker(window: Window, from: number, marker: number): Promise<number> {
  const needle = markerBytes(marker);
  let at = from;
  while (at + needle.length <= window.sizeBytes) {
    const bytes = await window.at(at, Math.min(WINDOW_BYTES, window.sizeBytes - at));
    const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(needle);
    if (found >= 0) return at + found;
    at += bytes.length - (needle.length - 1);
  }
  return window.sizeBytes;
}

/** A sliding view of a file. */
class Window {
  readonly sizeBytes: number;
  readonly #file: DiskFile;
  #bytes = new Uint8Array(WINDOW_BYTES);
  #start = 0;
  #length = 0;

  constructor(file: DiskFile, sizeBytes: number) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  /** Bytes from `position` on, fewer at the end of the file; valid until the next call. */
  async at(position: number, byteCount: number): Promise<Uint8Array> {
    const wanted = Math.min(byteCount, this.sizeBytes - position);
    if (position < this.#start || position + wanted > this.#start + this.#length) await this.#load(position, wanted);
    const from = position - this.#start;
    return this.#bytes.subarray(from, Math.min(from + wanted, this.#length));
  }

  async #load(position: number, byteCount: number): Promise<void> {
    if (byteCount > this.#bytes.length) this.#bytes = new Uint8Array(byteCount);
    else if (this.#bytes.length > Math.max(byteCount, MAX_KEPT_BYTES))
      this.#bytes = new Uint8Array(Math.max(byteCount, WINDOW_BYTES));
    this.#start = position;
    this.#length = await this.#file.read(this.#bytes, position);
  }
}
