import { basename, dirname } from 'node:path';
import type { Disk, DiskFile, DiskSpace, DiskStat } from '../../src/base/disk/disk.ts';

export type DiskCall =
  | 'create'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'rename'
  | 'unlink'
  | 'syncDir'
  | 'read'
  | 'close';

interface StoredFile {
  bytes: Uint8Array;
  /** Content as of the last datasync. */
  synced: Uint8Array;
}

interface Fault {
  readonly call: DiskCall;
  readonly code: string;
  left: number;
}

/**
 * A disk in memory that can be told to fail. It fills up at `capacityBytes`, leaving the part of a write that fitted; fails given
 * calls with given codes; writes every call to `trace`; stops at `pause`; and loses on `crash` what was not synced.
 */
export class MemoryDisk implements Disk {
  capacityBytes: number = Number.POSITIVE_INFINITY;
  /** One line a call: `write 000-x.wal 0+120`. */
  readonly trace: string[] = [];
  readonly files: Map<string, StoredFile> = new Map();
  /** Names that are on the medium, with the content they stand for. */
  readonly #durable = new Map<string, StoredFile>();
  readonly #faults: Fault[] = [];
  #paused: { readonly call: DiskCall; readonly gate: Promise<void>; readonly open: () => void } | undefined;

  /** Lets the next `times` calls of a kind fail. A failing write leaves its first half, a failing datasync all as it was. */
  failNext(call: DiskCall, code: string, times = 1): void {
    this.#faults.push({ call, code, left: times });
  }

  /** Holds back calls of a kind until the returned function is called. */
  pause(call: DiskCall): () => void {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const paused = { call, gate, open };
    this.#paused = paused;
    return () => {
      if (this.#paused === paused) this.#paused = undefined;
      open();
    };
  }

  /** The disk after a loss of power: only names and content that were synced. */
  crash(): MemoryDisk {
    const after = new MemoryDisk();
    for (const [path, file] of this.#durable) after.put(path, file.synced);
    return after;
  }

  /** Puts a file in place, synced. */
  put(path: string, bytes: Uint8Array): void {
    const file = { bytes: bytes.slice(), synced: bytes.slice() };
    this.files.set(path, file);
    this.#durable.set(path, file);
  }

  bytesOf(path: string): Uint8Array {
    const file = this.files.get(path);
    if (file === undefined) throw systemError('ENOENT', path);
    return file.bytes;
  }

  async mkdir(): Promise<void> {}

  async list(path: string): Promise<readonly string[]> {
    return [...this.files.keys()]
      .filter((name) => dirname(name) === path)
      .map((name) => basename(name))
      .sort();
  }

  async stat(path: string): Promise<DiskStat | undefined> {
    const file = this.files.get(path);
    return file && { kind: 'file', sizeBytes: file.bytes.length, modifiedMs: 0 };
  }

  async readAll(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)?.bytes.slice();
  }

  async openRead(path: string): Promise<DiskFile> {
    return this.#open(path);
  }

  async openWrite(path: string): Promise<DiskFile> {
    return this.#open(path);
  }

  async create(path: string): Promise<DiskFile> {
    await this.enter('create', basename(path));
    if (this.files.has(path)) throw systemError('EEXIST', path);
    this.files.set(path, { bytes: new Uint8Array(0), synced: new Uint8Array(0) });
    return this.#open(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.enter('rename', `${basename(from)} ${basename(to)}`);
    this.files.set(to, this.files.get(from) ?? { bytes: this.bytesOf(from), synced: new Uint8Array(0) });
    this.files.delete(from);
  }

  async unlink(path: string): Promise<void> {
    await this.enter('unlink', basename(path));
    this.files.delete(path);
  }

  async removeEmptyDir(path: string): Promise<boolean> {
    return (await this.list(path)).length === 0;
  }

  async syncDir(path: string): Promise<void> {
    await this.enter('syncDir', path);
    for (const name of this.#durable.keys()) if (dirname(name) === path) this.#durable.delete(name);
    for (const [name, file] of this.files) if (dirname(name) === path) this.#durable.set(name, file);
  }

  async space(): Promise<DiskSpace> {
    return { freeBytes: this.capacityBytes - this.usedBytes(), totalBytes: this.capacityBytes };
  }

  usedBytes(): number {
    let sum = 0;
    for (const file of this.files.values()) sum += file.bytes.length;
    return sum;
  }

  /** Start of every call: traces it, waits while it is paused, and fails when it should. */
  async enter(call: DiskCall, text: string, beforeFault: () => void = () => {}): Promise<void> {
    this.trace.push(`${call} ${text}`);
    if (this.#paused?.call === call) await this.#paused.gate;
    const fault = this.#faults.find((each) => each.call === call && each.left > 0);
    if (fault === undefined) return;
    fault.left--;
    beforeFault();
    throw systemError(fault.code, text);
  }

  #open(path: string): DiskFile {
    const file = this.files.get(path);
    if (file === undefined) throw systemError('ENOENT', path);
    return new MemoryFile(this, path, file);
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #disk: MemoryDisk;
  readonly #file: StoredFile;

  constructor(disk: MemoryDisk, path: string, file: StoredFile) {
    this.#disk = disk;
    this.path = path;
    this.#file = file;
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = Buffer.concat(buffers);
    const name = `${basename(this.path)} ${position}+${bytes.length}`;
    await this.#disk.enter('write', name, () => this.#put(bytes.subarray(0, bytes.length >> 1), position));
    const grow = Math.max(0, position + bytes.length - this.#file.bytes.length);
    const room = this.#disk.capacityBytes - this.#disk.usedBytes();
    if (grow > room) {
      this.#put(bytes.subarray(0, bytes.length - (grow - room)), position);
      throw systemError('ENOSPC', this.path);
    }
    this.#put(bytes, position);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#disk.enter('read', basename(this.path));
    const bytes = this.#file.bytes.subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  async sizeBytes(): Promise<number> {
    return this.#file.bytes.length;
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#disk.enter('truncate', `${basename(this.path)} ${sizeBytes}`);
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(this.#file.bytes.subarray(0, sizeBytes));
    this.#file.bytes = bytes;
  }

  async datasync(): Promise<void> {
    const snapshot = this.#file.bytes.slice();
    await this.#disk.enter('datasync', basename(this.path));
    this.#file.synced = snapshot;
  }

  async close(): Promise<void> {
    await this.#disk.enter('close', basename(this.path));
  }

  #put(bytes: Uint8Array, position: number): void {
    const grown = new Uint8Array(Math.max(this.#file.bytes.length, position + bytes.length));
    grown.set(this.#file.bytes);
    grown.set(bytes, position);
    this.#file.bytes = grown;
  }
}

function systemError(code: string, text: string): Error {
  return Object.assign(new Error(`${code}: ${text}`), { code });
}
