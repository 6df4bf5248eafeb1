import { describe, expect, it } from 'vitest';
import type { BinaryOp, VectorMatching } from '../../../../grammar/ast.ts';
import { labelsFromObject, labelsToObject } from '../../../../src/model/labels.ts';
import { combineSets, combineVectors } from '../../../../src/query/aggregate/binary-match.ts';
import { applyOperator } from '../../../../src/query/aggregate/binary-ops.ts';
import type { VectorValue } from '../../../../src/query/aggregate/series-set.ts';
import { rankVector, sortVector } from '../../../../src/query/aggregate/vector-rank.ts';
import { reduceVector } from '../../../../src/query/aggregate/vector-reduce.ts';
import { counterRateOf, quantileOf, type WindowFunction } from '../../../../src/query/aggregate/window-functions.ts';

/** A vector of series; `undefined` is a point without sample. */
function vector(...series: [Record<string, string>, ...(number | undefined)[]][]): VectorValue {
  return {
    kind: 'vector',
    series: series.map(([labels, ...points]) => ({
      labels: labelsFromObject(labels),
      values: Float64Array.from(points, (value) => value ?? 0),
      present: Uint8Array.from(points, (value) => (value === undefined ? 0 : 1)),
    })),
  };
}

const shown = (value: VectorValue): unknown[] =>
  value.series.map(({ labels, values, present }) => [
    labelsToObject(labels),
    ...Array.from(values, (v, i) => (present[i] === 1 ? v : undefined)),
  ]);

const matching = (change: Partial<VectorMatching>): VectorMatching => ({
  on: true,
  labels: [],
  card: 'one-to-one',
  include: [],
  ...change,
});
const divide = (left: VectorValue, right: VectorValue, m?: VectorMatching, op: BinaryOp = '/'): unknown[] =>
  shown(combineVectors({ op, bool: false, matching: m }, left, right));

describe('reduceVector', () => {
  it('works point by point, and leaves points without samples out', () => {
    const input = vector(
      [{ a: '1', g: 'x' }, 1, undefined, 3],
      [{ a: '2', g: 'x' }, 4, undefined, undefined],
      [{ a: '3' }, 7, 8, undefined],
    );
    expect(shown(reduceVector('sum', input, { without: false, labels: ['g'] }))).toEqual([
      [{ g: 'x' }, 5, undefined, 3],
      [{}, 7, 8, undefined],
    ]);
    expect(shown(reduceVector('count', input, undefined))).toEqual([[{}, 3, 1, 1]]);
  });

  it('tells an empty label from an absent one', () => {
    const input = vector([{ x: '' }, 1], [{}, 2]);
    expect(shown(reduceVector('sum', input, { without: false, labels: ['x'] }))).toEqual([
      [{ x: '' }, 1],
      [{}, 2],
    ]);
  });

  it('lets numbers win over NaN in min and max only', () => {
    const input = vector([{ a: '1' }, Number.NaN], [{ a: '2' }, 2], [{ a: '3' }, Number.NEGATIVE_INFINITY]);
    expect(shown(reduceVector('max', input, undefined))).toEqual([[{}, 2]]);
    expect(shown(reduceVector('min', input, undefined))).toEqual([[{}, Number.NEGATIVE_INFINITY]]);
    expect(shown(reduceVector('avg', input, undefined))).toEqual([[{}, Number.NaN]]);
  });
});

describe('rankVector', () => {
  const input = vector([{ a: '1' }, 1, 9], [{ a: '2' }, Number.NaN, 5], [{ a: '3' }, 3, 7]);

  it('chooses anew at every point, and takes NaN last', () => {
    expect(shown(rankVector(input, 1, true, undefined))).toEqual([
      [{ a: '1' }, undefined, 9],
      [{ a: '3' }, 3, undefined],
    ]);
    expect(shown(rankVector(input, 2, false, undefined))).toEqual([
      [{ a: '1' }, 1, undefined],
      [{ a: '2' }, undefined, 5],
      [{ a: '3' }, 3, 7],
    ]);
    expect(rankVector(input, 5, true, undefined).series).toHaveLength(3);
  });

  it('sorts instants with NaN last in both directions', () => {
    const one = vector([{ a: '1' }, 1], [{ a: '2' }, Number.NaN], [{ a: '3' }, 3]);
    const names = (value: VectorValue): string[] => value.series.map(({ labels }) => labels[1]!);
    expect(names(sortVector(one, false))).toEqual(['1', '3', '2']);
    expect(names(sortVector(one, true))).toEqual(['3', '1', '2']);
  });
});

