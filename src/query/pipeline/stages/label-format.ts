import type { LabelFormatItem } from '../../../../grammar/ast.ts';
import { LogError } from '../../../base/errors.ts';
import type { Labels } from '../../../model/labels.ts';
import { ERROR_LABEL } from '../row/label-names.ts';
import type { PipelineStage, Row } from '../row/stage.ts';
import type { Template } from '../template/template.ts';
import { compileChecked, recordTemplateError } from './line-format.ts';
import { RowContext } from './template-context.ts';

type Item =
  | { readonly target: string; readonly source: string; readonly template: undefined }
  | { readonly target: string; readonly template: Template };

/** `| label_format x=y, z="..."`: renames labels and sets labels from templates, in order. */
export class LabelFormat implements PipelineStage {
  readonly #items: readonly Item[];
  /** Several templates see the labels as they were before the first of them. */
  readonly #needsSnapshot: boolean;
  readonly #context: RowContext = new RowContext();

  /** @throws LogError QUERY_INVALID for a bad template, a target named twice, or `__error__` as target */
  constructor(items: readonly LabelFormatItem[]) {
    const targets = new Set<string>();
    for (const { target } of items) {
      if (target === ERROR_LABEL) throw new LogError('QUERY_INVALID', `${target} cannot be formatted`);
      if (targets.has(target)) {
        const problem = `multiple label name '${target}' not allowed in a single format operation`;
        throw new LogError('QUERY_INVALID', problem);
      }
      targets.add(target);
    }
    this.#items = items.map(compileItem);
    this.#needsSnapshot = this.#items.filter((item) => item.template !== undefined).length > 1;
  }

  process(row: Row): boolean {
    const labels = row.labels;
    let snapshot: Labels | undefined;
    for (const item of this.#items) {
      if (item.template === undefined) {
        const value = labels.get(item.source);
        if (value === undefined) continue;
        labels.setParsed(item.target, value);
        labels.delete(item.source);
        continue;
      }
      if (this.#needsSnapshot) snapshot ??= labels.result();
      try {
        labels.setParsed(item.target, item.template.execute(this.#context.begin(row, snapshot)));
      } catch (error) {
        recordTemplateError(row, error);
      }
    }
    return true;
  }
}

function compileItem(item: LabelFormatItem): Item {
  const { target } = item;
  if (item.kind === 'rename') return { target, source: item.source, template: undefined };
  return { target, template: compileChecked(item.template, 'label', `invalid template for label '${target}'`) };
}
