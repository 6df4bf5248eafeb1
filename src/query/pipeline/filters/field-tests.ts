import type { LabelPredicate } from '../../../../grammar/ast.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../row/label-names.ts';
import { ByteTable } from '../text/byte-table.ts';
import type { sliceText } from '../text/byte-text.ts';
import { compare } from './label-filter.ts';
import { compileStringFilter, type StringFilter } from './string-filter.ts';

/** A filter of one label right behind the parser that extracts it. */
export type FieldTest = NumberTest | TextTest;

export interface NumberTest {
  readonly name: string;
  readonly kind: 'number' | 'duration';
  /** Whether a row with this value is sure to be dropped; never for NaN, which stands for "unknown". */
  fails(value: number): boolean;
  /** Whether a row with this value is sure to pass. */
  passes(value: number): boolean;
}

const FAILS = 0;
const PASSES = 1;

/** Tests text, each distinct one once. */
export class TextTest {
  readonly name: string;
  readonly kind = 'text';
  readonly #predicate: StringPredicate;
  readonly #verdicts = new ByteTable();
  /** Compiled on first use: errors are for the stage itself to throw. */
  #filter: StringFilter | undefined;

  constructor(predicate: StringPredicate) {
    this.name = predicate.name;
    this.#predicate = predicate;
  }

  /** @param toText how the parser makes a label value of the bytes */
  passes(bytes: Uint8Array, start: number, end: number, toText: typeof sliceText): boolean {
    const known = this.#verdicts.find(bytes, start, end);
    if (known >= 0) return known === PASSES;
    this.#filter ??= compileStringFilter(this.#predicate.op, this.#predicate.value);
    const passes = this.#filter.always ?? this.#filter.test(toText(bytes, start, end));
    this.#verdicts.add(bytes, start, end, passes ? PASSES : FAILS);
    return passes;
  }
}

type StringPredicate = Extract<LabelPredicate, { kind: 'string' }>;

/** The tests that every one of the predicates asks for: a row that fails one of them fails the predicate. */
export function fieldTests(predicates: readonly LabelPredicate[]): FieldTest[] {
  const tests: FieldTest[] = [];
  for (const predicate of predicates) addTests(predicate, tests);
  return tests;
}

function addTests(predicate: LabelPredicate, tests: FieldTest[]): void {
  if (predicate.kind === 'and') {
    addTests(predicate.left, tests);
    addTests(predicate.right, tests);
  } else if (predicate.kind === 'string') {
    if (isPlainName(predicate.name)) tests.push(new TextTest(predicate));
  } else if (predicate.kind === 'number') {
    const { name, op, value } = predicate;
    tests.push({
      name,
      kind: 'number',
      fails: (number) => !Number.isNaN(number) && !compare(op, number, value),
      passes: (number) => !Number.isNaN(number) && compare(op, number, value),
    });
  } else if (predicate.kind === 'duration') {
    const { name, op } = predicate;
    const threshold = Number(predicate.valueNs);
    tests.push({
      name,
      kind: 'duration',
      fails: (value) => isFar(value, threshold) && !compare(op, value, threshold),
      passes: (value) => isFar(value, threshold) && compare(op, value, threshold),
    });
  }
}

/** More than what the kernel's sum of decimals and Go's cutting to whole nanoseconds can differ by. */
const RELATIVE_ERROR = 1e-9;
const ERROR_NS = 2;

/** Durations are only known nearly: near the threshold nothing is sure. */
function isFar(value: number, threshold: number): boolean {
  return Math.abs(value - threshold) > ERROR_NS + value * RELATIVE_ERROR;
}

/** Whether a predicate lets pass what has no error. */
export function asksForNoError(predicate: LabelPredicate): boolean {
  return (
    predicate.kind === 'string' && predicate.name === ERROR_LABEL && predicate.op === '=' && predicate.value === ''
  );
}

/** Whether a predicate is nothing but such tests. */
export function isTested(predicate: LabelPredicate): boolean {
  if (predicate.kind === 'and') return isTested(predicate.left) && isTested(predicate.right);
  if (predicate.kind === 'string') return isPlainName(predicate.name);
  return predicate.kind === 'number' || predicate.kind === 'duration';
}

/** Errors are no fields. */
function isPlainName(name: string): boolean {
  return name !== ERROR_LABEL && name !== ERROR_DETAILS_LABEL;
}