describe('combineVectors', () => {
  it('matches where both sides have a sample, step by step', () => {
    expect(divide(vector([{ a: '1' }, 8, 9], [{ a: '2' }, 1, 1]), vector([{ a: '1' }, 2, undefined]))).toEqual([
      [{ a: '1' }, 4, undefined],
    ]);
  });

  it('allows several series of one signature as long as they take turns', () => {
    const right = vector([{ a: '1', b: '1' }, 2, undefined], [{ a: '1', b: '2' }, undefined, 3]);
    expect(divide(vector([{ a: '1' }, 8, 9]), right, matching({ labels: ['a'] }))).toEqual([[{ a: '1' }, 4, 3]]);
  });

  it('reports duplicates of the one side even without a partner', () => {
    const right = vector([{ a: '1', b: '1' }, 2], [{ a: '1', b: '2' }, 3]);
    expect(() => divide(vector([{ a: '9' }, 8]), right, matching({ labels: ['a'] }))).toThrow('on the right hand-side');
    expect(() => divide(right, vector([{ a: '9' }, 8]), matching({ labels: ['a'], card: 'one-to-many' }))).toThrow(
      'on the left hand-side',
    );
  });

  it('reports duplicates of the other side only when they find a partner', () => {
    const left = vector([{ a: '1', b: '1' }, 2], [{ a: '1', b: '2' }, 3]);
    expect(divide(left, vector([{ a: '9' }, 8]), matching({ labels: ['a'] }))).toEqual([]);
    expect(() => divide(left, vector([{ a: '1' }, 8]), matching({ labels: ['a'] }))).toThrow(
      'many-to-one matching must be explicit',
    );
  });

  it('copies included labels from the one side, or removes them', () => {
    const left = vector([{ a: '1', b: '1', t: 'old' }, 2]);
    const m = matching({ labels: ['a'], card: 'many-to-one', include: ['t', 'u'] });
    expect(divide(left, vector([{ a: '1', u: 'new' }, 1]), m)).toEqual([[{ a: '1', b: '1', u: 'new' }, 2]]);
  });

  it('reports results that become equal', () => {
    const left = vector([{ a: '1', b: '1' }, 2], [{ a: '1', b: '2' }, 3]);
    const m = matching({ labels: ['a'], card: 'many-to-one', include: ['b'] });
    expect(() => divide(left, vector([{ a: '1' }, 1]), m)).toThrow('grouping labels must ensure unique matches');
  });

  it('treats an empty label as absent', () => {
    expect(divide(vector([{ a: '1', x: '' }, 6]), vector([{ a: '1' }, 3]))).toEqual([[{ a: '1', x: '' }, 2]]);
  });

  it('keeps the left value of a comparison that holds', () => {
    expect(divide(vector([{}, 5, 1]), vector([{}, 3, 3]), undefined, '>')).toEqual([[{}, 5, undefined]]);
  });
});

describe('combineSets', () => {
  const left = vector([{ a: '1' }, 1, 2], [{ a: '2' }, 3, undefined]);
  const right = vector([{ a: '1' }, 10, undefined], [{ a: '3' }, 30, 31]);

  it.each([
    ['and', [[{ a: '1' }, 1, undefined]]],
    [
      'unless',
      [
        [{ a: '1' }, undefined, 2],
        [{ a: '2' }, 3, undefined],
      ],
    ],
    [
      'or',
      [
        [{ a: '1' }, 1, 2],
        [{ a: '2' }, 3, undefined],
        [{ a: '3' }, 30, 31],
      ],
    ],
  ] as const)('%s', (op, expected) => {
    expect(shown(combineSets(op, left, right, undefined))).toEqual(expected);
  });

  it('lets both sides of an or take turns in one series', () => {
    expect(
      shown(combineSets('or', vector([{ a: '1' }, undefined, 2]), vector([{ a: '1' }, 10, 20]), undefined)),
    ).toEqual([[{ a: '1' }, 10, 2]]);
  });
});

describe('applyOperator', () => {
  it.each<[number, BinaryOp, number, number]>([
    [1, '/', 0, Number.NaN],
    [5, '%', 0, Number.NaN],
    [-5, '%', 3, -2],
    [1, '^', Number.NaN, 1],
    [2, '^', 10, 1024],
    [2, '>=', 2, 1],
    [Number.NaN, '==', Number.NaN, 0],
    [Number.NaN, '!=', Number.NaN, 1],
  ])('%d %s %d', (left, op, right, expected) => {
    expect(applyOperator(op, left, right)).toBe(expected);
  });
});

describe('functions of a window', () => {
  const none = new Float64Array(0);
  const of = (fn: WindowFunction, times: Float64Array, values: Float64Array): number => {
    const into = new Float64Array(2);
    fn(times, values, 0, values.length, into, 1);
    return into[1]!;
  };

  it('quantile: interpolates, puts NaN first, and is infinite outside 0..1', () => {
    const values = Float64Array.of(4, 1, 3, 2);
    expect(of(quantileOf(0.5), none, values)).toBe(2.5);
    expect(of(quantileOf(1), none, values)).toBe(4);
    expect(of(quantileOf(1.1), none, values)).toBe(Number.POSITIVE_INFINITY);
    expect(of(quantileOf(-0.1), none, values)).toBe(Number.NEGATIVE_INFINITY);
    expect(of(quantileOf(0), none, Float64Array.of(1, Number.NaN))).toBeNaN();
    expect(of(quantileOf(1), none, Float64Array.of(1, Number.NaN))).toBe(1);
  });

  it('counter rate: counts resets, and is 0 for a single sample', () => {
    expect(of(counterRateOf(60e9), Float64Array.of(5), Float64Array.of(9))).toBe(0);
    const times = Float64Array.of(1e9, 11e9, 21e9, 31e9);
    expect(of(counterRateOf(60e9), times, Float64Array.of(2, 4, 10, 1))).toBeCloseTo(0.1500003, 12);
  });
});
