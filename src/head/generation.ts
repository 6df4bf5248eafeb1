import type { Labels } from '../model/labels.ts';
import { PageTable } from './page-table.ts';
import { HeadPart } from './part.ts';
import { SlabArena, type SlabPool } from './slab-pool.ts';

/** Parts of one tenant: all of them, and by day and stream. */
interface TenantParts {
  readonly all: HeadPart[];
  readonly byDay: Map<number, Map<number, HeadPart>>;
}

/**
 * A generation of the head: everything that arrived between two cuts, of all tenants, with the memory that holds it. It is
 * open, then sealed, then written to segments as a whole, then let go. Its WAL segments live and die with it.
 */
export class Generation {
  readonly id: number;
  readonly arena: SlabArena;
  readonly openedMs: number;
  readonly #pages: PageTable;
  readonly #parts = new Map<string, TenantParts>();
  #memories: readonly SharedArrayBuffer[] = [];
  #pins = 0;
  #dropped = false;
  lastAppendMs: number;
  rowCount = 0;
  /** Last WAL segment whose records are all here or in an earlier generation; known when sealed. */
  walSeq = 0;

  constructor(id: number, pool: SlabPool, nowMs: number) {
    this.id = id;
    this.arena = new SlabArena(pool);
    this.#pages = new PageTable(this.arena);
    this.openedMs = nowMs;
    this.lastAppendMs = nowMs;
  }

  part(tenant: string, streamId: number, labels: Labels, day: number): HeadPart {
    let parts = this.#parts.get(tenant);
    if (parts === undefined) {
      parts = { all: [], byDay: new Map() };
      this.#parts.set(tenant, parts);
    }
    let ofDay = parts.byDay.get(day);
    if (ofDay === undefined) {
      ofDay = new Map();
      parts.byDay.set(day, ofDay);
    }
    let part = ofDay.get(streamId);
    if (part === undefined) {
      part = new HeadPart(streamId, labels, day, this.#pages);
      ofDay.set(streamId, part);
      parts.all.push(part);
    }
    return part;
  }

  tenants(): IterableIterator<string> {
    return this.#parts.keys();
  }

  parts(tenant: string): readonly HeadPart[] {
    return this.#parts.get(tenant)?.all ?? [];
  }

  /** Days that a tenant has rows of. */
  days(tenant: string): Iterable<number> {
    return this.#parts.get(tenant)?.byDay.keys() ?? [];
  }

  partsOf(tenant: string, day: number): Iterable<HeadPart> {
    return this.#parts.get(tenant)?.byDay.get(day)?.values() ?? [];
  }

  /** Shared memory of all slabs by number: one array per state of the arena, so that it crosses to a thread once. */
  memories(): readonly SharedArrayBuffer[] {
    if (this.#memories.length !== this.arena.slabs.length) this.#memories = this.arena.slabs.map((slab) => slab.memory);
    return this.#memories;
  }

  get empty(): boolean {
    return this.rowCount === 0;
  }

  /** A query or a flush reads the memory: it is not reused before `unpin`. */
  pin(): void {
    this.#pins++;
  }

  unpin(): void {
    this.#pins--;
    if (this.#dropped && this.#pins === 0) this.#release();
  }

  /** The rows are in segments: the memory goes back when nobody reads it any more. */
  drop(): void {
    this.#dropped = true;
    if (this.#pins === 0) this.#release();
  }

  #release(): void {
    this.#pages.release();
    this.arena.release();
  }
}
