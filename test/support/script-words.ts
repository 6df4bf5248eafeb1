import type {
  BinaryOp,
  CompareOp,
  LabelPredicate,
  LineFilterOp,
  LogExpr,
  MatchOp,
  Query,
  Stage,
  Unwrap,
} from '../../grammar/ast.ts';
import { lex } from '../../grammar/lex.ts';
import { parseQuery } from '../../grammar/parse.ts';
import { ALL_TOKENS, Flag, FUNCTIONS, RESERVED } from '../../grammar/tokens.ts';
import { functionNames } from '../../src/query/pipeline/template/functions/functions.ts';
import { methodNames } from '../../src/query/pipeline/template/functions/value-methods.ts';
import { tokenize } from '../../src/query/pipeline/template/syntax/lexer.ts';
import { KEYWORDS } from '../../src/query/pipeline/template/syntax/token.ts';

/** Every word of LogQL, and the words of a query. A word that gets a new meaning in another place has one entry for each. */

// Complete because the compiler wants every member of the union.
const MATCH_OPS: Record<MatchOp, true> = { '=': true, '!=': true, '=~': true, '!~': true };
const COMPARE_OPS: Record<CompareOp, true> = { '=': true, '!=': true, '>': true, '>=': true, '<': true, '<=': true };
const LINE_OPS: Record<LineFilterOp, readonly string[]> = {
  '|=': ['text', 'ip'],
  '!=': ['text', 'ip'],
  '|~': ['text'],
  '!~': ['text'],
  '|>': ['text'],
  '!>': ['text'],
};
const BINARY_OPS: Record<BinaryOp, true> = {
  ...{ or: true, and: true, unless: true },
  ...{ '==': true, '!=': true, '>': true, '>=': true, '<': true, '<=': true },
  ...{ '+': true, '-': true, '*': true, '/': true, '%': true, '^': true },
};
const PREDICATES: Record<LabelPredicate['kind'], readonly string[]> = {
  string: Object.keys(MATCH_OPS),
  number: Object.keys(COMPARE_OPS),
  duration: Object.keys(COMPARE_OPS),
  bytes: Object.keys(COMPARE_OPS),
  ip: ['=', '!='],
  and: ['and', 'comma'],
  or: ['or'],
};
const STAGES: Record<Stage['kind'], readonly string[]> = {
  'line-filter': [],
  json: ['all', 'paths'],
  logfmt: ['all', 'keys'],
  regexp: [],
  pattern: [],
  unpack: [],
  'label-filter': [],
  'line-format': [],
  'label-format': ['rename', 'template'],
  decolorize: [],
  drop: ['name', ...Object.keys(MATCH_OPS)],
  keep: ['name', ...Object.keys(MATCH_OPS)],
};
const UNWRAPS: Record<NonNullable<Unwrap['conversion']> | 'plain', true> = {
  ...{ plain: true, bytes: true, duration: true, duration_seconds: true },
};
/** Tokens that stand in no valid query. */
const NEVER_VALID: ReadonlySet<string> = new Set(['.', ']']);

function operators(): string[] {
  const labels = ALL_TOKENS.map((type) => type.LABEL ?? '').filter((label) => /^[^A-Za-z\s]+$/.test(label));
  return labels.filter((label) => !NEVER_VALID.has(label));
}

function flags(): string[] {
  const source = (Flag.PATTERN as RegExp).source;
  const names = /^--\(\?:(.*)\)$/.exec(source)?.[1] ?? '';
  return names.split('|').map((name) => `--${name}`);
}

