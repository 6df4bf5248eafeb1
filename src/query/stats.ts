import { dayStartNs, type TimeRange } from '../model/time.ts';
import type { PartRef } from '../store/select.ts';
import type { IndexStats } from '../wire/metadata-json.ts';
import { type MetadataDeps, usableStart } from './labels.ts';
import { compileSelector, parseSelectorOnly } from './selectors.ts';

/**
 * Streams, chunks, rows and line bytes behind a selector, from the index alone. Parts that stick out of the range count by
 * the share of their time span that lies inside.
 */
export function indexStats(selector: string, range: TimeRange, deps: MetadataDeps): IndexStats {
  const matchers = compileSelector(parseSelectorOnly(selector));
  const startNs = usableStart(range, deps);
  if (startNs === undefined) return { streams: 0, chunks: 0, bytes: 0, entries: 0 };
  const selection = deps.store.select(deps.tenant, matchers, { startNs, endNs: range.endNs });
  try {
    const streams = new Set<number>();
    let bytes = 0;
    let entries = 0;
    for (const part of selection.parts) {
      const share = shareInside(part, startNs, range.endNs);
      if (share === 0) continue;
      streams.add(part.streamId);
      bytes += part.lineBytes * share;
      entries += part.rowCount * share;
    }
    const chunks = streams.size === 0 ? 0 : selection.chunkCount;
    return { streams: streams.size, chunks, bytes: Math.round(bytes), entries: Math.round(entries) };
  } finally {
    selection.release();
  }
}

/** Share of a part's time span inside a range with both ends included, 0 to 1. */
export function shareInside(part: PartRef, startNs: bigint, endNs: bigint): number {
  const dayNs = dayStartNs(part.day);
  const from = Math.max(part.minOffsetNs, Number(startNs - dayNs));
  const to = Math.min(part.maxOffsetNs, Number(endNs - dayNs));
  if (from > to) return 0;
  const span = part.maxOffsetNs - part.minOffsetNs;
  return span === 0 ? 1 : Math.min(1, (to - from) / span);
}
