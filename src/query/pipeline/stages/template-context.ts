import { type Labels, labelsToObject, labelValue } from '../../../model/labels.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../row/label-names.ts';
import type { Row } from '../row/stage.ts';
import type { TemplateContext } from '../template/functions/runtime.ts';

export const TEMPLATE_ERROR = 'TemplateFormatErr';

/** What a template sees of the row in flight; one per stage. */
export class RowContext implements TemplateContext {
  #row: Row | undefined;
  #snapshot: Labels | undefined;
  readonly #hidesErrors: boolean;

  /** @param hidesErrors the error labels read as absent */
  constructor(hidesErrors = false) {
    this.#hidesErrors = hidesErrors;
  }

  /** Points at a row. With `snapshot` the template sees those labels instead of the current ones. */
  begin(row: Row, snapshot?: Labels): this {
    this.#row = row;
    this.#snapshot = snapshot;
    return this;
  }

  get(name: string): string | undefined {
    if (this.#hidesErrors && (name === ERROR_LABEL || name === ERROR_DETAILS_LABEL)) return undefined;
    return this.#snapshot === undefined ? this.#row!.labels.get(name) : labelValue(this.#snapshot, name);
  }

  all(): Readonly<Record<string, string>> {
    return labelsToObject(this.#snapshot ?? this.#row!.labels.result());
  }

  line(): string {
    return this.#row!.lineText();
  }

  timestampNs(): bigint {
    return this.#row!.timestampNs();
  }
}
