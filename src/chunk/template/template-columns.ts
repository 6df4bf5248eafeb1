import { bitLength, MAX_DIGITS, MAX_HEX_CHARACTERS, MAX_LENGTH_BITS } from './template-format.ts';

/**
 * Chooses how a variable of a template is coded: the kind that is estimated to take the fewest bits.
 * Format: docs/format/segment.md, section Template frames.
 */

/** Values of a variable, one for each line of its template: `raw[starts[i], ends[i])`. */
export interface Values {
  readonly raw: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

interface NumberForm {
  readonly kind: 'number';
  readonly width: number;
  readonly digits: number;
  readonly base: number;
}

interface DictionaryForm {
  readonly kind: 'dictionary';
  readonly width: number;
  /** Latin-1: a character for each byte. */
  readonly entries: readonly string[];
  /** Number of the entry of each value. */
  readonly codes: readonly number[];
}

interface HexForm {
  readonly kind: 'hex';
  readonly isUpper: boolean;
  readonly characters: number;
}

interface TextForm {
  readonly kind: 'text';
  readonly shortest: number;
  readonly width: number;
}

/** How a variable is coded. */
export type Form = NumberForm | DictionaryForm | HexForm | TextForm;

/** A coding and its estimated bits. */
interface Choice {
  readonly form: Form;
  readonly bits: number;
}

/** Lengths of values, and what all their bytes are. */
interface Survey {
  readonly shortest: number;
  readonly longest: number;
  readonly sum: number;
  readonly isDigits: boolean;
  readonly isLowerHex: boolean;
  readonly isUpperHex: boolean;
}

/**
 * The best coding of values.
 *
 * @returns undefined when no kind can hold them: lengths are too different
 */
export function chooseForm(values: Values): Form | undefined {
  const survey = surveyOf(values);
  let best = numberChoice(values, survey);
  for (const choice of [hexChoice(values, survey), textChoice(values, survey)])
    if (choice !== undefined && (best === undefined || choice.bits < best.bits)) best = choice;
  return (dictionaryChoice(values, best?.bits ?? Number.POSITIVE_INFINITY) ?? best)?.form;
}

/** Values as texts, whatever they are; undefined when their lengths are too different. */
export function textForm(values: Values): Form | undefined {
  return textChoice(values, surveyOf(values))?.form;
}

/** Whether all values are the same bytes. */
export function areEqual({ raw, starts, ends }: Values): boolean {
  for (let i = 1; i < starts.length; i++)
    if (raw.compare(raw, starts[0], ends[0], starts[i], ends[i]) !== 0) return false;
  return true;
}

/**
 * Moves `starts` and `ends` past what all values begin and end with: a `25T23` becomes a number if the day is always the same. Values
 * of different lengths keep their digits together, since a number of which a part is cut off has leading zeros. Numbers of at most
 * 15 digits stay as they are.
 */
export function stripCommon(values: Values): void {
  const { raw, starts, ends } = values;
  const { shortest, longest, isDigits } = surveyOf(values);
  if (isDigits && longest <= MAX_DIGITS) return;
  const first = starts[0]!;
  const last = ends[0]!;
  let prefix = shortest;
  let suffix = shortest;
  for (let i = 1; i < starts.length; i++) {
    let same = 0;
    while (same < prefix && raw[starts[i]! + same] === raw[first + same]) same++;
    prefix = same;
    same = 0;
    while (same < suffix && raw[ends[i]! - 1 - same] === raw[last - 1 - same]) same++;
    suffix = same;
  }
  if (shortest !== longest) {
    while (prefix > 0 && isDigit(raw[first + prefix - 1]!)) prefix--;
    while (suffix > 0 && isDigit(raw[last - suffix]!)) suffix--;
  }
  suffix = Math.min(suffix, shortest - prefix);
  for (let i = 0; i < starts.length; i++) {
    starts[i]! += prefix;
    ends[i]! -= suffix;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function surveyOf({ raw, starts, ends }: Values): Survey {
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  let sum = 0;
  let others = 0;
  let lower = 0;
  let upper = 0;
  for (let i = 0; i < starts.length; i++) {
    const length = ends[i]! - starts[i]!;
    shortest = Math.min(shortest, length);
    longest = Math.max(longest, length);
    sum += length;
    for (let at = starts[i]!; at < ends[i]!; at++) {
      const byte = raw[at]!;
      if (isDigit(byte)) continue;
      if (byte >= 0x61 && byte <= 0x66) lower++;
      else if (byte >= 0x41 && byte <= 0x46) upper++;
      else others++;
    }
  }
  const isDigits = others + lower + upper === 0 && shortest > 0;
  return { shortest, longest, sum, isDigits, isLowerHex: others + upper === 0, isUpperHex: others + lower === 0 };
}

function numberChoice({ raw, starts, ends }: Values, survey: Survey): Choice | undefined {
  if (!survey.isDigits || survey.longest > MAX_DIGITS) return undefined;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let hasLeadingZero = false;
  for (let i = 0; i < starts.length; i++) {
    const value = numberAt(raw, starts[i]!, ends[i]!);
    least = Math.min(least, value);
    most = Math.max(most, value);
    if (raw[starts[i]!] === 0x30 && ends[i]! - starts[i]! > 1) hasLeadingZero = true;
  }
  if (hasLeadingZero && survey.shortest !== survey.longest) return undefined;
  const width = bitLength(most - least);
  const digits = hasLeadingZero ? survey.longest : 0;
  return { form: { kind: 'number', width, digits, base: least }, bits: starts.length * width + 24 };
}

/** The number whose digits are `raw[start, end)`, at most 15 of them. */
export function numberAt(raw: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + raw[at]! - 0x30;
  return value;
}

function hexChoice({ starts }: Values, { shortest, longest, isLowerHex, isUpperHex }: Survey): Choice | undefined {
  if (shortest !== longest || shortest < 2 || longest > MAX_HEX_CHARACTERS) return undefined;
  if (!isLowerHex && !isUpperHex) return undefined;
  const form: HexForm = { kind: 'hex', isUpper: !isLowerHex, characters: longest };
  return { form, bits: starts.length * longest * 4 + 16 };
}

function textChoice({ starts }: Values, { shortest, longest, sum }: Survey): Choice | undefined {
  const width = bitLength(longest - shortest);
  if (width > MAX_LENGTH_BITS) return undefined;
  return { form: { kind: 'text', shortest, width }, bits: sum * 6 + starts.length * width };
}

/** Undefined when it takes at least `below` bits. */
function dictionaryChoice({ raw, starts, ends }: Values, below: number): Choice | undefined {
  const codes: number[] = [];
  const numbers = new Map<string, number>();
  let entryBits = 0;
  for (let i = 0; i < starts.length; i++) {
    const value = raw.latin1Slice(starts[i], ends[i]);
    let code = numbers.get(value);
    if (code === undefined) {
      code = numbers.size;
      numbers.set(value, code);
      // They are compressed; half is what is left of names.
      entryBits += (value.length + 1) * 4;
      if (entryBits >= below) return undefined;
    }
    codes.push(code);
  }
  const width = bitLength(numbers.size - 1);
  const bits = starts.length * width + entryBits;
  if (bits >= below) return undefined;
  return { form: { kind: 'dictionary', width, entries: [...numbers.keys()], codes }, bits };
}
