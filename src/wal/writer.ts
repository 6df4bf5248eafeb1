import { type Disk, isDiskFull } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';
import { deleteWalFiles } from './delete-files.ts';
import { walFailure } from './failure.ts';
import { encodeRecordHead, MAX_PAYLOAD_BYTES, type WalRecord, walFileNames } from './format.ts';
import { type EncodedRecord, WalFile } from './wal-file.ts';

/** Segment size above which the next record begins a new one. */
const DEFAULT_MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** Bytes that may wait for the disk before appends are refused: seconds of a slow disk, not minutes. */
const DEFAULT_MAX_QUEUED_BYTES = 256 * 1024 * 1024;

/** Bytes of one write: large enough for the full speed of a disk (512 MB/s from 1 MB on), short enough to wait for. */
const MAX_GROUP_BYTES = 16 * 1024 * 1024;

export interface WalWriterOptions {
  readonly disk: Disk;
  /** Folder of the files; made when missing. */
  readonly dir: string;
  /** First segment to write, larger than all that were replayed or deleted. */
  readonly nextSeq: number;
  readonly maxSegmentBytes?: number;
  readonly maxQueuedBytes?: number;
  /** always: `append` resolves when the record is on the medium. interval: when it is written; synced within the interval. */
  readonly sync: 'always' | 'interval';
  readonly syncIntervalMs: number;
  /** Told of every failed call, also of those that no append waits for. Must not throw. */
  readonly onFailure?: (error: LogError) => void;
}

export interface WalStats {
  readonly records: number;
  readonly bytes: number;
  readonly syncs: number;
  /** Writes, each of a group of records. */
  readonly groups: number;
  readonly failures: number;
}

interface QueuedRecord extends EncodedRecord {
  readonly kind: 'record';
  readonly seq: number;
  readonly byteCount: number;
  readonly resolve: () => void;
  readonly reject: (error: LogError) => void;
}

/** Work on the open file that must happen between records, in its place in the queue. */
interface QueuedTask {
  readonly kind: 'task';
  readonly run: () => Promise<void>;
}

/**
 * Appends records to the write-ahead log. One loop writes: while a group of records is written and synced, the next ones
 * gather, and go out together as soon as it is done; there is no timer to wait for. A failed write or sync refuses the records
 * of its group and leaves the writer usable: the next append tries again.
 */
export class WalWriter {
  readonly #options: WalWriterOptions;
  readonly #maxSegmentBytes: number;
  readonly #maxQueuedBytes: number;
  #queue: (QueuedRecord | QueuedTask)[] = [];
  #loop: Promise<void> | undefined;
  #seq: number;
  #segmentBytes = 0;
  #queuedBytes = 0;
  #file: WalFile | undefined;
  /** Part of the segment that the next file is, when a failure has ended the one before. */
  #nextPart: { seq: number; part: number } = { seq: 0, part: 0 };
  #syncTimer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #stats = { records: 0, bytes: 0, syncs: 0, groups: 0, failures: 0 };

  private constructor(options: WalWriterOptions, seq: number) {
    this.#options = options;
    this.#maxSegmentBytes = options.maxSegmentBytes ?? DEFAULT_MAX_SEGMENT_BYTES;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
    this.#seq = seq;
  }

  /** Makes the folder ready. Always begins a new segment, above `nextSeq` if files of later segments are there. */
  static async open(options: WalWriterOptions): Promise<WalWriter> {
    await options.disk.mkdir(options.dir);
    const last = walFileNames(await options.disk.list(options.dir)).at(-1);
    return new WalWriter(options, Math.max(options.nextSeq, (last?.seq ?? 0) + 1));
  }

  /** The segment that the next record goes to. */
  get currentSeq(): number {
    return this.#seq;
  }

