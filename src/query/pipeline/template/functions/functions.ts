import type { GoValue } from '../../../../base/go/value.ts';
import { BUILTIN_FUNCTIONS } from './builtins.ts';
import { isTrue, type TemplateFunction } from './call-types.ts';
import { NUMBER_FUNCTIONS } from './functions-number.ts';
import { RULE_FUNCTIONS } from './functions-rule.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import { TIME_FUNCTIONS } from './functions-time.ts';

/** Deeper JSON counts as no JSON: printing it would overflow the stack. */
const MAX_JSON_DEPTH = 1_000;

/** @returns the JSON value, nil if the text is none */
function fromJson([text]: readonly GoValue[]): GoValue {
  const json = text as string;
  if (jsonDepth(json) > MAX_JSON_DEPTH) return null;
  try {
    return JSON.parse(json) as GoValue;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** An upper bound: brackets inside strings count too, which only matters for texts that are nothing but brackets. */
function jsonDepth(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

const MORE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  __line__: { params: [], call: (_, state) => state.context.line() },
  default: { params: ['any'], variadic: 'any', call: ([fallback, given]) => (isTrue(given) ? given : fallback) },
  fromJson: { params: ['string'], call: fromJson },
};

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  [BUILTIN_FUNCTIONS, TEXT_FUNCTIONS, NUMBER_FUNCTIONS, TIME_FUNCTIONS, MORE_FUNCTIONS].flatMap((group) =>
    Object.entries(group),
  ),
);

/** A function by name, of log queries or of rules; which of them a text may call is decided when it is parsed. */
export function findFunction(name: string): TemplateFunction | undefined {
  return FUNCTIONS.get(name) ?? (Object.hasOwn(RULE_FUNCTIONS, name) ? RULE_FUNCTIONS[name] : undefined);
}

/** Whether templates of log queries have the function. */
export function isQueryFunction(name: string): boolean {
  return FUNCTIONS.has(name);
}

/** Whether Go has the function in every template. */
export function isBuiltin(name: string): boolean {
  return Object.hasOwn(BUILTIN_FUNCTIONS, name);
}

/** Names of all functions, for tests and help. */
export function functionNames(): readonly string[] {
  return [...FUNCTIONS.keys()];
}
