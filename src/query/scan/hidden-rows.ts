import type { Stage } from '../../../grammar/ast.ts';
import { RecentMap } from '../../base/recent-map.ts';
import type { HiddenRows, HideableRows, RowHider } from '../../model/hidden-rows.ts';
import { buildPipeline, type Pipeline } from '../pipeline/build.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';

/** Pipelines of requests that hide rows, by their text: the same ones come with every task. */
const MAX_PIPELINES = 64;

interface Kept {
  readonly pipeline: Pipeline;
  readonly row: ScanRow;
}

const kept = new RecentMap<string, Kept>({ maxEntries: MAX_PIPELINES });

function keptOf(text: string, stages: readonly Stage[]): Kept {
  let known = kept.get(text);
  if (known === undefined) {
    known = { pipeline: buildPipeline(stages), row: new ScanRow() };
    kept.set(text, known);
  }
  return known;
}

/** Marks the rows that a pipeline lets through, as a log query would find them. See `RowHider`. */
export const hideRows: RowHider = (rows, hidden) => {
  let marks: Uint8Array | undefined;
  for (const one of hidden) {
    const passes = one.stages.length === 0 ? undefined : passing(rows, one);
    for (let i = 0; i < rows.rowCount; i++) {
      const time = rows.times[i]!;
      if (time < one.fromOffsetNs || time > one.toOffsetNs || marks?.[i] === 1) continue;
      if (passes !== undefined && !passes(i)) continue;
      marks ??= new Uint8Array(rows.rowCount);
      marks[i] = 1;
    }
  }
  return marks;
};

function passing(rows: HideableRows, { text, stages }: HiddenRows): (row: number) => boolean {
  const { pipeline, row: scanned } = keptOf(text, stages);
  const { leadingLineFilters: filter, isIdentity } = pipeline;
  const { bytes, lineStarts, lineEnds, ascii, streamLabels, dayStartNs, times } = rows;
  return (row) => {
    const start = lineStarts[row]!;
    const end = lineEnds[row]!;
    if (!filter.always && (filter.never || !filter.test(bytes, start, end, ascii))) return false;
    if (isIdentity) return true;
    const metadata = rows.metadata(rows.metadataId(row));
    scanned.begin(bytes, start, end, dayStartNs, times[row]!, streamLabels, metadata);
    return pipeline.process(scanned);
  };
}
