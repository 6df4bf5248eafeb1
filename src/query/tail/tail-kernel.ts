import { asBuffer } from '../../base/as-buffer.ts';
import { type BlockKernel, openBlockKernel } from '../../kernels/block-kernel.ts';
import type { Labels } from '../../model/labels.ts';
import type { LineFilterChain } from '../pipeline/filters/line-filter.ts';
import type { FieldReader } from '../pipeline/parsers/field-reader.ts';
import type { TailColumns } from '../task/task.ts';

/** Lines that lie this near to each other are copied in one go. */
const MAX_GAP_BYTES = 256;
/** Below this, a look at each line costs less than a call of the kernel. */
const MIN_ROWS = 8;

/**
 * Drops rows of a batch by the kernel that searches stored blocks, many lines at once: what line filters look for, and label filters
 * behind a parser. The lines are copied to the kernel's memory, which costs far less than a look at each of them.
 */
export class TailKernel {
  readonly #kernel: BlockKernel | undefined = openBlockKernel();
  /** Rows at work, by their numbers in the kernel. */
  readonly #chosen: Uint32Array = new Uint32Array(this.#kernel?.rowCapacity ?? 0);
  /** One list of labels for all streams that have the same names. */
  readonly #shapes = new Map<string, Labels>();
  readonly #shapeOfStream: (Labels | undefined)[] = [];
  #columns: TailColumns | undefined;
  /** Lines of the columns. */
  #bytes: Buffer = Buffer.alloc(0);

  /** The rows that follow are of these columns. */
  begin(columns: TailColumns): void {
    this.#columns = columns;
    this.#bytes = asBuffer(columns.bytes);
    this.#shapes.clear();
    this.#shapeOfStream.length = 0;
  }

  /**
   * Keeps those of `rows[0, count)` that pass line filters, in place.
   *
   * @returns how many are left; -1, with all rows in place, when the kernel cannot search for what the filters want
   */
  filter(chain: LineFilterChain, rows: Uint32Array, count: number): number {
    const kernel = this.#kernel;
    const { literals, afterLiterals, test } = chain;
    if (kernel === undefined || literals === undefined || count < MIN_ROWS) return -1;
    const { needles, wanted } = literals;
    if (!needles.every((needle) => kernel.searches(needle))) return -1;
    const { bytes, lineStarts, lineEnds } = this.#columns!;
    let kept = 0;
    for (let first = 0; first < count; ) {
      const taken = this.#load(kernel, rows, first, count, undefined);
      if (taken === 0) {
        const row = rows[first++]!;
        if (test(bytes, lineStarts[row]!, lineEnds[row]!)) rows[kept++] = row;
        continue;
      }
      const found =
        needles.length === 1 && wanted
          ? kernel.rowsWith(kernel.lines, needles[0]!, 0, taken, 0)
          : kernel.rowsWithAny(kernel.lines, needles, wanted, 0, taken);
      // Rows are only taken from behind the place where they are put.
      for (let i = 0; i < found; i++) {
        const row = rows[first + kernel.rows[i]!]!;
        if (afterLiterals === undefined || afterLiterals(bytes, lineStarts[row]!, lineEnds[row]!)) rows[kept++] = row;
      }
      first += taken;
    }
    return kept;
  }

  /**
   * Keeps those of `rows[0, count)` that are not sure to fail the label filters behind a parser, in place. Rows of streams with the
   * same label names go together: the names are all that the reader wants of a stream.
   *
   * @returns how many are left
   */
  dropByFields(reader: FieldReader, rows: Uint32Array, count: number): number {
    const kernel = this.#kernel;
    if (kernel === undefined || count < MIN_ROWS) return count;
    const { streamIndexes } = this.#columns!;
    let kept = 0;
    for (let first = 0; first < count; ) {
      const shape = this.#shapeOf(streamIndexes[rows[first]!]!);
      const taken = this.#load(kernel, rows, first, count, shape);
      if (taken === 0) {
        rows[kept++] = rows[first++]!;
        continue;
      }
      const chosen = { rows: this.#chosen, count: taken };
      for (let i = 0; i < taken; i++) chosen.rows[i] = i;
      kernel.fields.from = 0;
      reader.read({ fields: kernel.fields, streamLabels: shape, bytes: kernel.lines }, chosen);
      for (let i = 0; i < chosen.count; i++) rows[kept++] = rows[first + chosen.rows[i]!]!;
      first += taken;
    }
    return kept;
  }

  /**
   * Copies lines to the kernel, from `rows[first]` on, as long as there is room. The kernel wants a byte between lines.
   *
   * @param shape of all streams; undefined: any
   * @returns how many
   */
  #load(kernel: BlockKernel, rows: Uint32Array, first: number, count: number, shape: Labels | undefined): number {
    const { lineStarts, lineEnds, streamIndexes } = this.#columns!;
    const bytes = this.#bytes;
    const { lines, starts, ends } = kernel;
    const stop = Math.min(count, first + kernel.rowCapacity);
    let at = 0;
    let from = 0;
    let to = 0;
    let next = first;
    for (; next < stop; next++) {
      const row = rows[next]!;
      const start = lineStarts[row]!;
      const end = lineEnds[row]!;
      if (shape !== undefined && this.#shapeOf(streamIndexes[row]!) !== shape) break;
      if (next === first || start <= to || start - to > MAX_GAP_BYTES) {
        if (to > from) bytes.copy(lines, at, from, to);
        at += to - from + 1;
        from = start;
        to = start;
      }
      if (at + end - from > lines.length) break;
      to = end;
      starts[next - first] = at + start - from;
      ends[next - first] = at + end - from;
    }
    if (to > from) bytes.copy(lines, at, from, to);
    return next - first;
  }

  #shapeOf(stream: number): Labels {
    let shape = this.#shapeOfStream[stream];
    if (shape === undefined) {
      const labels = this.#columns!.streams[stream]!;
      const names = labels.filter((_, i) => i % 2 === 0).join('\n');
      shape = this.#shapes.get(names) ?? labels;
      this.#shapes.set(names, shape);
      this.#shapeOfStream[stream] = shape;
    }
    return shape;
  }
}
