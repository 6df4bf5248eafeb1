import { ABSENT } from '../../kernels/field-kernel.ts';
import type { Labels } from '../../model/labels.ts';
import { labelValue } from '../../model/labels.ts';
import type { RowBlock } from '../../model/row-block.ts';
import { groupLabels } from '../aggregate/series-set.ts';
import type { ScanGrouping } from '../analysis/fold.ts';
import type { FieldReader } from '../pipeline/parsers/field-reader.ts';
import { ByteTable } from '../pipeline/text/byte-table.ts';
import type { SeriesIndex } from './series-index.ts';

/** In place of a field: there is none to look at; the name is no field. */
const NONE = -2;
const NO_FIELD = -1;

/**
 * Series of rows whose labels were read ahead: told from the stream and at most one field, without making labels. Where there is such a field a
 * series is found once by way of the labels, and then by the bytes of the field.
 */
export class FieldSeries {
  readonly #grouping: ScanGrouping;
  readonly #index: SeriesIndex;
  readonly #names: ReadonlySet<string>;
  /** Of an open label, by the values that the stream gives to the others. */
  readonly #tables = new Map<string, ByteTable>();
  #stream: Labels | undefined;
  #table: ByteTable | undefined;
  /** Of the stream at work, if it decides all and a row has been found; else -1. */
  #ofStream = -1;
  /** Field of the one label that the stream does not decide; NONE when it decides all. */
  #open = NONE;
  #usable = false;
  #bytes: Uint8Array = new Uint8Array(0);

  /** @param index numbers the series of the grouping */
  constructor(grouping: ScanGrouping, index: SeriesIndex) {
    this.#grouping = grouping;
    this.#index = index;
    this.#names = new Set(grouping.labels);
  }

  /** @returns false when series of this block have to be found by way of labels */
  begin(block: RowBlock, fields: FieldReader): boolean {
    this.#bytes = block.bytes;
    if (this.#stream !== block.streamLabels) this.#beginStream(block.streamLabels, fields);
    return this.#usable;
  }

  #beginStream(stream: Labels, fields: FieldReader): void {
    const isSame = this.#names.size === 0 && this.#stream !== undefined;
    this.#stream = stream;
    if (isSame) return;
    let given = '';
    this.#open = NONE;
    let openCount = 0;
    for (const name of this.#names) {
      const value = labelValue(stream, name);
      if (value !== undefined) given += `${value.length}:${value}`;
      else {
        this.#open = fields.fieldOfName(name);
        openCount++;
      }
    }
    this.#usable = !this.#grouping.without && openCount <= 1 && this.#open !== NO_FIELD;
    this.#ofStream = -1;
    if (this.#open === NONE) return;
    // Names need not be told: they are those of the grouping, less the open one.
    const key = `${this.#open} ${given}`;
    this.#table = this.#tables.get(key) ?? new ByteTable();
    this.#tables.set(key, this.#table);
  }

  /** Series of the row that the reader points at; -1 when it is not known, -2 when only the labels can tell. */
  find(fields: FieldReader): number {
    if (this.#open === NONE) {
      // Not before there is a row of it: a series without rows is none.
      if (this.#ofStream < 0) this.#ofStream = this.#index.ofGrouped(groupLabels(this.#stream!, false, this.#names));
      return this.#ofStream;
    }
    const start = fields.start(this.#open);
    return start === ABSENT ? -2 : this.#table!.find(this.#bytes, start, fields.end(this.#open));
  }

  /** Remembers what `find` did not know. */
  add(fields: FieldReader, series: number): void {
    this.#table!.add(this.#bytes, fields.start(this.#open), fields.end(this.#open), series);
  }
}
