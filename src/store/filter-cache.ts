import { crc32c } from '../base/crc32c.ts';
import { SyncFile } from '../base/sync-file.ts';
import type { Directory } from '../chunk/directory.ts';

/** Filter bytes read for one query where it is planned, so that planning stays short; segments beyond are read without. */
const LOAD_BYTES_PER_QUERY = 64 * 1024 * 1024;

/**
 * Skip filters of whole segments in memory, least recently used first to go: with them a query for a rare text is planned down to the
 * few blocks that may hold it before anything is sent to a worker.
 */
export class FilterCache {
  readonly #maxBytes: number;
  readonly #onDamage: (error: unknown) => void;
  readonly #sections = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes: number, onDamage: (error: unknown) => void) {
    this.#maxBytes = maxBytes;
    this.#onDamage = onDamage;
  }

  /** A reader for one query, with its own bound on what it loads. */
  forQuery(): FilterReader {
    let left = LOAD_BYTES_PER_QUERY;
    return (path, directory) => {
      const { length } = directory.filterSection;
      const known = this.#sections.get(path);
      if (known !== undefined) {
        this.#sections.delete(path);
        this.#sections.set(path, known);
        return known;
      }
      if (length === 0 || length > left || length > this.#maxBytes) return undefined;
      left -= length;
      return this.#load(path, directory);
    };
  }

  #load(path: string, directory: Directory): Uint8Array | undefined {
    const { offset, length, crc } = directory.filterSection;
    const section = new Uint8Array(length);
    try {
      const file = new SyncFile(path);
      try {
        file.read(section, length, offset);
      } finally {
        file.close();
      }
    } catch (error) {
      this.#onDamage(error);
      return undefined;
    }
    if (crc32c(section) !== crc) {
      // Without its filters the segment is still whole: every block is read.
      this.#onDamage(new Error(`${path}: skip filters at ${offset} are damaged`));
      return undefined;
    }
    this.#sections.set(path, section);
    this.#bytes += length;
    for (const [oldest, bytes] of this.#sections) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#sections.delete(oldest);
      this.#bytes -= bytes.length;
    }
    return section;
  }

  /** Lets go of a segment that is gone. */
  forget(path: string): void {
    const section = this.#sections.get(path);
    if (section === undefined) return;
    this.#bytes -= section.length;
    this.#sections.delete(path);
  }
}

/** Filter section of a segment, undefined when it is not to be had here. */
export type FilterReader = (path: string, directory: Directory) => Uint8Array | undefined;
