/**
 * Memory of the kernel that works on the texts of a segment: what skip filters need, what template frames need, and at the end, as long as the
 * memory is, the texts themselves. The first page is the compiler's own.
 */
export const MAX_KEYS: u32 = 1 << 19;
export const SET: usize = 0x10000;
export const KEYS: usize = SET + ((<usize>MAX_KEYS) << 3);
/** Kept hashes of one stretch of the text, repeats included, with a vector of slack. */
export const STRETCH: usize = 4096;
export const HASHES: usize = KEYS + ((<usize>MAX_KEYS) << 2);
export const FILTER: usize = HASHES + (STRETCH << 2) + 64;
export const FILTER_BYTES: usize = 0x80000;
/** Longest text. */
export const TEXT_CAPACITY: usize = 1 << 20;
export const LOWER: usize = FILTER + FILTER_BYTES;
/** A bit for each byte of the text: whether it is of a word. */
export const WORDS: usize = LOWER + TEXT_CAPACITY + 64;

/** Longest text of a template frame, most words and lines in it. */
export const TEMPLATE_TEXT: usize = 1 << 19;
export const WORD_CAPACITY: usize = 1 << 17;
export const LINE_CAPACITY: usize = 1 << 16;
export const SHAPE_CAPACITY: usize = 1 << 12;
export const SHAPE_SLOTS: usize = SHAPE_CAPACITY << 1;
export const SHAPE_RECORD: usize = 32;
/** Values of one column that are told apart, at most. */
export const DISTINCT_CAPACITY: usize = 256;
export const DISTINCT_SLOTS: usize = 1024;
/** What stands between the words of the line at work, up to 7 bytes in a number, and the same of the first line of each shape. */
export const GAP_CAPACITY: usize = 1 << 17;
export const GAPS: usize = WORDS + (TEXT_CAPACITY >> 3) + 64;
/** Behind the capacity there is room for those of a whole text. */
export const SHAPE_GAPS: usize = GAPS + ((GAP_CAPACITY + (TEMPLATE_TEXT >> 2)) << 3);
/** Start and end of each word. */
export const WORD_RANGES: usize = SHAPE_GAPS + ((GAP_CAPACITY + 256) << 3);
/** By line: end, first word, shape; behind the last line the number of words. */
export const LINE_ENDS: usize = WORD_RANGES + ((WORD_CAPACITY + 128) << 3);
export const LINE_WORDS: usize = LINE_ENDS + ((LINE_CAPACITY + 16) << 2);
export const LINE_SHAPES: usize = LINE_WORDS + ((LINE_CAPACITY + 16) << 2);
/** Lines in order of their shapes: address of their first word, or number. */
export const SHAPE_LINES: usize = LINE_SHAPES + ((LINE_CAPACITY + 16) << 2);
/** By shape: hash u64, first line, number of lines, template, where its lines begin in SHAPE_LINES, its gaps in SHAPE_GAPS and their bytes. */
export const SHAPES: usize = SHAPE_LINES + ((LINE_CAPACITY + 16) << 2);
export const SHAPE_TABLE: usize = SHAPES + (SHAPE_CAPACITY + 1) * SHAPE_RECORD;
/** The column at work: start and length of each value, its number in the dictionary, what it is as a number. */
export const COLUMN_STARTS: usize = SHAPE_TABLE + (SHAPE_SLOTS << 1);
export const COLUMN_LENGTHS: usize = COLUMN_STARTS + ((LINE_CAPACITY + 16) << 2);
export const COLUMN_ENTRIES: usize = COLUMN_LENGTHS + ((LINE_CAPACITY + 16) << 2);
export const COLUMN_NUMBERS: usize = COLUMN_ENTRIES + ((LINE_CAPACITY + 16) << 1);
/** Its distinct values: first bytes u64, start u32, length u32; and a table of their numbers, from 1, by hash. */
export const DISTINCT: usize = COLUMN_NUMBERS + ((LINE_CAPACITY + 16) << 3);
export const DISTINCT_TABLE: usize = DISTINCT + (DISTINCT_CAPACITY + 1) * 16;
/** The piece that is being put together, and the three sections of a frame. */
export const PIECE: usize = DISTINCT_TABLE + (DISTINCT_SLOTS << 1);
export const SECTION_CAPACITY: usize = 1 << 20;
export const HEADER: usize = PIECE + TEMPLATE_TEXT + 64;
export const TEXTS: usize = HEADER + SECTION_CAPACITY + 64;
export const PACKED: usize = TEXTS + SECTION_CAPACITY + 64;
/** Where blocks begin in the text, as u32. */
export const MARK_CAPACITY: usize = 1 << 16;
export const TEMPLATE_MARKS: usize = PACKED + SECTION_CAPACITY + 64;

/** Where callers put texts: several may lie behind each other. */
export const TEXT: usize = TEMPLATE_MARKS + (MARK_CAPACITY << 2) + 64;
