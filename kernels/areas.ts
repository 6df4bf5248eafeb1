import * as layout from '../src/kernels/layout';

/** The areas of src/kernels/layout.ts as addresses and sizes of this compiler. */
export const TABLE_AT: usize = <usize>layout.TABLE_AT;
export const METADATA_LENGTH_AT: usize = <usize>layout.METADATA_LENGTH_AT;
export const PAIRS_AT: usize = <usize>layout.PAIRS_AT;
export const PAIR_CAPACITY: usize = <usize>layout.PAIR_CAPACITY;
export const METADATA_BYTES: usize = <usize>layout.METADATA_BYTES;
export const BODY_AT: usize = <usize>layout.BODY_AT;
export const ENTRY_CAPACITY: usize = <usize>layout.ENTRY_CAPACITY;
export const SECONDS_AT: usize = <usize>layout.SECONDS_AT;
export const NANOS_AT: usize = <usize>layout.NANOS_AT;
export const LINE_START_AT: usize = <usize>layout.LINE_START_AT;
export const LINE_END_AT: usize = <usize>layout.LINE_END_AT;
export const PAIRS_START_AT: usize = <usize>layout.PAIRS_START_AT;
export const PAIRS_END_AT: usize = <usize>layout.PAIRS_END_AT;
export const PUSHED_BYTES_AT: usize = <usize>layout.PUSHED_BYTES_AT;
export const METADATA_START_AT: usize = <usize>layout.METADATA_START_AT;
export const METADATA_END_AT: usize = <usize>layout.METADATA_END_AT;
export const ACCEPTED_AT: usize = <usize>layout.ACCEPTED_AT;
export const LEVEL_AT: usize = <usize>layout.LEVEL_AT;
export const STREAM_CAPACITY: usize = <usize>layout.STREAM_CAPACITY;
export const LABEL_START_AT: usize = <usize>layout.LABEL_START_AT;
export const LABEL_END_AT: usize = <usize>layout.LABEL_END_AT;
export const FIRST_ENTRY_AT: usize = <usize>layout.FIRST_ENTRY_AT;
export const METADATA_AT: usize = <usize>layout.METADATA_AT;
