import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, DiskFile } from '../base/disk/disk.ts';
import { encodeFileHeader, FILE_HEADER_BYTES, setMarker, type WalFileId, walFileName } from './format.ts';

/** A record on its way to the file: its head without a marker, and the body as the caller gave it. */
export interface EncodedRecord {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * One open WAL file. It knows how far it is good: what was written beyond by a failed call is cut off again or, where that is
 * not to be had, left behind as a tail that nobody was promised.
 */
export class WalFile {
  readonly id: WalFileId;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #file: DiskFile;
  #goodBytes = 0;
  #named = false;
  #dirty = false;

  private constructor(disk: Disk, folder: string, file: DiskFile, id: WalFileId) {
    this.#disk = disk;
    this.#folder = folder;
    this.#file = file;
    this.id = id;
  }

  /** Makes the file; nothing is in it before the first `write`, which brings the header along. */
  static async create(disk: Disk, folder: string, seq: number, part: number): Promise<WalFile> {
    // 0 would find a record in every run of zeros.
    const id = { seq, part, marker: randomBytes(4).readUInt32LE() || 1 };
    return new WalFile(disk, folder, await disk.create(join(folder, walFileName(id))), id);
  }

  /** Bytes written and not known to be on the medium. */
  get isDirty(): boolean {
    return this.#dirty;
  }

  /** True until the first records are in. */
  get isEmpty(): boolean {
    return this.#goodBytes === 0;
  }

  /** Appends the records in one call of the system; returns the bytes written. */
  async write(records: readonly EncodedRecord[]): Promise<number> {
    const buffers: Uint8Array[] = this.#goodBytes === 0 ? [encodeFileHeader(this.id)] : [];
    let byteCount = this.#goodBytes === 0 ? FILE_HEADER_BYTES : 0;
    for (const { head, body } of records) {
      setMarker(head, this.id.marker);
      buffers.push(head);
      if (body.length > 0) buffers.push(body);
      byteCount += head.length + body.length;
    }
    this.#dirty = true;
    await this.#file.write(buffers, this.#goodBytes);
    this.#goodBytes += byteCount;
    return byteCount;
  }

  /** Puts on the medium what was written and, the first time, the file's name. */
  async sync(): Promise<void> {
    if (!this.#dirty) return;
    await this.#file.datasync();
    if (!this.#named) await this.#disk.syncDir(this.#folder);
    this.#named = true;
    this.#dirty = false;
  }

  /** Cuts off what a failed `write` may have left. */
  async cutTail(): Promise<void> {
    await this.#file.truncate(this.#goodBytes);
  }

  /** Takes the last `byteCount` bytes back, after a sync that failed. */
  forget(byteCount: number): void {
    this.#goodBytes = Math.max(0, this.#goodBytes - byteCount);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await this.#disk.unlink(this.#file.path);
  }
}
