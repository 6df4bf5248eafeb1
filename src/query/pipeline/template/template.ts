import { compileBodies } from './compile.ts';
import { isQueryFunction } from './functions/functions.ts';
import { State, type TemplateContext, TemplateError } from './functions/runtime.ts';
import { noteRowWork } from './functions/template-work.ts';
import { labelUse } from './label-use.ts';
import { parseTemplate } from './syntax/parser.ts';

/** A compiled template of `line_format` or `label_format`. Not to be shared between threads. */
export interface Template {
  /** Names that the template reads as `.name` (not `$.name`, not `index . "name"`). */
  readonly fields: ReadonlySet<string>;
  /** Names of all labels that it may read; undefined: any, for it uses `.` or `$` as a value. */
  readonly reads: ReadonlySet<string> | undefined;
  /**
   * Formats one row.
   *
   * @throws TemplateError with Go's full text; the row keeps its line or label then; LogError QUERY_LIMIT
   */
  execute(context: TemplateContext): string;
}

/**
 * Compiles a template in Go's text/template language with LogQL's functions.
 *
 * @param name `line` for line_format, `label` for label_format; part of every message
 * @throws LogError QUERY_INVALID with Go's text: `template: line:1: function "foo" not defined`
 */
export function compileTemplate(text: string, name: 'line' | 'label'): Template {
  const parsed = parseTemplate(text, name, isQueryFunction);
  const run = compileBodies(parsed);
  const state = new State(text, name);
  const execute = (context: TemplateContext): string => {
    state.start(context);
    try {
      run(state);
    } catch (error) {
      // Deep nesting inside deep calls: the limits keep it rare, the stack has the last word.
      if (error instanceof RangeError) throw new TemplateError(`template: ${name}: exceeded maximum template depth`);
      throw error;
    } finally {
      noteRowWork(state.work);
    }
    return state.out;
  };
  return { ...labelUse(parsed), execute };
}
