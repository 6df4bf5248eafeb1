import { compileLevelFields, detectLineLevel } from '../../src/ingest/level/level.ts';
import { withServiceName } from '../../src/ingest/service-name.ts';
import { labelsFromObject, labelValue } from '../../src/model/labels.ts';
import { LEVELS } from '../../src/model/level.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { MemoryRow } from './memory-store.ts';

interface PushedStream {
  readonly stream: Record<string, string>;
  readonly values: readonly (readonly [string, string, Record<string, string>?])[];
}

/** The rows of the conformance data set as ingest would store them, in the order in which they are pushed. */
export async function datasetRows(): Promise<MemoryRow[]> {
  const { buildBatches } = (await import(new URL('../conformance/dataset.mjs', import.meta.url).href)) as {
    buildBatches(): PushedStream[][];
  };
  const fields = compileLevelFields(DEFAULT_LIMITS.logLevelFields, DEFAULT_LIMITS.logLevelFromJsonMaxDepth);
  const rows: MemoryRow[] = [];
  for (const { stream, values } of buildBatches().flat()) {
    const pairs = Object.entries(stream).filter(([, value]) => value !== '');
    const labels = withServiceName(labelsFromObject(Object.fromEntries(pairs)), DEFAULT_LIMITS.discoverServiceName);
    for (const [ts, line, meta] of values) {
      const cleaned = Object.entries(meta ?? {}).map(
        ([name, value]) => [name.replaceAll(/[^A-Za-z0-9_]/g, '_'), value] as const,
      );
      const metadata = Object.fromEntries(cleaned.filter(([, value]) => value !== ''));
      const bytes = new TextEncoder().encode(line);
      const own = (name: string): string | undefined => labelValue(labels, name) ?? metadata[name];
      const given = DEFAULT_LIMITS.logLevelFields.map(own).find((value) => value !== undefined);
      metadata['detected_level'] ??= given ?? LEVELS[detectLineLevel(fields, bytes, 0, bytes.length)]!;
      rows.push({ labels, timeNs: BigInt(ts), line: bytes, metadata: labelsFromObject(metadata) });
    }
  }
  return rows;
}
