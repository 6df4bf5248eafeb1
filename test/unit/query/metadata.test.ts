import { describe, expect, it } from 'vitest';
import { labelsToObject } from '../../../src/model/labels.ts';
import { DEFAULT_LIMITS } from '../../../src/model/limits.ts';
import { detectedFields, detectedFieldValues } from '../../../src/query/metadata/detected-fields.ts';
import { detectedLabels } from '../../../src/query/metadata/detected-labels.ts';
import { JsonFields, parseJsonObject } from '../../../src/query/metadata/json-fields.ts';
import { labelNames, labelValues, seriesLabels } from '../../../src/query/metadata/labels.ts';
import { indexStats } from '../../../src/query/metadata/stats.ts';
import { queryVolume } from '../../../src/query/metadata/volume.ts';
import type { VolumeParams } from '../../../src/wire/query-params.ts';
import { MemoryStore, rowsOf } from '../../support/memory-store.ts';
import { queryDeps } from '../../support/query-replay.ts';

const BASE_NS = 1_793_527_200_000_000_000n;
const RANGE = { startNs: BASE_NS, endNs: BASE_NS + 3_600_000_000_000n };
const store = new MemoryStore([
  ...rowsOf({ app: 'a', pod: 'a-0', flag: '1', port: '80' }, BASE_NS, [
    [10, '{"user":{"id":7},"size":"2KB","none":null,"list":[1]}', { trace: 't1' }],
    [20, '{"user":{"id":"x"},"app":"inner"}'],
  ]),
  ...rowsOf({ app: 'a', pod: 'a-1', flag: '0', port: '81' }, BASE_NS, [
    [1810, 'took=5ms empty= app=inner', { trace: 't2' }],
  ]),
  ...rowsOf({ app: 'b' }, BASE_NS, [[3, 'plain text']]),
]);
const deps = queryDeps(store);

describe('labels', () => {
  it('lists names and values of matching streams, ascending', () => {
    expect(labelNames('', RANGE, deps)).toEqual(['app', 'flag', 'pod', 'port']);
    expect(labelNames('{app="b"}', RANGE, deps)).toEqual(['app']);
    expect(labelValues('pod', '{app=~".+"}', RANGE, deps)).toEqual(['a-0', 'a-1']);
    expect(labelValues('nope', '', RANGE, deps)).toEqual([]);
  });

  it('respects the range', () => {
    expect(labelValues('pod', '', { startNs: BASE_NS, endNs: BASE_NS + 60_000_000_000n }, deps)).toEqual(['a-0']);
  });

  it('refuses pipelines and ranges that are upside down or too long', () => {
    expect(() => labelNames('{app="a"} |= "x"', RANGE, deps)).toThrow('only label matchers are supported');
    expect(() => labelNames('rate({app="a"}[1m])', RANGE, deps)).toThrow('only label matchers are supported');
    expect(() => labelNames('', { startNs: 2n, endNs: 1n }, deps)).toThrow('this data is no longer available');
    expect(() => labelNames('', { startNs: 0n, endNs: BASE_NS }, deps)).toThrow(
      'the query time range exceeds the limit',
    );
  });
});

describe('series', () => {
  it('unites selectors; none or a single {} mean all', () => {
    expect(seriesLabels(['{app="b"}', '{pod="a-0"}', '{app="b"}'], RANGE, deps).map(labelsToObject)).toEqual([
      { app: 'a', pod: 'a-0', flag: '1', port: '80' },
      { app: 'b' },
    ]);
    expect(seriesLabels([], RANGE, deps)).toHaveLength(3);
    expect(seriesLabels(['{}'], RANGE, deps)).toHaveLength(3);
    expect(() => seriesLabels(['{}', '{app="a"}'], RANGE, deps)).toThrow('0 matchers in group: {}');
  });
});

describe('index stats', () => {
  it('are exact for whole parts and by share for cut ones', () => {
    expect(indexStats('{app="a"}', RANGE, deps)).toMatchObject({ streams: 2, entries: 3 });
    const half = { startNs: BASE_NS, endNs: BASE_NS + 15_000_000_000n };
    expect(indexStats('{pod="a-0"}', half, deps)).toMatchObject({ streams: 1, entries: 1 });
    expect(indexStats('{app="nope"}', RANGE, deps)).toEqual({ streams: 0, chunks: 0, bytes: 0, entries: 0 });
    expect(store.openSelections).toBe(0);
  });
});

