import { P_OFFSET, P_ROWS, P_SLAB, PAGE_FIELDS } from '../../head/page.ts';
import { LastSlab } from '../../head/slab-views.ts';
import type { HeadPages } from './part-source.ts';
import type { Stretches } from './stretches.ts';

const NO_PAGES: HeadPages = { slabs: [], pages: new Float64Array(0), sorted: true };

/**
 * Times of a stretch that lies in the head and in time order, page by page, newest first, where they are: nothing is copied. One for many
 * stretches. A page that nobody asks for is not touched, and to touch one is most of the work: it is in no cache.
 */
export class OpenTimes {
  readonly #slab = new LastSlab();
  #source: HeadPages = NO_PAGES;
  #first = 0;
  #page = 0;
  /** Times of the page at hand: `times[from, to)`, nanoseconds from the start of the day. */
  times: Float64Array = new Float64Array(0);
  from = 0;
  to = 0;

  /** Goes to behind the last page of a stretch. @returns false for stretches of any other kind */
  begin(stretches: Stretches, i: number): boolean {
    const pages = stretches.headPages(i);
    if (pages?.sorted !== true) return false;
    this.#source = pages;
    this.#first = stretches.firsts[i]!;
    this.#page = stretches.ends[i]!;
    return true;
  }

  /** Goes to the page before. @returns false when there is none */
  previous(): boolean {
    if (this.#page === this.#first) return false;
    const at = --this.#page * PAGE_FIELDS;
    const { slabs, pages } = this.#source;
    this.times = this.#slab.of(slabs[pages[at + P_SLAB]!]!).f64;
    this.from = pages[at + P_OFFSET]! >> 3;
    this.to = this.from + pages[at + P_ROWS]!;
    return true;
  }
}
