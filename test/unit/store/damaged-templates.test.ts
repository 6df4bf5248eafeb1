import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { encodeTemplates } from '../../../src/chunk/template/template-encoder.ts';
import { labelsFromObject } from '../../../src/model/labels.ts';
import { dayOf, dayStartNs } from '../../../src/model/time.ts';
import { PartLoader } from '../../../src/store/read/load-part.ts';
import type { QueryStore } from '../../../src/store/snapshot/query-store.ts';
import type { PartRef } from '../../../src/store/snapshot/select.ts';
import { Stretches } from '../../../src/store/snapshot/stretches.ts';
import { BLOCK_FILE_ROWS, BlockFile } from '../../support/block-file.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { queryDeps } from '../../support/query-replay.ts';
import { answer, loaderRunner } from '../../support/stored-answers.ts';
import { sections } from '../../support/template-frames.ts';

/** A frame whose checksum is right and whose header can be read, but not its lines: seen only when they are decoded. */

const folder = mkdtempSync(join(tmpdir(), 'halogi-damaged-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DAY = dayOf(1_793_500_000_000_000_000n);
const DAY_SECONDS = 86_400n;

/** Lines `error ` and a name of three; the number of a name is 3, which is none, in one of the last. */
function damagedFile(): [BlockFile, number] {
  const names = ['one', 'two', 'six'];
  const codes = Array.from({ length: BLOCK_FILE_ROWS }, (_, i) => (i === BLOCK_FILE_ROWS - 5 ? 3 : i % 3));
  const packed = Buffer.alloc(BLOCK_FILE_ROWS / 4);
  for (const [i, code] of codes.entries()) packed[i >> 2]! |= code << ((i & 3) * 2);
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const header = [1, BLOCK_FILE_ROWS, 1, ...text('error '), 1, 3, ...names.flatMap(text), ...text(''), 0];
  const rawBytes = BLOCK_FILE_ROWS * 'error one\n'.length - 1;
  const frame = sections(BLOCK_FILE_ROWS, Buffer.from(header), Buffer.alloc(0), packed, false);
  return [new BlockFile(join(folder, 'damaged'), frame, rawBytes), rawBytes];
}

function goodFile(): [BlockFile, number] {
  const raw = Buffer.from(Array.from({ length: BLOCK_FILE_ROWS }, (_, i) => `error ${i * 3} good`).join('\n'));
  return [
    new BlockFile(join(folder, 'good'), encodeTemplates(raw, [0], 1, Number.POSITIVE_INFINITY)!, raw.length),
    raw.length,
  ];
}

/** A store of one stream for each file. */
function storeOf(files: readonly (readonly [BlockFile, number])[]): QueryStore {
  const parts = files.map(([file, rawBytes], id): PartRef => {
    const segment = file.segment(BLOCK_FILE_ROWS, 0, rawBytes);
    const source = { kind: 'segment', segment, first: 0, end: 1 } as const;
    return {
      streamId: id,
      streamLabels: labelsFromObject({ app: `a${id}` }),
      day: DAY,
      minOffsetNs: 0,
      maxOffsetNs: (BLOCK_FILE_ROWS - 1) * 1e9,
      rowCount: BLOCK_FILE_ROWS,
      lineBytes: rawBytes,
      place: id,
      sources: [source],
    };
  });
  const stretches = Stretches.ofParts(parts);
  const selection = { stored: stretches, stretches, chunkCount: 2, compressedBytes: 0, release: () => undefined };
  return { select: () => selection, streams: () => parts.map((part) => part.streamLabels) };
}

const startNs = dayStartNs(DAY);
const request = {
  kind: 'range' as const,
  limit: 1000,
  startNs,
  endNs: startNs + DAY_SECONDS * 1_000_000_000n,
  stepNs: 3_600_000_000_000n,
  intervalNs: 0n,
};

test('a block whose lines cannot be decoded is left out of every query, and told', async () => {
  const good = goodFile();
  for (const direction of ['forward', 'backward'] as const) {
    for (const query of [
      '{app=~".+"} |= "error"',
      '{app=~".+"} != "nowhere"',
      '{app=~".+"} |~ "err.*r"',
      '{app=~".+"} | logfmt | good=""',
      'sum by (app) (count_over_time({app=~".+"} |= "error" [1h]))',
      'sum by (app) (bytes_over_time({app=~".+"}[1h]))',
      'sum by (app) (count_over_time({app=~".+"} | pattern "<level> <n> <_>" | n!="" [1h]))',
    ]) {
      const damage: string[] = [];
      const loader = new PartLoader((error) => damage.push(String(error)));
      const deps = { ...queryDeps(new MemoryStore([])), runner: loaderRunner(loader) };
      const asked = { ...request, query, direction };
      const expected = await answer(asked, { ...deps, store: storeOf([good]) });
      expect(damage).toEqual([]);
      expect(
        JSON.stringify(expected, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      ).toContain('a0');
      expect(await answer(asked, { ...deps, store: storeOf([good, damagedFile()]) }), query).toEqual(expected);
      expect(damage.length, query).toBeGreaterThan(0);
      for (const text of damage) expect(text).toContain('damaged');
      loader.close();
    }
  }
});
