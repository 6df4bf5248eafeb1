import type { ByteSearch, Needle } from '../../base/regex/byte-search.ts';
import type { RowBlock } from '../../model/row-block.ts';
import type { AutomatonFilter, LineFilterChain, LineTest } from '../pipeline/filters/line-filter.ts';

/** The columns that line filters look at. */
type LineColumns = Pick<RowBlock, 'bytes' | 'lineStarts' | 'lineEnds'> &
  Partial<Pick<RowBlock, 'ascii' | 'joined' | 'finder' | 'someLines'>>;

/** After this many hits of a block search it is known whether hits are dense. */
const PROBE_HITS = 32;
/** A jump of the native search costs about as much as testing two short lines. */
const DENSE_ROWS_PER_HIT = 2;
/** Where hits are dense, this many rows are tested one by one before the search is tried again. */
const DENSE_ROWS = 96;

/**
 * Rows of a block that pass the leading line filters, as ascending row numbers. One instance serves a whole scan: the array is
 * reused from block to block.
 */
export class RowSelection {
  rows: Uint32Array = new Uint32Array(4096);
  count = 0;
  #dropped: Uint32Array = new Uint32Array(0);
  /** What `#isKept` looks at: one function for all blocks, of which there are thousands. */
  #tested: LineColumns | undefined;
  #lineTest: LineTest | undefined;
  #passing = true;
  readonly #isKept = (row: number): boolean => {
    const { bytes, lineStarts, lineEnds, ascii } = this.#tested!;
    return this.#lineTest!(bytes, lineStarts[row]!, lineEnds[row]!, ascii) === this.#passing;
  };

  /** Takes all rows of a range. */
  all(first: number, end: number): void {
    this.#grow(end - first);
    for (let row = first; row < end; row++) this.rows[row - first] = row;
    this.count = end - first;
  }

  /** Takes the rows of a range that pass line filters; where there are none, those that may hold one of the texts that are implied, else all. */
  choose(
    block: LineColumns,
    first: number,
    end: number,
    filter: LineFilterChain | undefined,
    implied: readonly Needle[] | undefined,
  ): void {
    if (filter !== undefined) this.filter(block, first, end, filter);
    else if (implied !== undefined) this.#thatMay(block, first, end, implied);
    else this.all(first, end);
  }

  /** Takes rows of a range that may hold one of some texts: all that do, and others. */
  #thatMay(block: LineColumns, first: number, end: number, needles: readonly Needle[]): void {
    this.#grow(end - first);
    const found = block.finder?.rowsThatMay(needles, first, end, this.rows) ?? -1;
    if (found < 0) this.all(first, end);
    else this.count = found;
  }

  /** Takes the rows of a range that pass line filters. */
  filter(block: LineColumns, first: number, end: number, chain: LineFilterChain): void {
    this.#grow(end - first);
    this.count = 0;
    if (first === end || chain.never) return;
    if (this.#filterByAutomata(block, first, end, chain) || this.#filterByFinder(block, first, end, chain)) return;
    block.someLines?.needAll();
    if (chain.search !== undefined && linesAscend(block, first, end)) {
      this.#filterBySearch(block, first, end, chain, chain.search);
      return;
    }
    this.#filterOneByOne(block, first, end, chain);
  }

  /** Lets automata tell the rows, where no line has to be there for that. @returns false where lines are there anyway */
  #filterByAutomata(
    block: LineColumns,
    first: number,
    end: number,
    { automata, literals, afterAutomata }: LineFilterChain,
  ): boolean {
    const { finder } = block;
    if (automata === undefined || finder?.keepMatching === undefined) return false;
    const { rows } = this;
    let count = literals?.wanted === true ? finder.rowsThatMay(literals.needles, first, end, rows) : -1;
    if (count < 0) {
      this.all(first, end);
      count = this.count;
    }
    for (const filter of automata) {
      if (count === 0) break;
      const kept = this.#keepPassing(block, first, end, filter, count);
      count = kept < 0 ? this.#test(block, count, filter.test) : kept;
    }
    this.count = afterAutomata === undefined ? count : this.#test(block, count, afterAutomata);
    return true;
  }

  /** Keeps those of some rows that pass a filter, or with `passing` false do not. @returns how many, -1 when it has no automaton */
  #keep(
    block: LineColumns,
    { automaton: automatonFor, wanted, test }: AutomatonFilter,
    rows: Uint32Array,
    count: number,
    passing: boolean,
  ): number {
    const automaton = automatonFor();
    if (automaton === undefined) return -1;
    this.#tested = block;
    this.#lineTest = test;
    this.#passing = passing;
    return block.finder!.keepMatching!(automaton, wanted === passing, rows, count, this.#isKept);
  }

  /** Keeps the rows that pass a filter. @returns how many, -1 when it has no automaton */
  #keepPassing(block: LineColumns, first: number, end: number, filter: AutomatonFilter, count: number): number {
    const { rows } = this;
    if (filter.wanted || filter.needles?.length !== 1) return this.#keep(block, filter, rows, count, true);
    // Of those that do not pass, which mostly are fewer, a search for the text finds the ones that may be.
    if (this.#dropped.length < end - first) this.#dropped = new Uint32Array(this.rows.length);
    const dropped = this.#dropped;
    const found = block.finder!.rowsThatMay(filter.needles, first, end, dropped);
    if (found < 0) return this.#keep(block, filter, rows, count, true);
    const drops = this.#keep(block, filter, dropped, found, false);
    if (drops < 0) return -1;
    let kept = 0;
    for (let i = 0, d = 0; i < count; i++) {
      const row = rows[i]!;
      while (d < drops && dropped[d]! < row) d++;
      rows[kept] = row;
      kept += d < drops && dropped[d] === row ? 0 : 1;
    }
    return kept;
  }

  /** Keeps the rows that pass a test, which are decoded for that. @returns how many */
  #test(block: LineColumns, count: number, test: LineTest): number {
    const { rows } = this;
    block.someLines?.need(rows, count);
    const { bytes, lineStarts, lineEnds, ascii } = block;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (test(bytes, lineStarts[row]!, lineEnds[row]!, ascii)) rows[kept++] = row;
    }
    return kept;
  }

  /** Lets the block search all its lines at once. @returns false when it cannot */
  #filterByFinder(block: LineColumns, first: number, end: number, chain: LineFilterChain): boolean {
    const { literals, afterLiterals } = chain;
    if (literals === undefined || block.finder === undefined) return false;
    const { rows } = this;
    const found = block.finder.rowsWith(literals.needles, literals.wanted, first, end, rows);
    if (found < 0) return false;
    this.count = afterLiterals === undefined ? found : this.#test(block, found, afterLiterals);
    return true;
  }

  #filterOneByOne(block: LineColumns, first: number, end: number, chain: LineFilterChain): void {
    const { bytes, lineStarts, lineEnds, ascii } = block;
    for (let row = first; row < end; row++) {
      if (chain.test(bytes, lineStarts[row]!, lineEnds[row]!, ascii)) this.rows[this.count++] = row;
    }
  }

  /** Searches all lines of the range at once for the first needle, maps hits back to rows, and tests only those. */
  #filterBySearch(block: LineColumns, first: number, end: number, chain: LineFilterChain, search: ByteSearch): void {
    const { bytes, lineStarts, lineEnds, ascii } = block;
    const needleBytes = search.needle.bytes.length;
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, lineEnds[end - 1]!);
    let row = first;
    let at = lineStarts[first]!;
    let hits = 0;
    let probeStart = first;
    while (row < end) {
      at = search.findNext(lines, at);
      if (at < 0) return;
      while (row < end && lineEnds[row]! < at + needleBytes) row++;
      if (row === end) return;
      const lineStart = lineStarts[row]!;
      const lineEnd = lineEnds[row]!;
      // A hit between or across lines says nothing about a row: go on behind it.
      if (at < lineStart) {
        at++;
        continue;
      }
      if (chain.searchDecides || chain.test(bytes, lineStart, lineEnd, ascii)) this.rows[this.count++] = row;
      row++;
      at = lineEnd;
      hits++;
      if (hits < PROBE_HITS) continue;
      if (row - probeStart <= PROBE_HITS * DENSE_ROWS_PER_HIT) {
        const stop = Math.min(end, row + DENSE_ROWS);
        this.#filterOneByOne(block, row, stop, chain);
        row = stop;
        if (row < end) at = lineStarts[row]!;
      }
      hits = 0;
      probeStart = row;
    }
  }

  #grow(count: number): void {
    if (this.rows.length < count) this.rows = new Uint32Array(Math.max(count, this.rows.length * 2));
  }
}

/** Lines lie in row order without overlap, as they do in stored blocks; merged parts may differ. */
function linesAscend(block: LineColumns, first: number, end: number): boolean {
  const { lineStarts, lineEnds } = block;
  if (block.joined === true) return true;
  for (let row = first + 1; row < end; row++) if (lineStarts[row]! < lineEnds[row - 1]!) return false;
  return true;
}
