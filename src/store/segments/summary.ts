import { B_LINE_BYTES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, blockTime, type Directory } from '../../chunk/directory.ts';
import type { SegmentSummary } from '../../index/values.ts';

/** Summary of a segment from its directory alone, for a rebuilt index. */
export function summaryOfDirectory(name: string, directory: Directory, fileBytes: number): SegmentSummary {
  const totals = directoryTotals(directory.blocks);
  return {
    tenant: directory.tenant,
    day: directory.day,
    name,
    generation: directory.merge?.level ?? 0,
    ...(directory.merge === undefined ? {} : { zstdLevel: directory.merge.zstdLevel }),
    fileBytes,
    chunkCount: directory.streams.count,
    streamCount: directory.streams.count,
    ...totals,
  };
}

/** What all blocks of a directory hold together. */
export function directoryTotals(blocks: Uint32Array): {
  rowCount: number;
  lineBytes: number;
  minOffsetNs: number;
  maxOffsetNs: number;
} {
  const totals = { rowCount: 0, lineBytes: 0, minOffsetNs: Number.POSITIVE_INFINITY, maxOffsetNs: 0 };
  for (let at = 0; at < blocks.length; at += BLOCK_FIELDS) {
    totals.rowCount += blocks[at + B_ROWS]!;
    totals.lineBytes += blocks[at + B_LINE_BYTES]!;
    totals.minOffsetNs = Math.min(totals.minOffsetNs, blockTime(blocks, at + B_MIN));
    totals.maxOffsetNs = Math.max(totals.maxOffsetNs, blockTime(blocks, at + B_MAX));
  }
  return totals;
}
