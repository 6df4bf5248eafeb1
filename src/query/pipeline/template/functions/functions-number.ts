import { parseByteSize, parseGoDuration } from '../../../../../grammar/literals.ts';
import {
  addDecimals,
  type Decimal,
  decimalOf,
  decimalToFloat,
  divideDecimals,
  multiplyDecimals,
  subtractDecimals,
} from '../../../../base/go/decimal.ts';
import { GoInt, type GoValue } from '../../../../base/go/value.ts';
import type { ParamType, TemplateFunction } from './call-types.ts';
import { toFloat, toInt, wrapInt64 } from './convert.ts';

type IntOp = (a: bigint, b: bigint) => bigint;

function int64(value: bigint): GoInt {
  return new GoInt(wrapInt64(value), 'int64');
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new Error('runtime error: integer divide by zero');
  return value;
}

function intFold(params: readonly ParamType[], op: IntOp, start?: bigint): TemplateFunction {
  const call = (args: readonly GoValue[]): GoInt => {
    const numbers = args.map(toInt);
    let result = start ?? numbers[0] ?? 0n;
    for (const number of start === undefined ? numbers.slice(1) : numbers) result = wrapInt64(op(result, number));
    return int64(result);
  };
  return { params, variadic: 'any', call };
}

function larger(a: bigint, b: bigint): bigint {
  if (b > a) return b;
  return a;
}

function smaller(a: bigint, b: bigint): bigint {
  if (b < a) return b;
  return a;
}

function intPair(op: IntOp): TemplateFunction {
  return { params: ['any', 'any'], call: ([a, b]) => int64(op(toInt(a), toInt(b))) };
}

function decimalFold(params: readonly ParamType[], op: (a: Decimal, b: Decimal) => Decimal): TemplateFunction {
  const call = (args: readonly GoValue[]): number => {
    const numbers = args.map((arg) => decimalOf(toFloat(arg)));
    // Without a first number of its own the sum starts at zero.
    let result = (params.length === 0 ? undefined : numbers[0]) ?? { coefficient: 0n, exponent: 0 };
    for (const number of params.length === 0 ? numbers : numbers.slice(1)) result = op(result, number);
    return decimalToFloat(result);
  };
  return { params, variadic: 'any', call };
}

function floatFold(op: (a: number, b: number) => number): TemplateFunction {
  return { params: ['any'], variadic: 'any', call: (args) => args.map(toFloat).reduce(op) };
}

/** Scales by 10^places, then up if the fraction reaches `roundOn`, else down: -1.2 becomes -2. */
function round([value, places, roundOn]: readonly GoValue[]): number {
  const power = Number(`1e${toInt(places)}`);
  const scaled = power * toFloat(value);
  const fraction = scaled - Math.trunc(scaled);
  return (fraction >= (typeof roundOn === 'number' ? roundOn : 0.5) ? Math.ceil(scaled) : Math.floor(scaled)) / power;
}

/** Duration.Seconds of Go: whole seconds and the rest are divided apart, which shows in the last digit. */
function durationSeconds([text]: readonly GoValue[]): number {
  const ns = parseGoDuration(text as string);
  return Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
}

const duration: TemplateFunction = { params: ['string'], call: durationSeconds };

/** Numbers, sizes and durations. */
export const NUMBER_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  int: { params: ['any'], call: ([value]) => new GoInt(toInt(value)) },
  float64: { params: ['any'], call: ([value]) => toFloat(value) },
  add: intFold([], (a, b) => a + b, 0n),
  mul: intFold(['any'], (a, b) => a * b),
  sub: intPair((a, b) => a - b),
  div: intPair((a, b) => a / divisor(b)),
  mod: intPair((a, b) => a % divisor(b)),
  max: intFold(['any'], larger),
  min: intFold(['any'], smaller),
  addf: decimalFold([], addDecimals),
  subf: decimalFold(['any'], subtractDecimals),
  mulf: decimalFold(['any'], multiplyDecimals),
  divf: decimalFold(['any'], divideDecimals),
  maxf: floatFold((a, b) => Math.max(a, b)),
  minf: floatFold((a, b) => Math.min(a, b)),
  ceil: { params: ['any'], call: ([value]) => Math.ceil(toFloat(value)) },
  floor: { params: ['any'], call: ([value]) => Math.floor(toFloat(value)) },
  round: { params: ['any', 'int'], variadic: 'float64', call: round },
  bytes: { params: ['string'], call: ([text]) => parseByteSize(text as string) },
  duration,
  duration_seconds: duration,
};
