import { formatGoDuration, goQuote } from '../../../grammar/literals.ts';
import { formatFloat, formatGoFloat } from './float-text.ts';
import { type FormatSpec, firstChars, pad, padNumber, plainSpec } from './format-spec.ts';
import type { GoTime } from './time.ts';
import { timeText } from './time-format.ts';
import { MONTHS, WEEKDAYS } from './time-layout.ts';
import { GoInt, type GoValue, goTypeName, isList, isRecord, isTime, sortedKeys } from './value.ts';

/**
 * One value under one verb, as Go's fmt prints it.
 */

/** What `String()` gives for a Go type that has it. */
export function stringerText(value: GoInt | GoTime): string | undefined {
  if (!(value instanceof GoInt)) return timeText(value);
  switch (value.type) {
    case 'time.Duration':
      return formatGoDuration(value.value);
    case 'time.Month':
      return MONTHS[Number(value.value) - 1] ?? `%!Month(${value.value})`;
    case 'time.Weekday':
      return WEEKDAYS[Number(value.value)] ?? `%!Weekday(${value.value})`;
    default:
      return undefined;
  }
}

/** `%v` without flags: what fmt.Print writes for one operand. */
export function goText(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatGoFloat(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null || value === undefined) return '<nil>';
  return formatValue(value, 'v', plainSpec());
}

/** fmt.Sprint: operands side by side, a blank between two of which neither is a string. */
export function goSprint(args: readonly GoValue[]): string {
  let out = '';
  for (const [index, arg] of args.entries()) {
    if (index > 0 && typeof arg !== 'string' && typeof args[index - 1] !== 'string') out += ' ';
    out += goText(arg);
  }
  return out;
}

/** fmt.Sprintln: operands with a blank between all, then a line break. */
export function goSprintln(args: readonly GoValue[]): string {
  return `${args.map(goText).join(' ')}\n`;
}

/** @returns the value under the verb; a verb that does not fit prints `%!d(string=5)` */
export function formatValue(value: GoValue, verb: string, spec: FormatSpec): string {
  if (verb === 'T') return pad(goTypeName(value), spec);
  if (value === null || value === undefined) return verb === 'v' ? pad('<nil>', spec) : `%!${verb}(<nil>)`;
  if (typeof value === 'string') return formatString(value, verb, spec);
  if (typeof value === 'number') return formatNumber(value, verb, spec);
  if (typeof value === 'boolean')
    return verb === 't' || verb === 'v' ? pad(String(value), spec) : badVerb(value, verb, spec);
  if (value instanceof GoInt || isTime(value)) {
    const text = /[vsqxX]/.test(verb) && !(verb === 'v' && spec.sharp) ? stringerText(value) : undefined;
    if (text !== undefined) return formatString(text, verb, spec);
    return value instanceof GoInt ? formatInt(value, verb, spec) : badVerb(value, verb, spec);
  }
  return formatNested(value, verb, spec);
}

function badVerb(value: GoValue, verb: string, spec: FormatSpec): string {
  return `%!${verb}(${goTypeName(value)}=${formatValue(value, 'v', { ...spec, sharp: false })})`;
}

function formatNested(value: GoValue, verb: string, spec: FormatSpec): string {
  const goSyntax = verb === 'v' && spec.sharp;
  const separator = goSyntax ? ', ' : ' ';
  const inner = (item: GoValue): string => {
    if (item === null || item === undefined)
      return goSyntax ? 'interface {}(nil)' : pad(verb === 'v' ? '<nil>' : `%!${verb}(<nil>)`, spec);
    return formatValue(item, verb, spec);
  };
  if (isList(value)) {
    const items = value.map(inner).join(separator);
    return goSyntax ? `[]interface {}{${items}}` : `[${items}]`;
  }
  const map = (isRecord(value) ? value.all() : value) as Readonly<Record<string, GoValue>>;
  const items = sortedKeys(map).map((key) => `${formatString(key, verb, spec)}:${inner(map[key])}`);
  return goSyntax ? `${goTypeName(value)}{${items.join(separator)}}` : `map[${items.join(separator)}]`;
}

function formatString(value: string, verb: string, spec: FormatSpec): string {
  const cut = spec.precision === undefined ? value : firstChars(value, spec.precision);
  switch (verb) {
    case 'v':
      return pad(spec.sharp ? goQuote(value) : cut, spec);
    case 's':
      return pad(cut, spec);
    case 'q':
      return pad(spec.sharp && !/[`\ufeff]|(?!\t)\p{Cc}/u.test(cut) ? `\`${cut}\`` : goQuote(cut), spec);
    case 'x':
    case 'X':
      return pad(hexText(value, verb, spec), spec);
    default:
      return badVerb(value, verb, spec);
  }
}

function hexText(value: string, verb: string, spec: FormatSpec): string {
  const bytes = Buffer.from(value);
  const hex = bytes.subarray(0, spec.precision ?? bytes.length).toString('hex');
  const prefix = spec.sharp && hex !== '' ? '0x' : '';
  const text = spec.space ? (hex.match(/../g) ?? []).map((pair) => prefix + pair).join(' ') : prefix + hex;
  return verb === 'X' ? text.toUpperCase() : text;
}

function formatInt(number: GoInt, verb: string, spec: FormatSpec): string {
  const { value } = number;
  const base = verb === 'v' || verb === 'd' ? 10 : INT_BASES.get(verb);
  if (base === undefined) return formatRune(number, verb, spec);
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  if (spec.precision !== undefined)
    digits = spec.precision === 0 && value === 0n ? '' : digits.padStart(spec.precision, '0');
  if (verb === 'O') digits = `0o${digits}`;
  else if (spec.sharp && verb !== 'v' && base !== 10)
    digits = (verb === 'b' ? '0b' : verb === 'o' ? '0' : `0${verb}`) + digits;
  const sign = negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  return spec.precision === undefined ? padNumber(sign, digits, spec) : pad(sign + digits, { ...spec, zero: false });
}

const INT_BASES: ReadonlyMap<string, number> = new Map([
  ['b', 2],
  ['o', 8],
  ['O', 8],
  ['x', 16],
  ['X', 16],
]);

function formatRune(number: GoInt, verb: string, spec: FormatSpec): string {
  const { value } = number;
  const isValid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  const char = isValid ? String.fromCodePoint(Number(value)) : '\ufffd';
  if (verb === 'c') return pad(char, spec);
  if (verb === 'q') return pad(char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${goQuote(char).slice(1, -1)}'`, spec);
  if (verb === 'U')
    return pad(`U+${value.toString(16).toUpperCase().padStart(4, '0')}${spec.sharp ? ` '${char}'` : ''}`, spec);
  return badVerb(number, verb, spec);
}

function formatNumber(value: number, verb: string, spec: FormatSpec): string {
  const kind = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  if (kind !== 'e' && kind !== 'E' && kind !== 'f' && kind !== 'g' && kind !== 'G') return badVerb(value, verb, spec);
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'NaN' : 'Inf';
    const sign = value < 0 ? '-' : spec.plus ? '+' : spec.space ? ' ' : name === 'Inf' ? '+' : '';
    return pad(sign + name, { ...spec, zero: false });
  }
  const precision = spec.precision ?? (kind === 'g' || kind === 'G' ? -1 : 6);
  const text = formatFloat(value, kind, precision);
  const negative = text.startsWith('-');
  const sign = negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : '';
  return padNumber(sign, negative ? text.slice(1) : text, spec);
}
