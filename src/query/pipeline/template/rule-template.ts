import type { GoJsonObject, GoRecord } from '../../../base/go/value.ts';
import { compileBodies } from './compile.ts';
import { isBuiltin } from './functions/functions.ts';
import { RULE_FUNCTIONS } from './functions/functions-rule.ts';
import { State, type TemplateContext, TemplateError } from './functions/runtime.ts';
import { parseTemplate } from './syntax/parser.ts';

/** Names that Prometheus declares in front of every template of a rule. */
const PREAMBLE =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';
const MAX_STEPS = 10_000;
const MAX_OUTPUT_CHARS = 64 * 1024;
const MAX_MS = 100;

type Texts = Readonly<Record<string, string>>;

/** What a template of a rule reads. */
export interface RuleTemplateData {
  readonly labels: Texts;
  readonly value: number;
  readonly externalLabels: Texts;
  readonly externalUrl: string;
}

/** A compiled template of a label or annotation. @throws TemplateError with Go's text */
export type RuleTemplate = (data: RuleTemplateData) => string;

/**
 * Compiles a label or annotation of an alerting rule: Go's text/template with the functions of Prometheus. One execution is
 * bounded in steps, time and size.
 *
 * @throws LogError QUERY_INVALID with Go's text
 */
export function compileRuleTemplate(text: string): RuleTemplate {
  if (!text.includes('{{')) return () => text;
  const source = PREAMBLE + text;
  const parsed = parseTemplate(source, 'rule', (name) => isBuiltin(name) || RULE_FUNCTIONS[name] !== undefined);
  const run = compileBodies(parsed);
  const state = new State(source, 'rule', { steps: MAX_STEPS, chars: MAX_OUTPUT_CHARS, ms: MAX_MS });
  return (data) => {
    state.start(NO_ROW, rootOf(data));
    try {
      run(state);
    } catch (error) {
      if (error instanceof RangeError) throw new TemplateError('template: rule: exceeded maximum template depth');
      throw error;
    }
    return state.out;
  };
}

const NO_ROW: TemplateContext = { get: () => undefined, all: () => ({}), line: () => '', timestampNs: () => 0n };

function rootOf(data: RuleTemplateData): GoJsonObject {
  return {
    Labels: record(data.labels),
    ExternalLabels: record(data.externalLabels),
    ExternalURL: data.externalUrl,
    Value: data.value,
  };
}

function record(texts: Texts): GoRecord {
  return { kind: 'record', get: (name) => (Object.hasOwn(texts, name) ? texts[name] : undefined), all: () => texts };
}
