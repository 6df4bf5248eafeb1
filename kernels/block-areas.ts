/**
 * Memory of the block kernel, after a first page for the compiler: the raw times frame, the raw lines frame with slack for whole vectors
 * behind it, the columns of one block, and what scans of it need. Sizes in bytes or, where the name says rows, in numbers.
 */
export const TIMES_CAPACITY: usize = 1 << 20;
/** Decompressed lines in the first mebibyte, lines and fields of template frames behind it. */
export const SOME_LINES_AT: usize = 1 << 20;
export const SOME_LINES_CAPACITY: usize = 5 << 19;
export const LINES_CAPACITY: usize = SOME_LINES_AT + SOME_LINES_CAPACITY;
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

/** The template frame that is open (template-frame.ts): its sections, with slack behind each. */
export const SECTION_CAPACITY: usize = 1 << 20;
export const HEADER: usize = RANGES + (ROW_CAPACITY << 3) * FIELD_CAPACITY + SLACK;
export const TEXTS: usize = HEADER + SECTION_CAPACITY + SLACK;
export const PACKED: usize = TEXTS + SECTION_CAPACITY + SLACK;
/** Its templates, columns of variables, dictionary entries (address and length), and where pieces and entries stand in the header. */
export const TEMPLATE_CAPACITY: usize = 1 << 12;
export const TEMPLATE_RECORD: usize = 80;
export const VARIABLE_CAPACITY: usize = 1 << 14;
export const VARIABLE_RECORD: usize = 56;
export const ENTRY_CAPACITY: usize = 1 << 16;
export const ITEM_CAPACITY: usize = ENTRY_CAPACITY + VARIABLE_CAPACITY + TEMPLATE_CAPACITY;
export const TEMPLATES: usize = PACKED + SECTION_CAPACITY + SLACK;
export const VARIABLES: usize = TEMPLATES + TEMPLATE_CAPACITY * TEMPLATE_RECORD;
export const ENTRIES: usize = VARIABLES + VARIABLE_CAPACITY * VARIABLE_RECORD;
export const ENTRY_HITS: usize = ENTRIES + (ENTRY_CAPACITY << 3);
/** By item: address, length, template, and its number in ENTRIES or NO_ENTRY. */
export const ITEM_RECORD: usize = 16;
export const ITEMS: usize = ENTRY_HITS + ENTRY_CAPACITY;
/** By line of the frame: its template, and its number among the lines of that. */
export const LINE_TEMPLATES: usize = ITEMS + ITEM_CAPACITY * ITEM_RECORD;
export const LINE_RANKS: usize = LINE_TEMPLATES + (ROW_CAPACITY << 1) + SLACK;
/** By mark: the line where a block begins, and its place in the raw frame. */
export const MARKED_LINES: usize = LINE_RANKS + (ROW_CAPACITY << 2) + SLACK;
/** By line: whether it is wanted, and whether it has been decoded. */
export const WANTED: usize = MARKED_LINES + (ROW_CAPACITY << 3);
/** Rows that are to be wanted: not ROWS, since a selection may be at work there. */
export const WANTED_ROWS: usize = WANTED + ROW_CAPACITY + SLACK;
/** Of the line at work: what each of its bytes comes from, piece or variable: begin, end, address in the header or of a record, and which it is. */
export const SEGMENT_RECORD: usize = 16;
export const SEGMENTS: usize = WANTED_ROWS + (ROW_CAPACITY << 2) + SLACK;
/** How fields of lines of a template are put together; see template-fields.ts. */
export const PLAN_CAPACITY: usize = 1 << 18;
export const PLANS: usize = SEGMENTS + (VARIABLE_CAPACITY * 2 + 2) * SEGMENT_RECORD;
/**
 * How long lines of a template are (template-lengths.ts): by template the bytes that all have, and one more, 0 while that is not known, and how
 * many of its variables make lines of different lengths; from its first variable on, which these are.
 */
export const FIXED_BYTES: usize = PLANS + PLAN_CAPACITY + SLACK;
export const VARYING_COUNTS: usize = FIXED_BYTES + (TEMPLATE_CAPACITY << 2);
export const VARYING: usize = VARYING_COUNTS + (TEMPLATE_CAPACITY << 2);
/**
 * An automaton (template-automaton.ts): the next state by state and byte, and whether a line that ends in a state matches; and where pieces and dictionary
 * entries led from the states that were met last.
 */
export const STATE_CAPACITY: usize = 256;
export const NEXT_STATES: usize = VARYING + (VARIABLE_CAPACITY << 2);
/** The same by two digits, and by two hexadecimal ones (the first in the low half of the byte). */
export const DIGIT_PAIRS: usize = NEXT_STATES + (STATE_CAPACITY << 8);
export const HEX_PAIRS: usize = DIGIT_PAIRS + (STATE_CAPACITY << 7);
export const ACCEPTS: usize = HEX_PAIRS + (STATE_CAPACITY << 8);
export const PIECE_STEPS: usize = ACCEPTS + STATE_CAPACITY;
export const ENTRY_STEPS: usize = PIECE_STEPS + (VARIABLE_CAPACITY << 3);
/** By variable: where it and the piece behind it lead, whatever its value. By template: the first variable that has to be looked at, and the state there. */
export const JUMPS: usize = ENTRY_STEPS + (ENTRY_CAPACITY << 2);
export const BEGINNINGS: usize = JUMPS + (VARIABLE_CAPACITY << 3);
/** States that a value may lead to: a list, and a mark for each. */
export const REACHED: usize = BEGINNINGS + (TEMPLATE_CAPACITY << 2);
export const IS_REACHED: usize = REACHED + STATE_CAPACITY;
/** A number or a hexadecimal word. */
export const VALUE_BYTES: usize = 512;
export const VALUE: usize = IS_REACHED + STATE_CAPACITY;
