import { type Labels, labelsFromObject, labelsToObject } from '../../src/model/labels.ts';
import { ScanRow } from '../../src/query/pipeline/row/row-state.ts';
import type { PipelineStage, Row } from '../../src/query/pipeline/row/stage.ts';

/** A row over text, for tests of stages. The line stands in the middle of a larger shared block, as in a scan. */
export function makeRow(
  line: string,
  stream: Record<string, string> = {},
  metadata: Record<string, string> = {},
): ScanRow {
  return makeRowOfLabels(line, labelsFromObject(stream), labelsFromObject(metadata));
}

export function makeRowOfLabels(line: string, stream: Labels, metadata: Labels): ScanRow {
  const text = Buffer.from(line);
  const bytes = new Uint8Array(new SharedArrayBuffer(text.length + 8)).fill(0x23);
  bytes.set(text, 4);
  const row = new ScanRow();
  row.begin(bytes, 4, 4 + text.length, 0n, 0, stream, metadata);
  return row;
}

/** Labels after the stages as an object, or `dropped`. */
export function runStages(row: ScanRow, ...stages: readonly PipelineStage[]): Record<string, string> | 'dropped' {
  for (const stage of stages) if (!stage.process(row)) return 'dropped';
  return labelsToObject(row.labels.result());
}

/** Text of the row's current line by way of its bytes. */
export function bytesText(row: Row): string {
  return Buffer.from(row.bytes.slice(row.start, row.end)).toString();
}
