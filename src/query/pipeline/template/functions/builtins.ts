import { goSprint, goSprintln } from '../../../../base/go/format-value.ts';
import { goSprintf } from '../../../../base/go/sprintf.ts';
import { byteLength, htmlEscape, jsEscape, queryEscape, sliceBytes } from '../../../../base/go/text.ts';
import { GoInt, type GoValue, goTypeName, isJsonObject, isList, isRecord } from '../../../../base/go/value.ts';
import { isTrue, mapSize, type TemplateFunction } from './call-types.ts';
import { equalsAny, isLess, isLessOrEqual } from './compare.ts';
import { MAX_OUTPUT_CHARS } from './runtime.ts';

/**
 * The functions that every Go template has.
 */

function length([value]: readonly GoValue[]): GoInt {
  if (typeof value === 'string') return new GoInt(BigInt(byteLength(value)));
  if (isList(value)) return new GoInt(BigInt(value.length));
  if (isRecord(value) || isJsonObject(value)) return new GoInt(BigInt(mapSize(value)));
  if (value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value');
  throw new Error(`len of type ${goTypeName(value)}`);
}

function indexNumber(index: GoValue, size: number): number {
  if (index === undefined || index === null) throw new Error('cannot index slice/array with nil');
  if (!(index instanceof GoInt)) throw new Error(`cannot index slice/array with type ${goTypeName(index)}`);
  if (index.value < 0n || index.value > BigInt(size)) throw new Error(`index out of range: ${index.value}`);
  return Number(index.value);
}

function element(item: GoValue, index: GoValue): GoValue {
  if (typeof item === 'string') {
    const bytes = Buffer.from(item);
    const at = indexNumber(index, bytes.length);
    if (at >= bytes.length) throw new Error('reflect: string index out of range');
    return new GoInt(BigInt(bytes[at] as number), 'uint8');
  }
  if (isList(item)) {
    const at = indexNumber(index, item.length);
    if (at >= item.length) throw new Error('reflect: slice index out of range');
    return item[at];
  }
  if (isRecord(item) || isJsonObject(item)) {
    if (index === undefined || index === null) throw new Error('value is nil; should be of type string');
    if (typeof index !== 'string') throw new Error(`value has type ${goTypeName(index)}; should be string`);
    if (isRecord(item)) return item.get(index) ?? '';
    return Object.hasOwn(item, index) ? item[index] : null;
  }
  if (item === null) throw new Error('index of nil pointer');
  throw new Error(item === undefined ? 'index of untyped nil' : `can't index item of type ${goTypeName(item)}`);
}

function slice([item, ...indexes]: readonly GoValue[]): GoValue {
  if (item === undefined) throw new Error('slice of untyped nil');
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`);
  if (typeof item !== 'string' && !isList(item)) throw new Error(`can't slice item of type ${goTypeName(item)}`);
  if (typeof item === 'string' && indexes.length === 3) throw new Error('cannot 3-index slice a string');
  const size = typeof item === 'string' ? byteLength(item) : item.length;
  const bounds = [0, size];
  for (const [at, index] of indexes.entries()) bounds[at] = indexNumber(index, size);
  const [from = 0, to = size, cap = to] = bounds;
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  if (to > cap) throw new Error(`invalid slice index: ${to} > ${cap}`);
  return typeof item === 'string' ? sliceBytes(item, from, to) : item.slice(from, to);
}

function checkTotal(args: readonly GoValue[]): void {
  let chars = 0;
  for (const arg of args) chars += typeof arg === 'string' ? arg.length : 0;
  if (chars > MAX_OUTPUT_CHARS) throw new Error(`text longer than ${MAX_OUTPUT_CHARS} characters`);
}

/** print, println, and the escapes, which first print what they get. */
function printing(print: (args: readonly GoValue[]) => string): TemplateFunction {
  const call = (args: readonly GoValue[]): string => {
    checkTotal(args);
    return print(args);
  };
  return { params: [], variadic: 'any', call };
}

function escaping(encode: (text: string) => string): TemplateFunction {
  return printing((args) =>
    encode(goSprint(args.map((arg) => (arg === null || arg === undefined ? '<no value>' : arg)))),
  );
}

/** The compiler puts the source text of what is called in front. No value of a template is a function. */
function callFunction([source, fn]: readonly GoValue[]): GoValue {
  if (fn === undefined) throw new Error('call of nil');
  throw new Error(`non-function ${source as string} of type ${goTypeName(fn)}`);
}

const comparison = (run: (a: GoValue, b: GoValue) => boolean): TemplateFunction => ({
  params: ['reflect', 'reflect'],
  call: ([a, b]) => run(a, b),
});

// The compiler gives `and` and `or` their short circuit; only their parameters count here.
const shortCircuit: TemplateFunction = { params: ['reflect'], variadic: 'reflect', call: (args) => args.at(-1) };

/** Builtins of text/template. */
export const BUILTIN_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  and: shortCircuit,
  or: shortCircuit,
  not: { params: ['reflect'], call: ([value]) => !isTrue(value) },
  call: { params: ['reflect'], variadic: 'reflect', call: callFunction },
  len: { params: ['reflect'], call: length },
  index: {
    params: ['reflect'],
    variadic: 'reflect',
    call: ([item, ...indexes]) => indexes.reduce<GoValue>(element, checkItem(item)),
  },
  slice: { params: ['reflect'], variadic: 'reflect', call: slice },
  print: printing(goSprint),
  println: printing(goSprintln),
  printf: { params: ['string'], variadic: 'any', call: ([format, ...args]) => goSprintf(format as string, args) },
  html: escaping(htmlEscape),
  js: escaping(jsEscape),
  urlquery: escaping(queryEscape),
  eq: { params: ['reflect'], variadic: 'reflect', call: ([first, ...others]) => equalsAny(first, others) },
  ne: comparison((a, b) => !equalsAny(a, [b])),
  lt: comparison(isLess),
  le: comparison(isLessOrEqual),
  gt: comparison((a, b) => !isLessOrEqual(a, b)),
  ge: comparison((a, b) => !isLess(a, b)),
};

function checkItem(item: GoValue): GoValue {
  if (item === undefined) throw new Error('index of untyped nil');
  return item;
}
