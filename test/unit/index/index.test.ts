import { describe, expect, it } from 'vitest';
import { type IndexBatch, LogIndex } from '../../../src/index/index.ts';
import { MemoryKv } from '../../../src/index/memory-kv.ts';
import { SealedKv } from '../../../src/index/sealed-kv.ts';
import type { SegmentSummary } from '../../../src/index/values.ts';

const NOTHING: IndexBatch = { streams: [], addSegments: [], removeSegments: [] };

function summary(tenant: string, day: number, name: string): SegmentSummary {
  return {
    tenant,
    day,
    name,
    generation: 0,
    rowCount: 10,
    lineBytes: 1000,
    fileBytes: 200,
    chunkCount: 2,
    minOffsetNs: 0,
    maxOffsetNs: 86_399_999_999_999,
    streamCount: 2,
  };
}

const directory = Uint8Array.of(1, 2, 3);

describe('LogIndex', () => {
  it('is empty at first', async () => {
    const index = await LogIndex.open(new MemoryKv());
    const state = await index.load();
    expect(state).toEqual({ streams: [], segments: [], checkpointSeq: 0, nextStreamIds: new Map() });
    expect(await index.directory('a', 1, 'x')).toBeUndefined();
    expect(index.directorySync('a', 1, 'x')).toBeUndefined();
  });

  it('gives back what was committed, in a later process too', async () => {
    const kv = new MemoryKv();
    const streams = [
      { tenant: 'a', streamId: 1, labels: ['app', 'x', 'text', 'ü "/"'] },
      { tenant: 'a', streamId: 300, labels: [] },
      { tenant: 'a/b%2F', streamId: 4_000_000_000, labels: ['app', 'y'] },
    ];
    const segments = [summary('a', 19_000, 'one'), summary('a', -1, 'two'), summary('a/b%2F', 19_000, 'one')];
    const first = await LogIndex.open(kv);
    await first.commit({
      streams,
      addSegments: segments.map((each) => ({ summary: each, directory })),
      removeSegments: [],
      checkpointSeq: 12,
    });
    const index = await LogIndex.open(kv);
    const state = await index.load();
    expect(new Set(state.streams)).toEqual(new Set(streams));
    expect(new Set(state.segments)).toEqual(new Set(segments));
    expect(state.checkpointSeq).toBe(12);
    expect(state.nextStreamIds).toEqual(
      new Map([
        ['a', 301],
        ['a/b%2F', 4_000_000_001],
      ]),
    );
    expect(await index.directory('a', -1, 'two')).toEqual(directory);
    expect(index.directorySync('a/b%2F', 19_000, 'one')).toEqual(directory);
    expect(index.directorySync('a', 19_000, 'two')).toBeUndefined();
  });

  it('replaces segments and leaves the checkpoint when none is given', async () => {
    const index = await LogIndex.open(new MemoryKv());
    await index.commit({ ...NOTHING, addSegments: [{ summary: summary('a', 1, 'one'), directory }], checkpointSeq: 3 });
    await index.commit({
      ...NOTHING,
      addSegments: [{ summary: summary('a', 1, 'two'), directory }],
      removeSegments: [{ tenant: 'a', day: 1, name: 'one' }],
    });
    const state = await index.load();
    expect(state.segments.map((each) => each.name)).toEqual(['two']);
    expect(state.checkpointSeq).toBe(3);
    expect(await index.directory('a', 1, 'one')).toBeUndefined();
    await index.commit(NOTHING);
  });

  it('never gives a stream id twice', async () => {
    const kv = new MemoryKv();
    const first = await LogIndex.open(kv);
    await first.commit({ ...NOTHING, streams: [{ tenant: 'a', streamId: 5, labels: ['a', 'b'] }] });
    await first.commit({ ...NOTHING, removeStreams: [{ tenant: 'a', streamId: 5 }] });
    const state = await (await LogIndex.open(kv)).load();
    expect(state.streams).toEqual([]);
    expect(state.nextStreamIds.get('a')).toBe(6);
  });

  it('can be emptied', async () => {
    const kv = new MemoryKv();
    const index = await LogIndex.open(kv);
    await index.commit({ ...NOTHING, streams: [{ tenant: 'a', streamId: 5, labels: [] }], checkpointSeq: 2 });
    await index.clear();
    expect((await index.load()).checkpointSeq).toBe(0);
    expect((await (await LogIndex.open(kv)).load()).streams).toEqual([]);
  });

  it('stops at another version', async () => {
    const kv = new MemoryKv();
    await new SealedKv(kv).batch([{ type: 'put', key: 'm/version', value: new TextEncoder().encode('2') }]);
    await expect(LogIndex.open(kv)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' });
  });

  it.each([
    ['s/a/0000000z', '[]'],
    ['s/a/1', '[]'],
    ['s/a/b/00000001', '[]'],
    ['s/a/00000001', '["a"]'],
    ['s/a/00000001', '["a",1]'],
    ['s/a/00000001', '{'],
    ['g/a/1970-01-02/one', '{"tenant":"a","day":1,"name":"one"}'],
    ['g/a/1970-01-03/one', JSON.stringify(summary('a', 1, 'one'))],
    ['g/a/1970-01-02/one', 'null'],
    ['m/checkpoint', 'x'],
    ['m/checkpoint', ''],
  ])('names a damaged entry: %s %s', async (key, value) => {
    const kv = new MemoryKv();
    const index = await LogIndex.open(kv);
    await new SealedKv(kv).batch([{ type: 'put', key, value: new TextEncoder().encode(value) }]);
    await expect(index.load()).rejects.toMatchObject({ code: 'INDEX_CORRUPT', details: { key } });
  });
});
