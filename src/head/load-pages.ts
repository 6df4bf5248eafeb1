import type { Labels } from '../model/labels.ts';
import { decodeMetadata } from '../model/metadata-bytes.ts';
import {
  P_BYTE_CAPACITY,
  P_LINE_BYTES,
  P_OFFSET,
  P_ROW_CAPACITY,
  P_ROWS,
  P_SLAB,
  PAGE_FIELDS,
  ROW_BYTES,
} from './page.ts';

/** Rows of one page as columns, over the shared memory itself: nothing is copied but line starts. */
export interface PageRows {
  readonly rowCount: number;
  readonly times: Float64Array;
  readonly bytes: Buffer;
  readonly lineStarts: Uint32Array;
  readonly lineEnds: Uint32Array;
  readonly levels: Uint8Array;
  readonly metadataStarts: Uint32Array;
  readonly metadataEnds: Uint32Array;
}

/**
 * @param slabs shared memory of the generation, by slab number
 * @param pages what `HeadPart.describe` gave
 * @param index which page
 */
export function pageRows(slabs: readonly SharedArrayBuffer[], pages: Float64Array, index: number): PageRows {
  const at = index * PAGE_FIELDS;
  const memory = slabs[pages[at + P_SLAB]!]!;
  const offset = pages[at + P_OFFSET]!;
  const rowCapacity = pages[at + P_ROW_CAPACITY]!;
  const byteCapacity = pages[at + P_BYTE_CAPACITY]!;
  const rowCount = pages[at + P_ROWS]!;
  const lineBytes = pages[at + P_LINE_BYTES]!;
  const lineEnds = new Uint32Array(memory, offset + rowCapacity * 8, rowCount);
  const metadataStarts = new Uint32Array(memory, offset + rowCapacity * 12, rowCount);
  const bytes = Buffer.from(memory, offset + rowCapacity * ROW_BYTES, byteCapacity);
  const lineStarts = new Uint32Array(rowCount);
  const metadataEnds = new Uint32Array(rowCount);
  let start = 0;
  let metadataEnd = byteCapacity;
  for (let row = 0; row < rowCount; row++) {
    lineStarts[row] = start;
    start = lineEnds[row]! + 1;
    metadataEnds[row] = metadataEnd;
    metadataEnd = metadataStarts[row]!;
  }
  return {
    rowCount,
    times: new Float64Array(memory, offset, rowCount),
    bytes: lineBytes === 0 ? Buffer.alloc(0) : bytes,
    lineStarts,
    lineEnds,
    levels: new Uint8Array(memory, offset + rowCapacity * 16, rowCount),
    metadataStarts,
    metadataEnds,
  };
}

/** Metadata of a page row as labels, without the level. */
export function pageMetadata(rows: PageRows, row: number): Labels {
  const start = rows.metadataStarts[row]!;
  const end = rows.metadataEnds[row]!;
  return start === end ? [] : decodeMetadata(rows.bytes, start, end);
}
