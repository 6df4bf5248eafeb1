import { crc32c } from '../../base/crc32c.ts';
import type { Disk } from '../../base/disk/disk.ts';
import type { DirectoryTables } from '../../chunk/directory.ts';

/** Filter sections for one query: at once when in memory, later when read; undefined when the segment has none that is whole. */
export interface FilterSections {
  section(path: string, directory: DirectoryTables): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A section larger than this is not read: far above what a segment of 100 GB of lines needs. */
const MAX_SECTION_BYTES = 1 << 30;

/**
 * Skip filters of whole segments in memory: with them a query for a rare text is planned down to the few blocks that may hold it
 * before anything is sent to a worker. Queries go segment by segment, so a store whose filters are larger than the cache skips as well:
 * a query never pushes out what it has used itself, so part of them stays and only the rest is read each time.
 */
export class FilterCache {
  readonly #maxBytes: number;
  readonly #disk: Disk;
  readonly #onDamage: (path: string, error: unknown) => void;
  /** Least recently used first. */
  readonly #sections = new Map<string, Uint8Array>();
  readonly #reading = new Map<string, Promise<Uint8Array | undefined>>();
  #bytes = 0;

  constructor(maxBytes: number, disk: Disk, onDamage: (path: string, error: unknown) => void) {
    this.#maxBytes = maxBytes;
    this.#disk = disk;
    this.#onDamage = onDamage;
  }

  /** Sections as one query asks for them. */
  forQuery(): FilterSections {
    const used = new Set<string>();
    return {
      section: (path, directory) => {
        used.add(path);
        const known = this.#sections.get(path);
        if (known === undefined) return this.#read(path, directory, used);
        this.#sections.delete(path);
        this.#sections.set(path, known);
        return known;
      },
    };
  }

  #read(
    path: string,
    { filterSection }: DirectoryTables,
    used: ReadonlySet<string>,
  ): Promise<Uint8Array | undefined> | undefined {
    if (filterSection.length === 0 || filterSection.length > MAX_SECTION_BYTES) return undefined;
    let reading = this.#reading.get(path);
    if (reading === undefined) {
      reading = this.#load(path, filterSection).finally(() => this.#reading.delete(path));
      this.#reading.set(path, reading);
    }
    return reading.then((section) => {
      if (section !== undefined) this.#keep(path, section, used);
      return section;
    });
  }

  async #load(
    path: string,
    { offset, length, crc }: DirectoryTables['filterSection'],
  ): Promise<Uint8Array | undefined> {
    const section = new Uint8Array(length);
    try {
      const file = await this.#disk.openRead(path);
      try {
        await file.read(section, offset);
      } finally {
        await file.close();
      }
    } catch (error) {
      this.#onDamage(path, error);
      return undefined;
    }
    if (crc32c(section) === crc) return section;
    // Without its filters the segment is still whole: every block is read.
    this.#onDamage(path, new Error(`${path}: skip filters at ${offset} are damaged`));
    return undefined;
  }

  /** Takes a section in if it fits beside what the query that asked for it has used. */
  #keep(path: string, section: Uint8Array, used: ReadonlySet<string>): void {
    if (this.#sections.has(path) || section.length > this.#maxBytes) return;
    const goes: string[] = [];
    let bytes = this.#bytes + section.length;
    for (const [oldest, other] of this.#sections) {
      if (bytes <= this.#maxBytes) break;
      if (used.has(oldest)) continue;
      goes.push(oldest);
      bytes -= other.length;
    }
    if (bytes > this.#maxBytes) return;
    for (const one of goes) this.forget(one);
    this.#sections.set(path, section);
    this.#bytes += section.length;
  }

  /** Lets go of a segment that is gone. */
  forget(path: string): void {
    const section = this.#sections.get(path);
    if (section === undefined) return;
    this.#bytes -= section.length;
    this.#sections.delete(path);
  }
}
