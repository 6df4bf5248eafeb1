/** Lengths of lines of the template frame that is open, without the lines: copying them is most of what decoding takes. */
import { ENDS, ENTRIES, LINE_RANKS, LINE_TEMPLATES, STARTS, TEMPLATE_RECORD, TEMPLATES, VARIABLE_RECORD, VARIABLES, WANTED } from './block-areas';
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

function digitsOf(value: u64): u32 {
  let digits: u32 = 1;
  for (let limit: u64 = 10; value >= limit; limit *= 10) digits++;
  return digits;
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

/** Bytes of a line, DAMAGED when it does not decode. */
function lineBytes(line: u32): u32 {
  const record = TEMPLATES + <usize>load<u16>(LINE_TEMPLATES + ((<usize>line) << 1)) * TEMPLATE_RECORD;
  const rank = load<u32>(LINE_RANKS + ((<usize>line) << 2));
  let bytes = load<u32>(record + T_PIECE_BYTES);
  let variable = VARIABLES + (<usize>load<u32>(record + T_FIRST)) * VARIABLE_RECORD;
  const end = variable + (<usize>load<u32>(record + T_COUNT)) * VARIABLE_RECORD;
  for (; variable < end; variable += VARIABLE_RECORD) {
    const value = valueBytes(variable, rank);
    if (value === DAMAGED) return DAMAGED;
    bytes += value + load<u32>(variable + V_PIECE_BYTES);
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
