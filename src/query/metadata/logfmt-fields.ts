import type { Labels } from '../../model/labels.ts';
import { EMPTY_LABELS } from '../../model/labels.ts';
import { buildPipeline, type Pipeline } from '../pipeline/build.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';

const encoder = new TextEncoder();
let parser: { readonly pipeline: Pipeline; readonly row: ScanRow } | undefined;

/** Pairs that `| logfmt` finds in a line; keys without value are left out. */
export function logfmtFields(line: string): Labels {
  parser ??= {
    pipeline: buildPipeline([{ kind: 'logfmt', strict: false, keepEmpty: false, extractions: [] }]),
    row: new ScanRow(),
  };
  const { pipeline, row } = parser;
  const bytes = encoder.encode(line);
  row.begin(bytes, 0, bytes.length, 0n, 0, EMPTY_LABELS);
  pipeline.process(row);
  return row.labels.categorized().parsed.filter((_, i, all) => !all[i - (i % 2)]!.startsWith('__error'));
}
