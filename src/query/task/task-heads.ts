import { PAGE_FIELDS } from '../../head/page.ts';
import type { Labels } from '../../model/labels.ts';
import { labelsAt, type SharedLabels } from '../../store/segments/shared-labels.ts';
import type { HeadPages, HeadSource } from '../../store/snapshot/part-source.ts';
import type { PartRef } from '../../store/snapshot/select.ts';
import { HEAD_PLACE, type Stretches } from '../../store/snapshot/stretches.ts';

/**
 * Open parts of the head that a task reads, as plain data in few arrays: copied one by one, an object with its source and pages takes some ten
 * times as long, on both sides.
 */
export interface TaskHeads {
  /** `HEAD_FIELDS` numbers a part. */
  readonly numbers: Float64Array;
  /** Pages of all of them. */
  readonly pages: Float64Array;
  /** Memory of generations. */
  readonly slabs: readonly (readonly SharedArrayBuffer[])[];
}

const H_DAY = 0;
const H_MIN = 1;
const H_MAX = 2;
const H_ROWS = 3;
const H_LINE_BYTES = 4;
const H_METADATA_BYTES = 5;
const H_SORTED = 6;
/** Number of the slabs. */
const H_SLABS = 7;
/** Pages `H_FIRST .. H_END`. */
const H_FIRST = 8;
const H_END = 9;
const HEAD_FIELDS = 10;

export const NO_HEADS: TaskHeads = { numbers: new Float64Array(0), pages: new Float64Array(0), slabs: [] };

/** Stretches of the head, by number, as a task has them. */
export function taskHeads(stretches: Stretches, wanted: readonly number[]): TaskHeads {
  if (wanted.length === 0) return NO_HEADS;
  const { firsts, ends } = stretches;
  let pageCount = 0;
  for (const i of wanted) pageCount += ends[i]! - firsts[i]!;
  const numbers = new Float64Array(wanted.length * HEAD_FIELDS);
  const pages = new Float64Array(pageCount * PAGE_FIELDS);
  const slabs = new Map<HeadPages['slabs'], number>();
  let first = 0;
  let last: HeadPages['slabs'] = [];
  let number = -1;
  for (let k = 0; k < wanted.length; k++) {
    const i = wanted[k]!;
    const from = stretches.headPages(i)!;
    const at = k * HEAD_FIELDS;
    if (from.slabs !== last) {
      last = from.slabs;
      number = slabs.get(last) ?? slabs.size;
      slabs.set(last, number);
    }
    numbers[at + H_DAY] = stretches.days[i]!;
    numbers[at + H_MIN] = stretches.mins[i]!;
    numbers[at + H_MAX] = stretches.maxs[i]!;
    numbers[at + H_ROWS] = stretches.rows[i]!;
    numbers[at + H_LINE_BYTES] = stretches.lineBytes[i]!;
    numbers[at + H_METADATA_BYTES] = stretches.metadataBytes[i]!;
    numbers[at + H_SORTED] = from.sorted ? 1 : 0;
    numbers[at + H_SLABS] = number;
    numbers[at + H_FIRST] = first;
    // A loop: a part has few pages, and a view of them costs more.
    let to = first * PAGE_FIELDS;
    for (let page = firsts[i]! * PAGE_FIELDS; page < ends[i]! * PAGE_FIELDS; page++) pages[to++] = from.pages[page]!;
    first += ends[i]! - firsts[i]!;
    numbers[at + H_END] = first;
  }
  return { numbers, pages, slabs: [...slabs.keys()] };
}

/** An open part where its task runs: one object for all of a task, which moves from part to part. */
export class OpenPart implements PartRef, HeadSource {
  readonly kind = 'head';
  readonly sources: readonly [HeadSource] = [this];
  readonly place: number = HEAD_PLACE;
  readonly pages: Float64Array;
  readonly #heads: TaskHeads;
  readonly #labels: SharedLabels;
  #at = 0;
  #labelPlace = 0;
  streamId = 0;

  constructor(heads: TaskHeads, labels: SharedLabels) {
    this.#heads = heads;
    this.#labels = labels;
    this.pages = heads.pages;
  }

  /** Goes to part number `k`. */
  begin(k: number, streamId: number, labelPlace: number): this {
    this.#at = k * HEAD_FIELDS;
    this.streamId = streamId;
    this.#labelPlace = labelPlace;
    return this;
  }

  #number(field: number): number {
    return this.#heads.numbers[this.#at + field]!;
  }

  get streamLabels(): Labels {
    return labelsAt(this.#labels, this.#labelPlace, this.streamId);
  }

  get slabs(): readonly SharedArrayBuffer[] {
    return this.#heads.slabs[this.#number(H_SLABS)]!;
  }

  get first(): number {
    return this.#number(H_FIRST);
  }

  get end(): number {
    return this.#number(H_END);
  }

  get sorted(): boolean {
    return this.#number(H_SORTED) === 1;
  }

  get day(): number {
    return this.#number(H_DAY);
  }

  get minOffsetNs(): number {
    return this.#number(H_MIN);
  }

  get maxOffsetNs(): number {
    return this.#number(H_MAX);
  }

  get rowCount(): number {
    return this.#number(H_ROWS);
  }

  get lineBytes(): number {
    return this.#number(H_LINE_BYTES);
  }

  get metadataBytes(): number {
    return this.#number(H_METADATA_BYTES);
  }
}
