import type { TimeRange } from '../../model/time.ts';
import { storedRunsOf } from '../../store/snapshot/query-store.ts';
import { largestIdOf, sumsOf } from '../../store/snapshot/segment-runs.ts';
import type { IndexStats } from '../../wire/result/metadata-json.ts';
import { usableStart } from '../analysis/check-query.ts';
import { DayBounds } from '../analysis/day-bounds.ts';
import { compileSelector, parseSelectorOnly } from '../analysis/selectors.ts';
import { shareInside, visitExtents } from '../statistics/extents.ts';
import type { MetadataDeps } from './labels.ts';

/**
 * Streams, chunks, rows and line bytes behind a selector, from the index alone. Blocks that stick out of the range count by
 * the share of their time span that lies inside.
 */
export function indexStats(selector: string, range: TimeRange, deps: MetadataDeps): IndexStats {
  const matchers = compileSelector(parseSelectorOnly(selector));
  const startNs = usableStart(range, deps);
  if (startNs === undefined) return { streams: 0, chunks: 0, bytes: 0, entries: 0 };
  const selection = deps.store.select(deps.tenant, matchers, { startNs, endNs: range.endNs });
  try {
    const { runs, others: stored } = storedRunsOf(selection);
    const bounds = new DayBounds(startNs, range.endNs);
    const found = new Uint8Array(largestIdOf({ runs, others: stored }) + 1);
    const whole = sumsOf({ runs, others: stored.sibling() }, found);
    let bytes = whole.lineBytes;
    let entries = whole.rows;
    for (let i = 0; i < stored.count; i++) {
      bounds.at(stored.days[i]!);
      const { from, to } = bounds;
      if (stored.mins[i]! >= from && stored.maxs[i]! <= to) {
        bytes += stored.lineBytes[i]!;
        entries += stored.rows[i]!;
        found[stored.streamIds[i]!] = 1;
        continue;
      }
      let any = false;
      visitExtents(stored, i, (min, max, rows, lineBytes) => {
        const share = shareInside(min, max, from, to);
        any ||= share > 0;
        bytes += lineBytes * share;
        entries += rows * share;
      });
      if (any) found[stored.streamIds[i]!] = 1;
    }
    let streams = 0;
    for (const one of found) streams += one;
    const chunks = streams === 0 ? 0 : selection.chunkCount;
    return { streams, chunks, bytes: Math.round(bytes), entries: Math.round(entries) };
  } finally {
    selection.release();
  }
}
