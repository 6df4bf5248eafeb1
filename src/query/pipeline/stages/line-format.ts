import { LogError } from '../../../base/errors.ts';
import { PLAIN_LINE_FORMAT_HIDES_ERRORS } from '../row/quirks.ts';
import type { PipelineStage, Row } from '../row/stage.ts';
import { TemplateError } from '../template/functions/runtime.ts';
import { compileTemplate, type Template } from '../template/template.ts';
import { RowContext, TEMPLATE_ERROR } from './template-context.ts';

/** `| line_format "..."`: replaces the line by the output of a template. */
export class LineFormat implements PipelineStage {
  readonly #template: Template;
  readonly #context: RowContext;

  /** @throws LogError QUERY_INVALID `invalid line template: template: line:1: ...` */
  constructor(template: string) {
    this.#context = new RowContext(PLAIN_LINE_FORMAT_HIDES_ERRORS && isPlain(template));
    this.#template = compileChecked(template, 'line', 'invalid line template');
  }

  process(row: Row): boolean {
    try {
      row.setLineText(this.#template.execute(this.#context.begin(row)));
    } catch (error) {
      recordTemplateError(row, error);
    }
    return true;
  }
}

/** Text and `{{.name}}` only. */
function isPlain(template: string): boolean {
  return !template.replaceAll(/\{\{(?:- )?\s*\.[A-Za-z_][A-Za-z0-9_]*\s*(?: -)?\}\}/g, '').includes('{{');
}

/** Compiles a template; what is wrong with it is said after `problem`. */
export function compileChecked(template: string, name: 'line' | 'label', problem: string): Template {
  try {
    return compileTemplate(template, name);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    throw new LogError('QUERY_INVALID', `${problem}: ${error.message}`, { cause: error });
  }
}

/** A template that fails at run time leaves its mark on the row; anything else is thrown on. */
export function recordTemplateError(row: Row, error: unknown): void {
  if (!(error instanceof TemplateError)) throw error;
  row.labels.error = TEMPLATE_ERROR;
  row.labels.errorDetails = error.message;
}