const under = (head: string, kinds: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(kinds).flatMap(([kind, more]) =>
    more.length === 0 ? [`${head} ${kind}`] : more.map((one) => `${head} ${kind} ${one}`),
  );
const each = (head: string, names: Iterable<string>): string[] => [...names].map((name) => `${head} ${name}`);

/** All words, grouped by what they are: `function rate`, `label filter duration >=`, `template trunc`. */
export function allWords(): string[] {
  const words = [
    ...each('keyword', RESERVED.keys()),
    ...each('function', FUNCTIONS.keys()),
    ...each('operator', operators()),
    ...each('flag', flags()),
    ...each('selector', Object.keys(MATCH_OPS)),
    ...under('line filter', LINE_OPS),
    ...under('stage', STAGES),
    ...under('label filter', PREDICATES),
    ...each('unwrap', Object.keys(UNWRAPS)),
    ...each('binary', Object.keys(BINARY_OPS)),
    ...each('template', functionNames()),
    ...each('template keyword', KEYWORDS),
    ...each('template method', methodNames()),
  ];
  return [...new Set(words)];
}

/** The words of a query, in the form of `allWords`; none if it cannot be parsed. */
export function wordsOf(text: string): ReadonlySet<string> {
  let query: Query;
  try {
    query = parseQuery(text);
  } catch {
    return new Set();
  }
  const words = new Set<string>();
  for (const token of lex(text)) {
    const name = token.image.toLowerCase();
    if (RESERVED.get(name) === token.tokenType) words.add(`keyword ${name}`);
    else if (FUNCTIONS.get(name) === token.tokenType) words.add(`function ${name}`);
    else if (token.tokenType === Flag) words.add(`flag ${token.image}`);
    else words.add(`operator ${token.image}`);
  }
  addTree(query, words);
  return words;
}

/** Walks the tree as plain data: what a node is says its `kind`, and log expressions can stand anywhere. */
function addTree(node: unknown, words: Set<string>): void {
  if (Array.isArray(node)) for (const one of node) addTree(one, words);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const { kind, op } = node as { kind?: string; op?: string };
  if (kind === 'log') addLog(node as LogExpr, words);
  else if (kind === 'binary') words.add(`binary ${op}`);
  else if (kind === 'label-filter') addPredicate((node as { predicate: LabelPredicate }).predicate, words);
  if ('unwrap' in node) words.add(`unwrap ${(node.unwrap as Unwrap | undefined)?.conversion ?? 'plain'}`);
  for (const child of Object.values(node)) addTree(child, words);
}

function addLog({ matchers, stages }: LogExpr, words: Set<string>): void {
  for (const { op } of matchers) words.add(`selector ${op}`);
  for (const stage of stages) addStage(stage, words);
}

function addStage(stage: Stage, words: Set<string>): void {
  const add = (more: string): Set<string> => words.add(`stage ${stage.kind} ${more}`);
  switch (stage.kind) {
    case 'line-filter':
      for (const { kind } of stage.args) words.add(`line filter ${stage.op} ${kind}`);
      break;
    case 'json':
      add(stage.extractions.length === 0 ? 'all' : 'paths');
      break;
    case 'logfmt':
      add(stage.extractions.length === 0 ? 'all' : 'keys');
      break;
    case 'drop':
    case 'keep':
      for (const { matcher } of stage.items) add(matcher?.op ?? 'name');
      break;
    case 'label-format':
      for (const item of stage.items) {
        add(item.kind);
        if (item.kind === 'template') addTemplate(item.template, words);
      }
      break;
    case 'line-format':
      addTemplate(stage.template, words);
      break;
  }
  words.add(`stage ${stage.kind}`);
}

function addPredicate(predicate: LabelPredicate, words: Set<string>): void {
  if ('left' in predicate) {
    const { kind, comma, left, right } = predicate;
    words.add(`label filter ${kind} ${comma === true ? 'comma' : kind}`);
    addPredicate(left, words);
    addPredicate(right, words);
  } else words.add(`label filter ${predicate.kind} ${predicate.op}`);
}

function addTemplate(text: string, words: Set<string>): void {
  for (const token of tokenize(text)) {
    if (token.type === 'identifier') words.add(`template ${token.text}`);
    else if (token.type === 'keyword') words.add(`template keyword ${token.text}`);
    else if (token.type === 'field') words.add(`template method ${token.text.replace('.', '')}`);
  }
}