describe('volume', () => {
  const params = (change: Partial<VolumeParams>): VolumeParams => ({
    query: '{app=~".+"}',
    ...RANGE,
    limit: 100,
    targetLabels: [],
    aggregateBy: 'series',
    stepNs: undefined,
    ...change,
  });
  const metrics = (change: Partial<VolumeParams>): unknown[] => {
    const data = queryVolume(params(change), deps);
    if (!('series' in data)) throw new Error(data.resultType);
    return data.series.map(({ labels }) => labelsToObject(labels));
  };

  it('counts lines, two references for the level of each, and the text of a level once', () => {
    const data = queryVolume(params({ query: '{app="b"}' }), deps);
    expect('series' in data && data.series.map((series) => series.values)).toEqual([[10 + 8 + 21]]);
  });

  it('names the labels of the selector, of the target list, or all', () => {
    expect(metrics({})).toEqual([{ app: 'a' }, { app: 'b' }]);
    expect(metrics({ targetLabels: ['pod'] })).toEqual([{ pod: 'a-0' }, { pod: 'a-1' }]);
    expect(metrics({ query: '{}' })).toHaveLength(3);
    expect(metrics({ aggregateBy: 'labels' })).toEqual([{ app: '' }, { flag: '' }, { pod: '' }, { port: '' }]);
    expect(metrics({ limit: 1 })).toEqual([{ app: 'a' }]);
  });

  it('fills buckets that end a millisecond before the next', () => {
    const data = queryVolume(params({ query: '{app="a"}', stepNs: 1_800_000_000_000n }), deps);
    expect(data).toMatchObject({ resultType: 'matrix', series: [{ timesMs: [1793528999999, 1793530800000] }] });
    expect(queryVolume(params({ query: '{app="b"}', stepNs: 1_800_000_000_000n }), deps).resultType).toBe('vector');
  });

  it('refuses more rows than allowed', () => {
    const few = queryDeps(store, { limits: { ...DEFAULT_LIMITS, volumeMaxSeries: 1 } });
    expect(() => queryVolume(params({}), few)).toThrow(
      'the query hit the max number of series limit (limit: 1 series)',
    );
  });
});

describe('detected labels', () => {
  it('hide labels of numbers, but not flags', () => {
    expect(detectedLabels('', RANGE, deps)).toEqual([
      { label: 'app', cardinality: 2 },
      { label: 'flag', cardinality: 2 },
      { label: 'pod', cardinality: 2 },
    ]);
  });
});

describe('detected fields', () => {
  const params = { query: '{app="a"}', ...RANGE, lineLimit: 100, fieldLimit: 1000 };

  it('come from metadata, JSON and logfmt; the oldest row decides the type', async () => {
    const fields = await detectedFields(params, deps);
    expect(fields).toEqual([
      { label: 'app_extracted', type: 'string', cardinality: 1, parsers: ['json', 'logfmt'], jsonPath: ['app'] },
      { label: 'size', type: 'bytes', cardinality: 1, parsers: ['json'], jsonPath: ['size'] },
      { label: 'took', type: 'duration', cardinality: 1, parsers: ['logfmt'] },
      { label: 'trace', type: 'string', cardinality: 2, parsers: [] },
      { label: 'user_id', type: 'int', cardinality: 2, parsers: ['json'], jsonPath: ['user', 'id'] },
    ]);
  });

  it('show byte sizes in short form', async () => {
    expect(await detectedFieldValues('size', params, deps)).toEqual(['2.0kB']);
    expect(await detectedFieldValues('nope', params, deps)).toEqual([]);
  });

  it('show numbers as they are written', () => {
    const found: string[] = [];
    const object = parseJsonObject('{"id":9007199254740993,"price":1.50,"tiny":1e-9,"text":"1.50","on":true}');
    new JsonFields().read(object!, (name, value) => found.push(`${name}=${value}`));
    expect(found).toEqual(['id=9007199254740993', 'price=1.50', 'tiny=1e-9', 'text=1.50', 'on=true']);
  });

  it('refuse metric queries and too many lines', async () => {
    await expect(detectedFields({ ...params, query: 'rate({app="a"}[1m])' }, deps)).rejects.toThrow(
      'only log selector is supported',
    );
    await expect(detectedFields({ ...params, lineLimit: 5001 }, deps)).rejects.toThrow(
      'max entries limit per query exceeded',
    );
  });
});
