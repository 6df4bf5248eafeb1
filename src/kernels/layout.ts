/**
 * Layout of the memory that the ingest kernel works in. Read by TypeScript and by the kernel's own compiler, hence literals
 * only: no sums, no type annotations. A test checks that no two areas overlap. The memory is reserved, not touched: what is
 * never used costs address space alone.
 *
 * Every area that a vector load or store may pass the end of has at least 64 bytes of slack behind it.
 */

/** Level field names and level words. */
export const TABLE_AT = 0x1000;
export const TABLE_BYTES = 0xe000;
/** Where the end of the metadata in use stands, a u32, before and after rows are prepared. */
export const METADATA_LENGTH_AT = 0xf000;
/** Pairs of the entry at work: four u32 each. */
export const PAIRS_AT = 0xf100;
export const PAIR_CAPACITY = 0x40;
/** The snappy block of a push, as received. */
export const INPUT_AT = 0x10000;
export const INPUT_BYTES = 0x800000;
/** The decoded body. */
export const BODY_AT = 0x820000;
export const BODY_BYTES = 0x2000000;

/** Columns of entries: as decoded, */
export const ENTRY_CAPACITY = 0x20000;
export const SECONDS_AT = 0x2830000;
export const NANOS_AT = 0x2930000;
export const LINE_START_AT = 0x29b0000;
export const LINE_END_AT = 0x2a30000;
export const PAIRS_START_AT = 0x2ab0000;
export const PAIRS_END_AT = 0x2b30000;
/** ... and as prepared. */
export const PUSHED_BYTES_AT = 0x2bb0000;
export const METADATA_START_AT = 0x2c30000;
export const METADATA_END_AT = 0x2cb0000;
export const ACCEPTED_AT = 0x2d30000;
export const LEVEL_AT = 0x2d50000;

/** Columns of streams. */
export const STREAM_CAPACITY = 0x4000;
export const LABEL_START_AT = 0x2d70000;
export const LABEL_END_AT = 0x2d80000;
export const FIRST_ENTRY_AT = 0x2d90000;

/** Encoded metadata of entries. */
export const METADATA_AT = 0x2dc0000;
export const METADATA_BYTES = 0x800000;

/** Slabs of the head. */
export const SLABS_AT = 0x3800000;
export const SLABS_BYTES = 0x10000000;

export const MEMORY_PAGES = 4992;
