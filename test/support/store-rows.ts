import type { Labels } from '../../src/model/labels.ts';
import { labelsKey } from '../../src/model/labels.ts';
import type { CompiledMatcher } from '../../src/model/matcher.ts';
import { compileMatcher } from '../../src/model/matcher.ts';
import { encodeMetadata } from '../../src/model/metadata-bytes.ts';
import type { RowSink } from '../../src/model/row-sink.ts';
import { dayOf, dayStartNs } from '../../src/model/time.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import type { QueryStore } from '../../src/store/snapshot/query-store.ts';
import type { LoadCounts, LoadOptions } from '../../src/store/snapshot/select.ts';

/** One row as tests write and read it. */
export interface TestRow {
  readonly labels: Labels;
  readonly ns: bigint;
  readonly line: string;
  readonly metadata?: Labels;
  readonly level?: number;
}

export function appendRow(sink: RowSink, row: TestRow): boolean {
  const line = Buffer.from(row.line);
  const metadata = encodeMetadata(row.metadata ?? []);
  const day = dayOf(row.ns);
  return sink.append(
    sink.stream(row.labels),
    day,
    Number(row.ns - dayStartNs(day)),
    line,
    0,
    line.length,
    row.level ?? 255,
    metadata,
    0,
    metadata.length,
  );
}

export function zeroCounts(): LoadCounts {
  return {
    blocksSkippedByTime: 0,
    blocksSkippedByFilter: 0,
    blocksRead: 0,
    compressedBytes: 0,
    decompressedBytes: 0,
    rows: 0,
    headRows: 0,
    headBytes: 0,
    duplicates: 0,
  };
}

export function matcher(name: string, value: string): CompiledMatcher {
  return compileMatcher({ name, op: '=', value });
}

export const WHOLE_DAY: LoadOptions = {
  fromOffsetNs: 0,
  toOffsetNs: 8.64e13,
  lines: true,
  metadata: true,
  reverse: false,
  needles: [],
};

/** All rows of a selection in the order in which parts and blocks give them, as `key time line metadata` texts. */
export function readAll(
  store: QueryStore,
  tenant: string,
  matchers: readonly CompiledMatcher[],
  options: LoadOptions = WHOLE_DAY,
  damage: string[] = [],
): string[] {
  const loader = new PartLoader((error) => damage.push(String(error)));
  const selection = store.select(tenant, matchers, { startNs: -(2n ** 62n), endNs: 2n ** 62n });
  const out: string[] = [];
  for (const part of selection.stretches.parts()) {
    for (const block of loader.load(part, options, zeroCounts())) {
      for (let row = 0; row < block.rowCount; row++) {
        const ns = block.dayStartNs + BigInt(block.times[row]!);
        const line = Buffer.from(block.bytes.slice(block.lineStarts[row], block.lineEnds[row])).toString();
        out.push(rowText(block.streamLabels, ns, line, block.metadata(block.metadataId(row))));
      }
    }
  }
  selection.release();
  loader.close();
  return out;
}

export function rowText(labels: Labels, ns: bigint, line: string, metadata: Labels): string {
  return `${labelsKey(labels)} ${ns} ${JSON.stringify(line)} ${metadata.join(',')}`;
}