  /** Bytes of records that are waiting or being written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get stats(): WalStats {
    return { ...this.#stats };
  }

  /**
   * Adds a record. Its place is taken before this returns: it is in segment `currentSeq` as read right afterwards. The
   * body is not copied; the caller leaves it unchanged until the promise is settled.
   *
   * @throws (rejects) LogError DISK_FULL or WAL_WRITE when it could not be stored, MEMORY_PRESSURE when too much is waiting,
   * PUSH_TOO_LARGE above 256 MiB, SHUTTING_DOWN after `close`. A rejected record may still be found by a replay.
   */
  append(record: WalRecord): Promise<void> {
    const refusal = this.#refusal(record.body.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    const head = encodeRecordHead(record);
    const byteCount = head.length + record.body.length;
    if (this.#segmentBytes > 0 && this.#segmentBytes + byteCount > this.#maxSegmentBytes) this.rotate();
    this.#segmentBytes += byteCount;
    this.#queuedBytes += byteCount;
    const seq = this.#seq;
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: 'record', seq, head, body: record.body, byteCount, resolve, reject });
    });
  }

  /**
   * Closes the current segment for new records; later appends go to the next one. Returns at once; files are switched when
   * the records before it are written.
   *
   * @returns the closed segment's number
   */
  rotate(): number {
    const closed = this.#seq;
    this.#seq = closed + 1;
    this.#segmentBytes = 0;
    return closed;
  }

  /** Removes the segments up to `seq`, which must be below `currentSeq`: all their rows are stored elsewhere. */
  async deleteThrough(seq: number): Promise<void> {
    if (seq >= this.#seq) throw new LogError('INTERNAL', `wal segment ${seq} is still open, cannot delete it`);
    const { disk, dir } = this.#options;
    await this.#inTurn(async () => {
      if (this.#file !== undefined && this.#file.id.seq <= seq) await this.#leaveFile(this.#file);
    });
    await deleteWalFiles(disk, dir, seq);
  }

  /**
   * Writes and syncs what is waiting, then closes the file. Later appends are refused.
   *
   * @throws LogError DISK_FULL or WAL_WRITE when the last sync fails (nothing with `always`, where each append was told its own)
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#syncTimer);
    await this.#inTurn(async () => {
      const file = this.#file;
      if (file === undefined) return;
      this.#file = undefined;
      try {
        await this.#syncFile(file);
        await file.close();
        if (file.isEmpty) await file.remove();
      } catch (error) {
        throw this.#failure(error);
      }
    });
  }

  #refusal(bodyBytes: number): LogError | undefined {
    if (this.#closed) return new LogError('SHUTTING_DOWN', 'write-ahead log is closed');
    if (bodyBytes > MAX_PAYLOAD_BYTES) {
      return new LogError(
        'PUSH_TOO_LARGE',
        `request too large for the write-ahead log: ${bodyBytes} bytes, limit ${MAX_PAYLOAD_BYTES}`,
      );
    }
    if (this.#queuedBytes > 0 && this.#queuedBytes + bodyBytes > this.#maxQueuedBytes) {
      return new LogError(
        'MEMORY_PRESSURE',
        `disk does not keep up: ${this.#queuedBytes} bytes wait to be written, limit ${this.#maxQueuedBytes}`,
      );
    }
    return undefined;
  }

  #enqueue(entry: QueuedRecord | QueuedTask): void {
    this.#queue.push(entry);
    this.#loop ??= this.#run();
  }

  /** Runs the task in the loop behind everything queued so far. */
  #inTurn(run: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: 'task', run: () => run().then(resolve, reject) });
    });
  }

  async #run(): Promise<void> {
    // Lets appends of the same moment join the first group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const first = this.#queue[0]!;
      if (first.kind === 'task') {
        this.#queue.shift();
        await first.run();
      } else {
        await this.#writeGroup(this.#takeGroup(first.seq));
      }
    }
    this.#loop = undefined;
  }

  /** The records at the front of the queue that go into one write: of one segment, up to a size. */
  #takeGroup(seq: number): QueuedRecord[] {
    const group: QueuedRecord[] = [];
    let byteCount = 0;
    for (const entry of this.#queue) {
      if (
        entry.kind === 'task' ||
        entry.seq !== seq ||
        (group.length > 0 && byteCount + entry.byteCount > MAX_GROUP_BYTES)
      )
        break;
      group.push(entry);
      byteCount += entry.byteCount;
    }
    this.#queue = this.#queue.slice(group.length);
    return group;
  }

  async #writeGroup(group: readonly QueuedRecord[]): Promise<void> {
    try {
      const file = await this.#fileOf(group[0]!.seq);
      const byteCount = await this.#writeTo(file, group);
      if (this.#options.sync === 'always') await this.#syncGroup(file, byteCount);
      else this.#syncLater();
      this.#stats.records += group.length;
      this.#stats.bytes += byteCount;
      this.#stats.groups++;
      for (const record of group) {
        this.#queuedBytes -= record.byteCount;
        record.resolve();
      }
    } catch (error) {
      const refusal = this.#failure(error);
      for (const record of group) {
        this.#queuedBytes -= record.byteCount;
        record.reject(refusal);
      }
    }
  }

  /** The open file if it is of the segment, else a new one; the one before is synced and closed. */
  async #fileOf(seq: number): Promise<WalFile> {
    if (this.#file !== undefined && this.#file.id.seq !== seq) await this.#leaveFile(this.#file);
    if (this.#file !== undefined) return this.#file;
    if (this.#nextPart.seq !== seq) this.#nextPart = { seq, part: 0 };
    this.#file = await WalFile.create(this.#options.disk, this.#options.dir, seq, this.#nextPart.part);
    return this.#file;
  }

  /** Ends the open file. What fails here is told, but no record waits for it: with `always` all of them are synced already. */
  async #leaveFile(file: WalFile): Promise<void> {
    this.#file = undefined;
    try {
      if (file.isEmpty) await file.remove();
      else await this.#syncFile(file);
      await file.close();
    } catch (error) {
      this.#failure(error);
    }
  }

  async #writeTo(file: WalFile, group: readonly QueuedRecord[]): Promise<number> {
    try {
      return await file.write(group);
    } catch (error) {
      // With the tail cut off the file is as good as before; a full disk is no reason to leave it.
      const isCut = await file.cutTail().then(
        () => true,
        () => false,
      );
      if (!isCut || !isDiskFull(error)) await this.#abandon(file);
      throw error;
    }
  }

  async #syncGroup(file: WalFile, byteCount: number): Promise<void> {
    try {
      await this.#syncFile(file);
    } catch (error) {
      // After a failed sync the system may have dropped the pages: nothing more goes into this file.
      file.forget(byteCount);
      await file.cutTail().catch((cutError: unknown) => this.#failure(cutError));
      await this.#abandon(file);
      throw error;
    }
  }

  async #syncFile(file: WalFile): Promise<void> {
    if (!file.isDirty) return;
    await file.sync();
    this.#stats.syncs++;
  }

  /** Lets go of a file that is not to be trusted; the segment goes on in a new part. */
  async #abandon(file: WalFile): Promise<void> {
    this.#file = undefined;
    this.#nextPart = { seq: file.id.seq, part: file.id.part + 1 };
    try {
      await file.close();
      if (file.isEmpty) await file.remove();
    } catch (error) {
      this.#failure(error);
    }
  }

  #syncLater(): void {
    if (this.#syncTimer !== undefined || this.#closed) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      this.#enqueue({ kind: 'task', run: () => this.#syncNow() });
    }, this.#options.syncIntervalMs).unref();
  }

  async #syncNow(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      await this.#syncFile(file);
    } catch (error) {
      this.#failure(error);
      await this.#abandon(file);
    }
  }

  /** Counts and tells a failure; returns it in the words of the log. */
  #failure(cause: unknown): LogError {
    const { dir, onFailure } = this.#options;
    this.#stats.failures++;
    const error = walFailure(cause, dir);
    onFailure?.(error);
    return error;
  }
}
