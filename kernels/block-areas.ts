/**
 * Memory of the block kernel, after a first page for the compiler: the raw times frame, the raw lines frame with slack for whole vectors
 * behind it, the columns of one block, and what scans of it need. Sizes in bytes or, where the name says rows, in numbers.
 */
export const TIMES_CAPACITY: usize = 1 << 20;
export const LINES_CAPACITY: usize = 1 << 21;
export const ROW_CAPACITY: usize = 1 << 16;
export const NEEDLE_CAPACITY: usize = 1 << 12;
const SLACK: usize = 64;

export const TIMES: usize = 1 << 16;
export const LINES: usize = TIMES + TIMES_CAPACITY;
export const STARTS: usize = LINES + LINES_CAPACITY + SLACK;
export const ENDS: usize = STARTS + ((ROW_CAPACITY + 8) << 2);
export const OFFSETS: usize = ENDS + ((ROW_CAPACITY + 8) << 2);
/** The text to search for. */
export const NEEDLE: usize = OFFSETS + ((ROW_CAPACITY + 8) << 3);
/** Row numbers that a search found, and one byte for each row. */
export const ROWS: usize = NEEDLE + NEEDLE_CAPACITY + SLACK;
export const MARKS: usize = ROWS + ((ROW_CAPACITY + 8) << 2);
/** Keys of structured lines: records, a table of their numbers by hash, and their bytes. */
export const KEY_CAPACITY: usize = 1 << 10;
export const KEY_RECORD: usize = 16;
export const KEY_SLOTS: usize = KEY_CAPACITY << 1;
export const KEY_TEXT_CAPACITY: usize = 1 << 15;
export const KEYS: usize = MARKS + ROW_CAPACITY + SLACK;
export const KEY_TABLE: usize = KEYS + (KEY_CAPACITY + 1) * KEY_RECORD;
export const KEY_TEXT: usize = KEY_TABLE + (KEY_SLOTS << 1);
/** A line pattern: see fields.ts. */
export const PATTERN_CAPACITY: usize = 1 << 12;
export const PATTERN: usize = KEY_TEXT + KEY_TEXT_CAPACITY + SLACK;
/** By selected row: whether its fields were read, their ranges, and numbers made of one field. */
export const FIELD_CAPACITY: usize = 8;
export const STATUS: usize = PATTERN + PATTERN_CAPACITY + SLACK;
export const VALUES: usize = STATUS + ROW_CAPACITY + SLACK;
export const RANGES: usize = VALUES + (ROW_CAPACITY << 3);
