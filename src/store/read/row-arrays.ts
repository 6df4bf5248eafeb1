import { wider } from '../../base/grow.ts';

/** Growing columns of rows, before they become a block. */
export interface RowArrays {
  readonly rowCount: number;
  times: Float64Array;
  levels: Uint8Array;
  lineStarts: Uint32Array;
  lineEnds: Uint32Array;
  metadataStarts: Uint32Array;
  metadataEnds: Uint32Array;
}

/** Makes room for `count` more rows; columns are at least doubled, so that rows are copied a few times at most. */
export function growRows(columns: RowArrays, count: number): void {
  const need = columns.rowCount + count;
  if (need <= columns.times.length) return;
  const size = Math.max(need, columns.times.length * 2);
  columns.times = wider(columns.times, new Float64Array(size));
  columns.levels = wider(columns.levels, new Uint8Array(size));
  columns.lineStarts = wider(columns.lineStarts, new Uint32Array(size));
  columns.lineEnds = wider(columns.lineEnds, new Uint32Array(size));
  columns.metadataStarts = wider(columns.metadataStarts, new Uint32Array(size));
  columns.metadataEnds = wider(columns.metadataEnds, new Uint32Array(size));
}

/** @returns `bytes`, or a larger copy of its first `used` bytes, with room for `more` behind them */
export function growBytes(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const grown = Buffer.allocUnsafeSlow(Math.max(used + more, bytes.length * 2));
  bytes.copy(grown, 0, 0, used);
  return grown;
}
