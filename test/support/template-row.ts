import type { TemplateContext } from '../../src/query/pipeline/template/functions/runtime.ts';
import { compileTemplate } from '../../src/query/pipeline/template/template.ts';

/** A row for template tests: labels, line and time as given. */
export function templateRow(labels: Readonly<Record<string, string>>, line = '', timestampNs = 0n): TemplateContext {
  return {
    get: (name) => (Object.hasOwn(labels, name) ? labels[name] : undefined),
    all: () => labels,
    line: () => line,
    timestampNs: () => timestampNs,
  };
}

/** Compiles and runs a line template; a run-time failure gives its message behind `error: `. */
export function render(text: string, row: TemplateContext, name: 'line' | 'label' = 'line'): string {
  const template = compileTemplate(text, name);
  try {
    return template.execute(row);
  } catch (error) {
    if (error instanceof Error && error.name === 'TemplateError') return `error: ${error.message}`;
    throw error;
  }
}

/** `key=value key="quoted value"` of well-formed lines: enough for recorded test data, no parser of LogQL. */
export function simpleLogfmt(line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, key = '', quoted, bare] of line.matchAll(/([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))/g)) {
    labels[key] = quoted === undefined ? (bare ?? '') : (JSON.parse(`"${quoted}"`) as string);
  }
  return labels;
}
