import type { Labels } from '../../model/labels.ts';
import type { Series, VectorValue } from './series-set.ts';

/**
 * Series as rows of two arrays, in the order of their labels, each with a point at least. Of thousands of series an instant query often
 * keeps a few: the others never become objects.
 */
export class SeriesTable implements VectorValue {
  readonly kind = 'vector';
  /** Points of a row. */
  readonly width: number;
  readonly count: number;
  /** Row after row. */
  readonly values: Float64Array;
  readonly present: Uint8Array;
  readonly #labelsOf: (row: number) => Labels;
  #series: readonly Series[] | undefined;

  /** @param labelsOf labels of a row */
  constructor(
    width: number,
    columns: { readonly values: Float64Array; readonly present: Uint8Array },
    labelsOf: (row: number) => Labels,
  ) {
    this.width = width;
    this.values = columns.values;
    this.present = columns.present;
    this.count = columns.present.length / width;
    this.#labelsOf = labelsOf;
  }

  get series(): readonly Series[] {
    this.#series ??= Array.from({ length: this.count }, (_, row) => this.row(row));
    return this.#series;
  }

  row(row: number): Series {
    const from = row * this.width;
    const to = from + this.width;
    return {
      labels: this.#labelsOf(row),
      values: this.values.subarray(from, to),
      present: this.present.subarray(from, to),
    };
  }
}
