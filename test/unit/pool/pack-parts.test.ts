import { describe, expect, it } from 'vitest';
import { packTask, unpackTask } from '../../../src/pool/pack-parts.ts';
import type { LogScanTask } from '../../../src/query/task.ts';
import type { PartRef } from '../../../src/store/select.ts';
import { looseParts } from '../../support/loose-parts.ts';

function part(streamId: number, labels: readonly string[], sources: readonly unknown[]): PartRef {
  return {
    streamId,
    streamLabels: labels,
    day: -3,
    place: 2 ** 30 + streamId,
    minOffsetNs: 5,
    maxOffsetNs: 86_399_999_999_999,
    rowCount: 7,
    lineBytes: 70,
    metadataBytes: 3,
    sources,
  };
}

function taskOf(parts: readonly PartRef[]): LogScanTask {
  const wanted = parts.map((part) => ({ part, fromOffsetNs: 6, toOffsetNs: 86_399_999_999_998 }));
  return { kind: 'logs', parts: looseParts(wanted), stages: [], limit: 5, backward: true, categorize: false };
}

const segment = (path: string, ...blocks: number[]) => ({
  kind: 'segment',
  segment: { path, blocks: Float64Array.from(blocks), frames: new Float64Array(0) },
  first: 0,
  end: 1,
});

const head = (slabs: readonly SharedArrayBuffer[], sorted: boolean, ...pages: number[]) => ({
  kind: 'head',
  slabs,
  pages: Float64Array.from(pages),
  sorted,
});

/** The fields of parts, whatever their class. */
function plain(parts: readonly PartRef[]): unknown[] {
  return parts.map((p) => ({
    streamId: p.streamId,
    streamLabels: [...p.streamLabels],
    day: p.day,
    place: p.place,
    minOffsetNs: p.minOffsetNs,
    maxOffsetNs: p.maxOffsetNs,
    rowCount: p.rowCount,
    lineBytes: p.lineBytes,
    metadataBytes: p.metadataBytes,
    sources: p.sources.map((source) => {
      const { pages, ...rest } = source as { pages?: Float64Array };
      return { ...rest, pages: pages && [...pages] };
    }),
  }));
}

describe('packed parts', () => {
  it('come out as they went in, in their order', () => {
    const slabs = [new SharedArrayBuffer(8)];
    const parts = [
      part(1, ['app', 'a'], [segment('/x/1', 1, 2, 3)]),
      part(2, [], [segment('/x/2', 4)]),
      part(3, ['app', 'a\u0000b'], [segment('/x/1', 5)]),
      part(4, ['app', ''], [segment('/x/1', 6), segment('/x/2', 7)]),
      part(1, ['app', 'a'], [segment('/x/1')]),
      part(5, ['app', 'a'], [head(slabs, true, 8, 9)]),
      part(6, ['app', 'b'], [head(slabs, false, 10)]),
      part(7, ['app', 'b'], [head([], true)]),
      part(8, ['app', 'b'], [segment('/x/1', 11), head(slabs, true, 12)]),
    ];
    const task = taskOf(parts);
    const out = unpackTask(structuredClone(packTask(task)));
    expect(out).toMatchObject({ kind: 'logs', limit: 5, backward: true });
    expect(plain('parts' in out ? out.parts.loose : [])).toEqual(plain(parts));
    expect('parts' in out ? out.parts.numbers : undefined).toEqual(task.parts.numbers);
  });

  it('take nothing along of pages that they share with others', () => {
    const all = new Float64Array(1_000_000);
    const source = { ...head([], true), pages: all.subarray(8, 16) };
    const packed = packTask(taskOf([part(1, ['app', 'a'], [source, segment('/x/1', 1)]), part(2, [], [source])]));
    const bytes = (value: unknown): number => {
      if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
      if (typeof value !== 'object' || value === null) return 0;
      return Object.values(value).reduce((sum: number, one) => sum + bytes(one), 0);
    };
    expect(bytes(packed)).toBeLessThan(10_000);
  });

  it('may be none', () => {
    const task = taskOf([]);
    expect(unpackTask(packTask(task))).toEqual(task);
  });
});
