import type { CompareOp, LabelPredicate } from '../../../grammar/ast.ts';
import { compare } from './label-filter.ts';

/** A comparison of a label that is right behind the parser that extracts it. */
export interface FieldTest {
  readonly name: string;
  readonly kind: 'number' | 'duration';
  /** Whether a row with this value is sure to be dropped; never for NaN, which stands for "unknown". */
  fails(value: number): boolean;
}

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
  } else if (predicate.kind === 'number') {
    const { name, op, value } = predicate;
    tests.push({ name, kind: 'number', fails: (number) => !Number.isNaN(number) && !compare(op, number, value) });
  } else if (predicate.kind === 'duration') {
    const { name, op } = predicate;
    tests.push({ name, kind: 'duration', fails: durationFails(op, Number(predicate.valueNs)) });
  }
}

/** More than what the kernel's sum of decimals and Go's cutting to whole nanoseconds can differ by. */
const RELATIVE_ERROR = 1e-9;
const ERROR_NS = 2;

/** Durations are only known nearly: near the threshold nothing is sure. */
function durationFails(op: CompareOp, threshold: number): (value: number) => boolean {
  return (value) => {
    const error = ERROR_NS + value * RELATIVE_ERROR;
    return Math.abs(value - threshold) > error && !compare(op, value, threshold);
  };
}
