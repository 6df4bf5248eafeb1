import { join } from 'node:path';
import type { Disk, DiskFile } from '../../base/disk/disk.ts';
import { readVersioned, writeDurably } from '../../base/disk/json-file.ts';
import {
  decodeQueueRecord,
  encodeQueueHeader,
  encodeQueueRecord,
  isQueueHeader,
  QUEUE_HEADER_BYTES,
  type QueueRecord,
  queueFileName,
  queueFileNumber,
  queueRecordBytes,
} from './queue-format.ts';

const POSITION_FILE = 'position.json';
const POSITION_VERSION = 1;
/** A file that has grown so large is followed by the next one. */
const FILE_BYTES = 4 * 1024 * 1024;
/** More than a file can have: one record may stand behind its last byte. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

interface Position {
  readonly version: number;
  readonly file: number;
  readonly offset: number;
}

/** Records that were read, and the place behind them. */
export interface QueueBatch {
  readonly records: readonly QueueRecord[];
  readonly file: number;
  readonly offset: number;
}

export interface SampleQueueOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly maxBytes: number;
  /** Samples are lost; the text says why. */
  readonly lost: (series: number, reason: string) => void;
}

/**
 * Samples on their way to one receiver, in files: what was appended is sent, whatever is killed meanwhile. Bounded: beyond
 * `maxBytes` the oldest file goes.
 */
export class SampleQueue {
  readonly #options: SampleQueueOptions;
  /** Files that are there, oldest first, with their sizes. */
  readonly #sizes = new Map<number, number>();
  #sent: Position = { version: POSITION_VERSION, file: 0, offset: QUEUE_HEADER_BYTES };
  #out: { readonly number: number; readonly file: DiskFile; bytes: number } | undefined;
  #appending: Promise<unknown> = Promise.resolve();

  constructor(options: SampleQueueOptions) {
    this.#options = options;
  }

  /** Finds what was not sent before. @throws LogError FORMAT_UNKNOWN */
  async open(): Promise<void> {
    const { disk, folder } = this.#options;
    await disk.mkdir(folder);
    const sent = await readVersioned<Position>(disk, join(folder, POSITION_FILE), POSITION_VERSION);
    if (sent !== undefined) this.#sent = sent;
    for (const name of await disk.list(folder)) {
      const number = queueFileNumber(name);
      if (number === undefined) continue;
      if (number < this.#sent.file) await disk.unlink(join(folder, name));
      else this.#sizes.set(number, (await disk.stat(join(folder, name)))?.sizeBytes ?? 0);
    }
  }

  /** Bytes on disk. */
  get bytes(): number {
    let sum = 0;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  /** Resolves when the records are on disk. */
  append(records: readonly QueueRecord[]): Promise<void> {
    const done = this.#appending.then(() => this.#append(records));
    this.#appending = done.catch(() => undefined);
    return done;
  }

  async #append(records: readonly QueueRecord[]): Promise<void> {
    this.#out ??= await this.#create();
    const out = this.#out;
    const parts = records.map(encodeQueueRecord);
    try {
      await out.file.write(parts, out.bytes);
      await out.file.datasync();
    } catch (error) {
      // What was written of it is torn: the next record goes to a file of its own.
      this.#out = undefined;
      await out.file.close();
      throw error;
    }
    out.bytes += parts.reduce((sum, part) => sum + part.length, 0);
    this.#sizes.set(out.number, out.bytes);
    if (out.bytes >= FILE_BYTES) {
      this.#out = undefined;
      await out.file.close();
    }
    while (this.bytes > this.#options.maxBytes && this.#sizes.size > 1) await this.#dropOldest();
  }

  async #create(): Promise<{ number: number; file: DiskFile; bytes: number }> {
    const { disk, folder } = this.#options;
    const number = Math.max(this.#sent.file, ...this.#sizes.keys()) + 1;
    const file = await disk.create(join(folder, queueFileName(number)));
    await file.write([encodeQueueHeader()], 0);
    await disk.syncDir(folder);
    this.#sizes.set(number, QUEUE_HEADER_BYTES);
    return { number, file, bytes: QUEUE_HEADER_BYTES };
  }

  async #dropOldest(): Promise<void> {
    const [number] = this.#sizes.keys();
    const batch = await this.read(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    const records = batch?.file === number ? (batch?.records ?? []) : [];
    const series = records.reduce((sum, record) => sum + record.seriesCount, 0);
    await this.sent(number! + 1, QUEUE_HEADER_BYTES);
    this.#options.lost(series, 'the queue is full: its oldest samples are dropped');
  }

  /**
   * The next records that were not sent; undefined when there are none. Those of several tenants do not come together.
   *
   * @param maxSeries, maxBytes bounds of a batch; one record may be more
   */
  async read(maxSeries: number, maxBytes: number): Promise<QueueBatch | undefined> {
    const { disk, folder, lost } = this.#options;
    for (const number of [...this.#sizes.keys()]) {
      if (number < this.#sent.file) continue;
      const found = await disk.readAll(join(folder, queueFileName(number)), MAX_FILE_BYTES);
      const from = number === this.#sent.file ? this.#sent.offset : QUEUE_HEADER_BYTES;
      const isLast = this.#out?.number === number;
      // The rest of a file that is being written may be half a record.
      const bytes = Buffer.from(found ?? []).subarray(0, isLast ? this.#out!.bytes : undefined);
      if (bytes.length > 0 && !isQueueHeader(bytes)) lost(0, `not a file of the queue: ${queueFileName(number)}`);
      const batch = isQueueHeader(bytes) ? readRecords(bytes, from, maxSeries, maxBytes) : undefined;
      if (batch !== undefined && batch.records.length > 0) return { ...batch, file: number };
      if (isLast) return undefined;
      // A torn end is what a crash leaves: its samples were promised to nobody.
      if (batch?.isDamaged === true) lost(0, `damaged record in ${queueFileName(number)}`);
      if (number === Math.max(...this.#sizes.keys())) return undefined;
      await this.sent(number + 1, QUEUE_HEADER_BYTES);
    }
    return undefined;
  }

  /** Everything before this place was taken. */
  async sent(file: number, offset: number): Promise<void> {
    const { disk, folder } = this.#options;
    this.#sent = { version: POSITION_VERSION, file, offset };
    await writeDurably(disk, join(folder, POSITION_FILE), JSON.stringify(this.#sent));
    for (const number of [...this.#sizes.keys()]) {
      if (number >= file) continue;
      this.#sizes.delete(number);
      await disk.unlink(join(folder, queueFileName(number)));
    }
  }

  async close(): Promise<void> {
    await this.#appending;
    await this.#out?.file.close();
    this.#out = undefined;
  }
}

function readRecords(
  bytes: Buffer,
  from: number,
  maxSeries: number,
  maxBytes: number,
): Omit<QueueBatch, 'file'> & { readonly isDamaged: boolean } {
  const records: QueueRecord[] = [];
  let offset = from;
  let series = 0;
  for (;;) {
    const size = queueRecordBytes(bytes, offset);
    if (size === undefined) return { records, offset, isDamaged: false };
    const record = decodeQueueRecord(bytes, offset, size);
    if (record === undefined) return { records, offset, isDamaged: true };
    const first = records[0];
    const isMore = series + record.seriesCount > maxSeries || offset - from + size > maxBytes;
    if (first !== undefined && (isMore || record.tenant !== first.tenant)) return { records, offset, isDamaged: false };
    records.push(record);
    series += record.seriesCount;
    offset += size;
  }
}
