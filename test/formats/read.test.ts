import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { B_FLAGS, B_METADATA, BLOCK_FIELDS, decodeDirectory, FLAG_ASCII, FLAG_LENGTHS, LEVEL_COUNTERS } from '../../src/chunk/directory.ts';
import { LogIndex } from '../../src/index/index.ts';
import { openLevelKv } from '../../src/index/level-kv.ts';
import { MemoryKv } from '../../src/index/memory-kv.ts';
import { decodeWalBody, WAL_BODY_ENCODED, WAL_BODY_PUSHED } from '../../src/ingest/wal-body.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { readSegmentDirectory } from '../../src/store/segments/segment-directory.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { replayWal } from '../../src/wal/replay.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { type FixtureRow, openFixtureStore, readRows, TENANTS } from './fixture.ts';

const NOW_MS = Date.UTC(2030, 0, 1);
const fixture = join(import.meta.dirname, 'v1');
const expected = JSON.parse(readFileSync(join(fixture, 'rows.json'), 'utf8')) as FixtureRow[];
const indexEntries = (JSON.parse(readFileSync(join(fixture, 'index.json'), 'utf8')) as [string, string][]).map(
  ([key, value]) => ({ type: 'put', key, value: Uint8Array.from(Buffer.from(value, 'base64')) }) as const,
);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-format-'));
  for (const name of ['FORMAT', 'segments', 'wal']) cpSync(join(fixture, name), join(folder, name), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a data folder of version 1', () => {
  test('is opened as a kill left it: index, segments, log', async () => {
    const kv = await openLevelKv(join(folder, 'index'));
    await kv.batch(indexEntries);
    await kv.close();
    const { store, recovered } = await openFixtureStore(folder, NOW_MS);
    const rows = readRows(store);
    await store.close();
    expect(recovered).toMatchObject({ orphans: 0, adopted: 0, damaged: 0, missing: 0, records: 2, tornBytes: 0 });
    expect(recovered.segments).toBe((await listSegments(nodeDisk, fixture)).size);
    expect(rows).toEqual(expected);
  });

  test('is opened without its index, and keeps its rows when all is written anew', async () => {
    const { store, recovered } = await openFixtureStore(folder, NOW_MS);
    expect(recovered).toMatchObject({ orphans: 0, damaged: 0, records: 2 });
    expect(recovered.adopted).toBe((await listSegments(nodeDisk, fixture)).size);
    expect(readRows(store)).toEqual(expected);
    await store.flush();
    expect(readRows(store)).toEqual(expected);
    await store.close();
  });
});

test('the index of version 1 is read, and agrees with the files', async () => {
  const kv = new MemoryKv();
  await kv.batch(indexEntries);
  const index = await LogIndex.open(kv);
  const state = await index.load();
  const paths = [...(await listSegments(nodeDisk, fixture))];
  expect(state.segments.map((summary) => summary.name).sort()).toEqual(paths.map((path) => basename(path)).sort());
  expect(new Set(state.streams.map(({ tenant }) => tenant))).toEqual(new Set(TENANTS));
  for (const summary of state.segments) {
    const path = paths.find((each) => basename(each) === summary.name)!;
    const { directory, fileBytes } = await readSegmentDirectory(nodeDisk, path);
    expect(summary.fileBytes).toBe(fileBytes);
    expect(Buffer.from(index.directorySync(summary.tenant, summary.day, summary.name)!).equals(directory)).toBe(true);
    expect(decodeDirectory(directory, path).walSeq).toBeLessThanOrEqual(state.checkpointSeq);
  }
});

test('segments of version 1 are whole and hold what the format can say', async () => {
  expect((await verifySegments(nodeDisk, fixture)).problems).toEqual([]);
  const levels = new Array<number>(LEVEL_COUNTERS).fill(0);
  const flags = new Set<number>();
  const metadata = new Set<boolean>();
  const days = new Set<number>();
  for (const path of await listSegments(nodeDisk, fixture)) {
    const { directory } = await readSegmentDirectory(nodeDisk, path);
    const { blocks, levelCounts, day, parts } = decodeDirectory(directory, path, { levelCounts: true });
    days.add(day);
    expect(parts).toBeGreaterThan(1);
    for (let at = 0; at < blocks.length; at += BLOCK_FIELDS) {
      flags.add(blocks[at + B_FLAGS]!);
      metadata.add(blocks[at + B_METADATA + 2]! > 0);
    }
    for (const [i, count] of levelCounts!.entries()) levels[i % LEVEL_COUNTERS]! += count;
  }
  expect(Math.min(...levels)).toBeGreaterThan(0);
  expect([...flags].sort()).toEqual([0, FLAG_ASCII, FLAG_ASCII | FLAG_LENGTHS]);
  expect(metadata).toEqual(new Set([true, false]));
  expect(days.size).toBeGreaterThan(1);
});

test('the log of version 1 is read: bodies as they were pushed, and those encoded anew', async () => {
  const kinds: number[] = [];
  const batch = new PushBatch();
  let entries = 0;
  await replayWal({
    disk: nodeDisk,
    dir: join(folder, 'wal'),
    afterSeq: 0,
    apply: ({ kind, tenant, body }) => {
      expect(TENANTS).toContain(tenant);
      kinds.push(kind);
      decodeWalBody(kind, body, batch);
      entries += batch.entryCount;
    },
    onDamage: (damage) => {
      throw new Error(damage.reason);
    },
  });
  expect(kinds).toEqual([WAL_BODY_PUSHED, WAL_BODY_ENCODED]);
  expect(entries).toBe(14);
});
