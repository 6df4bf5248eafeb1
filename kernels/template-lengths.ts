/** Lengths of lines of the template frame that is open, without the lines: copying them is most of what decoding takes. */
import {
  ENDS,
  ENTRIES,
  FIXED_BYTES,
  LINE_RANKS,
  LINE_TEMPLATES,
  STARTS,
  TEMPLATE_RECORD,
  TEMPLATES,
  VARIABLE_RECORD,
  VARIABLES,
  VARYING,
  VARYING_COUNTS,
  WANTED,
} from './block-areas';
import {
  bitsAt,
  DICTIONARY,
  HEX,
  NUMBER,
  NUMBER_LIMIT,
  T_COUNT,
  T_FIRST,
  T_PIECE_BYTES,
  V_BASE,
  V_BITS,
  V_DATA,
  V_DIGITS,
  V_KIND,
  V_PIECE_BYTES,
  V_SIZE,
  V_WIDTH,
} from './template-frame';
import { WISHED } from './template-lines';

const DAMAGED: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline
function smallDigits(value: u32): u32 {
  if (value < 10000) return value < 100 ? 1 + <u32>(value >= 10) : 3 + <u32>(value >= 1000);
  return value < 1000000 ? 5 + <u32>(value >= 100000) : 7 + <u32>(value >= 10000000);
}

function digitsOf(value: u64): u32 {
  if (value < 100000000) return smallDigits(<u32>value);
  const high = value / 100000000;
  // A number is below 10^15.
  return 8 + smallDigits(<u32>high);
}

/** Bytes of a value of a variable; DAMAGED when it is none. */
function valueBytes(record: usize, rank: u32): u32 {
  const kind = load<u32>(record + V_KIND);
  if (kind === HEX) return load<u32>(record + V_SIZE);
  const width = load<u32>(record + V_WIDTH);
  const bits = bitsAt(<usize>load<u32>(record + V_BITS), <u64>rank * <u64>width, width);
  if (kind === NUMBER) {
    const value = load<u64>(record + V_BASE) + bits;
    if (value >= NUMBER_LIMIT) return DAMAGED;
    const digits = digitsOf(value);
    const padded = load<u32>(record + V_DIGITS);
    return padded > digits ? padded : digits;
  }
  const size = load<u32>(record + V_SIZE);
  if (kind !== DICTIONARY) return size + <u32>bits;
  if (<u32>bits >= size) return DAMAGED;
  return load<u32>(ENTRIES + ((<usize>(load<u32>(record + V_DATA) + <u32>bits)) << 3) + 4);
}

/** Bytes of all values of a variable, such as those of a time or an id; DAMAGED when they differ. */
function fixedBytes(record: usize): u32 {
  const kind = load<u32>(record + V_KIND);
  const width = load<u32>(record + V_WIDTH);
  if (kind !== NUMBER) return kind === HEX || width === 0 ? valueBytes(record, 0) : DAMAGED;
  const base = load<u64>(record + V_BASE);
  const most = base + (((<u64>1) << (<u64>width)) - 1);
  if (most >= NUMBER_LIMIT) return DAMAGED;
  const digits = digitsOf(most);
  const padded = load<u32>(record + V_DIGITS);
  if (padded >= digits) return padded;
  return digitsOf(base) === digits ? digits : DAMAGED;
}

/** Finds out what all lines of a template have alike. @returns bytes, and one more */
function measureTemplate(template: usize, record: usize): u32 {
  const first = <usize>load<u32>(record + T_FIRST);
  const count = <usize>load<u32>(record + T_COUNT);
  let bytes = load<u32>(record + T_PIECE_BYTES) + 1;
  let varying: usize = 0;
  for (let i = first; i < first + count; i++) {
    const variable = VARIABLES + i * VARIABLE_RECORD;
    bytes += load<u32>(variable + V_PIECE_BYTES);
    const value = fixedBytes(variable);
    if (value !== DAMAGED) bytes += value;
    else store<u16>(VARYING + ((first + varying++) << 1), <u16>i);
  }
  store<u32>(VARYING_COUNTS + (template << 2), <u32>varying);
  store<u32>(FIXED_BYTES + (template << 2), bytes);
  return bytes;
}

/** Bytes of a line, DAMAGED when it does not decode. */
function lineBytes(line: u32): u32 {
  const template = <usize>load<u16>(LINE_TEMPLATES + ((<usize>line) << 1));
  const record = TEMPLATES + template * TEMPLATE_RECORD;
  let bytes = load<u32>(FIXED_BYTES + (template << 2));
  if (bytes === 0) bytes = measureTemplate(template, record);
  bytes--;
  const count = <usize>load<u32>(VARYING_COUNTS + (template << 2));
  if (count === 0) return bytes;
  const rank = load<u32>(LINE_RANKS + ((<usize>line) << 2));
  let at = VARYING + ((<usize>load<u32>(record + T_FIRST)) << 1);
  const end = at + (count << 1);
  for (; at < end; at += 2) {
    const value = valueBytes(VARIABLES + <usize>load<u16>(at) * VARIABLE_RECORD, rank);
    if (value === DAMAGED) return DAMAGED;
    bytes += value;
  }
  return bytes;
}

/**
 * Gives rows of a block that are wanted and have not been decoded starts and ends that are as far apart as their lines are long; they are
 * not wanted any more then.
 *
 * @param first line of the frame that is row 0
 * @returns false when the frame is damaged
 */
export function measureWanted(first: u32, count: u32): bool {
  for (let row: u32 = 0; row < count; row++) {
    const wanted = WANTED + <usize>row;
    if (load<u8>(wanted) !== WISHED) continue;
    const bytes = lineBytes(first + row);
    if (bytes === DAMAGED) return false;
    store<u32>(STARTS + ((<usize>row) << 2), 0);
    store<u32>(ENDS + ((<usize>row) << 2), bytes);
    store<u8>(wanted, 0);
  }
  return true;
}
