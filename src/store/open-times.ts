import { P_OFFSET, P_ROWS, P_SLAB, PAGE_FIELDS } from '../head/page.ts';
import { LastSlab } from '../head/slab-views.ts';
import type { HeadSource, PartSource } from './part-source.ts';
import type { PartRef } from './select.ts';

/** Times of a part that lies in the head and in time order, page by page, where they are: nothing is copied. */
export class OpenTimes {
  readonly #source: HeadSource;
  readonly #slab = new LastSlab();
  #page = -1;
  /** Times of the page at hand: `times[from, to)`, nanoseconds from the start of the day. */
  times: Float64Array = new Float64Array(0);
  from = 0;
  to = 0;

  /** Undefined for parts of any other kind. */
  static of({ sources }: PartRef): OpenTimes | undefined {
    const [source, another] = sources as readonly Partial<PartSource>[];
    const isOpen = source?.kind === 'head' && another === undefined && (source as HeadSource).sorted;
    return isOpen ? new OpenTimes(source as HeadSource) : undefined;
  }

  private constructor(source: HeadSource) {
    this.#source = source;
  }

  /** Back to before the first page. */
  rewind(): void {
    this.#page = -1;
  }

  /** Goes to the next page. @returns false when there is none */
  next(): boolean {
    const { slabs, pages } = this.#source;
    const at = ++this.#page * PAGE_FIELDS;
    if (at >= pages.length) return false;
    this.times = this.#slab.of(slabs[pages[at + P_SLAB]!]!).f64;
    this.from = pages[at + P_OFFSET]! >> 3;
    this.to = this.from + pages[at + P_ROWS]!;
    return true;
  }
}
