/**
 * A page: one region of shared memory with rows of one stream and day, in arrival order.
 *
 *   +-----------------+------------------+------------------+-------------+----------------------------------+
 *   | times f64 [R]   | line ends u32[R] | metadata u32[R]  | levels u8[R]| lines ->            <- metadata  |
 *   +-----------------+------------------+------------------+-------------+----------------------------------+
 *
 * Lines grow from the left, each followed by a newline; metadata grows from the right, so that both stay contiguous.
 * `metadata[i]` is where the metadata of row i starts; it ends where that of row i-1 starts (row 0: at the page's end).
 * A page is described to workers by numbers (`PAGE_FIELDS`), for which row count and bytes used are a snapshot: rows are only
 * ever added behind it.
 */

export const ROW_BYTES = 17;

export const P_SLAB = 0;
export const P_OFFSET = 1;
export const P_ROW_CAPACITY = 2;
export const P_BYTE_CAPACITY = 3;
export const P_ROWS = 4;
export const P_LINE_BYTES = 5;
export const PAGE_FIELDS = 6;

const FIRST_PAGE_BYTES = 2 * 1024;
const LAST_PAGE_BYTES = 128 * 1024;
/** Each page of a stream is larger than the one before by this factor; the last one is half empty on average. */
const GROWTH = 1.5;
const MIN_ROWS = 8;
const MAX_ROWS = 65_536;
/** First guess of a line's length; later pages use the stream's own mean. */
const GUESSED_LINE_BYTES = 120;

/** Rows that are at hand and the bytes of their lines, newlines and metadata. */
export interface RowsAtHand {
  rowCount: number;
  bytes: number;
}

/** Adds a row unless that makes a page larger than the largest; false then. */
export function addRowAtHand(rows: RowsAtHand, rowBytes: number): boolean {
  const { rowCount, bytes } = rows;
  if (rowCount > 0 && (rowCount === MAX_ROWS || (rowCount + 1) * ROW_BYTES + bytes + rowBytes > LAST_PAGE_BYTES))
    return false;
  rows.rowCount++;
  rows.bytes += rowBytes;
  return true;
}

/**
 * Row capacity and byte capacity for the next page of a stream. Rows that come as many at once, as from an agent that collects for a
 * second, get a page of just their size: nothing of it stays empty. Others get pages that grow.
 *
 * @param previousBytes size of the page before, 0 for the first one
 * @param meanBytes mean of line, newline and metadata in it
 */
export function pageShape(
  previousBytes: number,
  meanBytes: number,
  rows: RowsAtHand,
): { rowCapacity: number; byteCapacity: number } {
  const { rowCount, bytes } = rows;
  if (rowCount * ROW_BYTES + bytes >= FIRST_PAGE_BYTES) return { rowCapacity: rowCount, byteCapacity: bytes };
  const size = previousBytes === 0 ? FIRST_PAGE_BYTES : Math.min(LAST_PAGE_BYTES, Math.floor(previousBytes * GROWTH));
  const mean = previousBytes === 0 ? Math.max(GUESSED_LINE_BYTES, bytes / rowCount) : meanBytes;
  let rowCapacity = Math.min(MAX_ROWS, Math.max(MIN_ROWS, Math.floor(size / (mean + ROW_BYTES))));
  rowCapacity = (rowCapacity + 7) & ~7;
  return {
    rowCapacity,
    byteCapacity: Math.max(size - rowCapacity * ROW_BYTES, Math.ceil(rowCapacity * mean), bytes),
  };
}
