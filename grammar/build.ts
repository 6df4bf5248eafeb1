/** What parser actions make of their parts: the groupings that precedence decides, folded constants, split filters. */
import type {
  BinaryOp,
  LabelPredicate,
  LineFilterArg,
  LineFilterOp,
  LineFilterStage,
  MetricExpr,
  Query,
  VectorMatching,
} from './ast.ts';
import { checkOperand, checkSetOperands } from './check.ts';
import { goQuote } from './literals.ts';
import { ParseError } from './parse-error.ts';

/** 1000 operands: both lists become trees whose depth is their length, and walking them is recursive. */
const MAX_OPERANDS = 1000;

function checkOperandCount(count: number): void {
  if (count > MAX_OPERANDS) throw new ParseError(`too many operands in one expression (more than ${MAX_OPERANDS})`);
}

/** A NUMBER token's value, or why Go does not read it: decimals with an exponent, `_`, and hexadecimal floats. */
function readNumber(text: string): number | string {
  const plain = text.replaceAll('_', '');
  const hex = /^0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/.exec(plain);
  let value: number;
  if (hex !== null) {
    const [, whole, fraction, exponent] = hex as unknown as [string, string, string, string];
    const digits = `${whole}${fraction}`;
    value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  } else if (/^0[xXoObB]/.test(plain)) return 'invalid syntax';
  else value = Number(plain);
  return Number.isFinite(value) ? value : 'value out of range';
}

/**
 * Value of a NUMBER token in a metric query.
 *
 * @throws ParseError with Go's reason, e.g. for `0x10` and `9e999`
 */
export function numberValue(text: string): number {
  const value = readNumber(text);
  if (typeof value === 'number') return value;
  throw new ParseError(`unable to parse literal as a float: strconv.ParseFloat: parsing ${goQuote(text)}: ${value}`);
}

/** Value of a NUMBER token in a label filter, where Loki lets an unreadable one pass and compares with 0. */
export function filterNumberValue(text: string): number {
  const value = readNumber(text);
  return typeof value === 'number' ? value : 0;
}

/**
 * The stages of one line filter with its alternatives. Negative operators become one stage each. Of a positive list,
 * an `ip(...)` that is neither first nor last is lost, as in Loki.
 */
export function lineFilterStages(op: LineFilterOp, args: readonly LineFilterArg[]): readonly LineFilterStage[] {
  if (op.startsWith('!')) return args.map((arg) => ({ kind: 'line-filter', op, args: [arg] }));
  const kept = args.filter((arg, index) => arg.kind === 'text' || index === 0 || index === args.length - 1);
  return [{ kind: 'line-filter', op, args: kept }];
}

/** How two label predicates are joined; `''` when nothing stands between them. */
export type PredicateJoin = 'and' | 'or' | ',' | '';

const JOIN_LEVEL: Readonly<Record<PredicateJoin, number>> = { or: 1, and: 2, ',': 0, '': 0 };

/**
 * Groups `a or b, c and d`. `and` binds tighter than `or`; next to a comma or to nothing there is no precedence, and
 * grouping goes to the right.
 */
export function groupPredicates(operands: readonly LabelPredicate[], joins: readonly PredicateJoin[]): LabelPredicate {
  checkOperandCount(operands.length);
  const done: LabelPredicate[] = [operands[0]!];
  const open: PredicateJoin[] = [];
  const close = (): void => {
    const join = open.pop()!;
    const right = done.pop()!;
    const left = done.pop()!;
    if (join === 'or') done.push({ kind: 'or', left, right });
    else if (join === 'and') done.push({ kind: 'and', left, right });
    else done.push({ kind: 'and', left, right, comma: true });
  };
  for (const [index, join] of joins.entries()) {
    const level = JOIN_LEVEL[join];
    while (level > 0 && open.length > 0 && JOIN_LEVEL[open.at(-1)!] >= level) close();
    open.push(join);
    done.push(operands[index + 1]!);
  }
  while (open.length > 0) close();
  return done[0]!;
}

const OP_LEVEL: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  ...{ and: 2, unless: 2 },
  ...{ '==': 3, '!=': 3, '>': 3, '>=': 3, '<': 3, '<=': 3 },
  ...{ '+': 4, '-': 4 },
  ...{ '*': 5, '/': 5, '%': 5 },
  '^': 6,
};

/** An operator with its modifiers. */
export interface BinaryJoin {
  readonly op: BinaryOp;
  readonly bool: boolean;
  readonly matching?: VectorMatching;
}

function foldNumbers(op: BinaryOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? Number.NaN : left / right;
    case '%':
      return right === 0 ? Number.NaN : left % right;
    case '^':
      return left ** right;
    case '==':
      return left === right ? 1 : 0;
    case '!=':
      return left !== right ? 1 : 0;
    case '>':
      return left > right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    case '<':
      return left < right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    default:
      throw new ParseError(`unexpected literal operation ${op}`);
  }
}

function joinExprs(leftQuery: Query, { op, bool, matching }: BinaryJoin, rightQuery: Query): MetricExpr {
  const left = checkOperand(leftQuery, op, 'left');
  const right = checkOperand(rightQuery, op, 'right');
  if (OP_LEVEL[op] <= 2) checkSetOperands(op, left, right);
  if (left.kind === 'literal' && right.kind === 'literal') {
    return { kind: 'literal', value: foldNumbers(op, left.value, right.value) };
  }
  return matching === undefined
    ? { kind: 'binary', op, left, right, bool }
    : { kind: 'binary', op, left, right, bool, matching };
}

/** Groups a chain of binary operations while it is read, so that the first mistake in the text is the one reported. */
export class BinaryChain {
  readonly #done: Query[] = [];
  readonly #open: BinaryJoin[] = [];
  #count = 0;

  addOperand(expr: Query): void {
    checkOperandCount(++this.#count);
    this.#done.push(expr);
  }

  addOperator(join: BinaryJoin): void {
    const level = OP_LEVEL[join.op];
    const isRight = join.op === '^';
    while (this.#open.length > 0) {
      const topLevel = OP_LEVEL[this.#open.at(-1)!.op];
      if (topLevel < level || (topLevel === level && isRight)) break;
      this.#close();
    }
    this.#open.push(join);
  }

  finish(): Query {
    while (this.#open.length > 0) this.#close();
    return this.#done[0]!;
  }

  #close(): void {
    const right = this.#done.pop()!;
    const left = this.#done.pop()!;
    this.#done.push(joinExprs(left, this.#open.pop()!, right));
  }
}
