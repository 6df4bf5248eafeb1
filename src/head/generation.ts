import type { Labels } from '../model/labels.ts';
import { HeadPart } from './part.ts';
import { SlabArena, type SlabPool } from './slab-pool.ts';

/**
 * A generation of the head: everything that arrived between two cuts, of all tenants, with the memory that holds it. It is
 * open, then sealed, then written to segments as a whole, then let go. Its WAL segments live and die with it.
 */
export class Generation {
  readonly id: number;
  readonly arena: SlabArena;
  readonly openedMs: number;
  /** By tenant, then by day and stream. */
  readonly #parts = new Map<string, Map<string, HeadPart>>();
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
    this.openedMs = nowMs;
    this.lastAppendMs = nowMs;
  }

  part(tenant: string, streamId: number, labels: Labels, day: number): HeadPart {
    let parts = this.#parts.get(tenant);
    if (parts === undefined) {
      parts = new Map();
      this.#parts.set(tenant, parts);
    }
    const key = `${day}/${streamId}`;
    let part = parts.get(key);
    if (part === undefined) {
      part = new HeadPart(streamId, labels, day, this.arena);
      parts.set(key, part);
    }
    return part;
  }

  find(tenant: string, streamId: number, day: number): HeadPart | undefined {
    return this.#parts.get(tenant)?.get(`${day}/${streamId}`);
  }

  tenants(): IterableIterator<string> {
    return this.#parts.keys();
  }

  parts(tenant: string): Iterable<HeadPart> {
    return this.#parts.get(tenant)?.values() ?? [];
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
    if (this.#dropped && this.#pins === 0) this.arena.release();
  }

  /** The rows are in segments: the memory goes back when nobody reads it any more. */
  drop(): void {
    this.#dropped = true;
    if (this.#pins === 0) this.arena.release();
  }
}
