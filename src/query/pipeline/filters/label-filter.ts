import type { CompareOp, LabelPredicate } from '../../../../grammar/ast.ts';
import { parseByteSize, parseGoDuration } from '../../../../grammar/literals.ts';
import { assertNever } from '../../../base/assert.ts';
import { parseGoFloat } from '../../../base/go/parse-number.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../row/label-names.ts';
import { ERROR_DETAILS_UNREADABLE, ROUND_BYTE_LITERALS } from '../row/quirks.ts';
import type { LabelState, PipelineStage, Row } from '../row/stage.ts';
import { plainDurationNs } from '../text/plain-duration.ts';
import { compileIpLabelFilter } from './ip.ts';
import { compileStringFilter } from './string-filter.ts';

const LABEL_FILTER_ERROR = 'LabelFilterErr';

/** A compiled label predicate. */
export interface Predicate {
  /** Tests the labels; a value that does not convert counts as true and sets the error slots. */
  test(labels: LabelState): boolean;
}

export interface PredicateOptions {
  /** Byte thresholds as written, without the rounding of `ROUND_BYTE_LITERALS`. */
  readonly exactByteLiterals?: boolean;
}

/** `| x = "v"`, `| x > 5 and y < 1s`, ... */
export class LabelFilter implements PipelineStage {
  readonly #predicate: Predicate;

  constructor(predicate: Predicate) {
    this.#predicate = predicate;
  }

  process(row: Row): boolean {
    return this.#predicate.test(row.labels);
  }
}

/**
 * Compiles a predicate.
 *
 * @throws LogError REGEX_SYNTAX for a bad regex, QUERY_INVALID for a bad address of `ip(...)`
 */
export function compilePredicate(predicate: LabelPredicate, options: PredicateOptions = {}): Predicate {
  switch (predicate.kind) {
    case 'string':
      return stringPredicate(predicate.name, predicate.op, predicate.value);
    case 'number':
      return new NumberPredicate(predicate.name, predicate.op, predicate.value, parseNumber);
    case 'duration':
      return new NumberPredicate(predicate.name, predicate.op, Number(predicate.valueNs), parseDurationNs);
    case 'bytes': {
      const exact = options.exactByteLiterals === true || !ROUND_BYTE_LITERALS;
      const threshold = exact ? predicate.valueBytes : roundedByteLiteral(predicate.valueBytes);
      return new NumberPredicate(predicate.name, predicate.op, threshold, parseByteSize);
    }
    case 'ip':
      return ipPredicate(predicate.name, predicate.op, predicate.pattern);
    case 'and':
    case 'or': {
      const left = compilePredicate(predicate.left, options);
      const right = compilePredicate(predicate.right, options);
      return predicate.kind === 'or' ? orPredicate(left, right) : andPredicate(left, right);
    }
    default:
      return assertNever(predicate);
  }
}

function stringPredicate(name: string, op: '=' | '!=' | '=~' | '!~', value: string): Predicate {
  const filter = compileStringFilter(op, value);
  if (filter.always !== undefined) {
    const always = filter.always;
    return { test: () => always };
  }
  if (name === ERROR_LABEL) return { test: (labels) => filter.test(labels.error) };
  if (name === ERROR_DETAILS_LABEL && ERROR_DETAILS_UNREADABLE) return { test: () => filter.test('') };
  return { test: (labels) => filter.test(labels.get(name) ?? '') };
}

/** Both sides are always evaluated: either may record an error. */
function andPredicate(left: Predicate, right: Predicate): Predicate {
  return {
    test: (labels) => {
      const isLeft = left.test(labels);
      return right.test(labels) && isLeft;
    },
  };
}

function orPredicate(left: Predicate, right: Predicate): Predicate {
  return { test: (labels) => left.test(labels) || right.test(labels) };
}

function ipPredicate(name: string, op: '=' | '!=', pattern: string): Predicate {
  const contains = compileIpLabelFilter(pattern);
  const wanted = op === '=';
  return {
    test: (labels) => {
      if (labels.error !== '') return true;
      const value = labels.get(name);
      return value !== undefined && contains(value) === wanted;
    },
  };
}

/** Compares a converted label value with a threshold. The last value is remembered: neighbouring rows repeat values. */
class NumberPredicate implements Predicate {
  readonly #name: string;
  readonly #op: CompareOp;
  readonly #threshold: number;
  readonly #convert: (text: string) => number;
  #lastText: string | undefined;
  #lastResult = false;
  #lastError: string | undefined;

  constructor(name: string, op: CompareOp, threshold: number, convert: (text: string) => number) {
    this.#name = name;
    this.#op = op;
    this.#threshold = threshold;
    this.#convert = convert;
  }

  test(labels: LabelState): boolean {
    const text = labels.get(this.#name);
    if (text === undefined) return false;
    if (text !== this.#lastText) this.#evaluate(text);
    if (this.#lastError !== undefined && labels.error === '') {
      labels.error = LABEL_FILTER_ERROR;
      labels.errorDetails = this.#lastError;
    }
    return this.#lastResult;
  }

  #evaluate(text: string): void {
    this.#lastText = text;
    this.#lastError = undefined;
    try {
      this.#lastResult = compare(this.#op, this.#convert(text), this.#threshold);
    } catch (error) {
      this.#lastError = (error as Error).message;
      this.#lastResult = true;
    }
  }
}

/** Compares as label filters do; NaN is unequal to everything. */
export function compare(op: CompareOp, value: number, threshold: number): boolean {
  switch (op) {
    case '=':
      return value === threshold;
    case '!=':
      return value !== threshold;
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    default:
      return assertNever(op);
  }
}

/** Longest text of digits that `Number` reads exactly as Go's parser does, without a look at the rest of its syntax. */
const MAX_PLAIN_DIGITS = 15;

/** float64 of a label value. @throws Error with Go's text */
export function parseNumber(text: string): number {
  return isPlainNumber(text) ? Number(text) : parseGoFloat(text);
}

function isPlainNumber(text: string): boolean {
  if (text.length === 0 || text.length > MAX_PLAIN_DIGITS) return false;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2e && i > 0) dots++;
    else if (c < 0x30 || c > 0x39) return false;
  }
  return dots <= 1;
}

/** Nanoseconds of a duration. @throws Error with Go's text */
function parseDurationNs(text: string): number {
  const plain = plainDurationNs(text);
  return Number.isNaN(plain) ? Number(parseGoDuration(text)) : plain;
}

/** A byte size as it comes back from its printed form: one decimal below 10 of its unit, none above. */
export function roundedByteLiteral(bytes: number): number {
  if (bytes < 10) return bytes;
  let power = 0;
  while (power < 6 && bytes >= 1000 ** (power + 1)) power++;
  const scale = 1000 ** power;
  const tenths = Math.floor((bytes / scale) * 10 + 0.5);
  if (tenths < 100) return Math.trunc((tenths / 10) * scale);
  return roundHalfEven(tenths / 10) * scale;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
