import type { BinaryOp, VectorMatching } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { labelsFromPairs, labelsKey, labelValue } from '../../model/labels.ts';
import { applyOperator, isComparison, type SetOp } from './binary-ops.ts';
import { groupLabels, type Series, type VectorValue, vectorOf } from './series-set.ts';

const DUPLICATE_RESULT = 'multiple matches for labels: grouping labels must ensure unique matches';
const MANY_TO_ONE = 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
const duplicateOneSide = (side: 'left' | 'right'): string =>
  `found duplicate series on the ${side} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`;

/** Series of both sides that agree on the matching labels. */
interface Match {
  readonly left: Series[];
  readonly right: Series[];
}

/** Groups both sides by signature. Absent and empty labels are the same here. */
function matchSeries(
  left: readonly Series[],
  right: readonly Series[],
  matching: VectorMatching | undefined,
): Map<string, Match> {
  const names = new Set(matching?.labels ?? []);
  const without = !(matching?.on ?? false);
  const matches = new Map<string, Match>();
  const add = (series: Series, side: 'left' | 'right'): void => {
    const key = labelsKey(dropEmpty(groupLabels(series.labels, without, names)));
    const match = matches.get(key) ?? { left: [], right: [] };
    matches.set(key, match);
    match[side].push(series);
  };
  for (const series of left) add(series, 'left');
  for (const series of right) add(series, 'right');
  return matches;
}

function dropEmpty(labels: Labels): Labels {
  const out: string[] = [];
  for (let i = 0; i < labels.length; i += 2) if (labels[i + 1] !== '') out.push(labels[i]!, labels[i + 1]!);
  return out;
}

/** and, or, unless. */
export function combineSets(
  op: SetOp,
  left: VectorValue,
  right: VectorValue,
  matching: VectorMatching | undefined,
): VectorValue {
  const kept = new Map<Series, Series>();
  for (const match of matchSeries(left.series, right.series, matching).values()) {
    const count = (match.left[0] ?? match.right[0])!.values.length;
    const inLeft = anyPresent(match.left, count);
    const inRight = anyPresent(match.right, count);
    for (const series of match.left) {
      const test = op === 'and' ? inRight : op === 'unless' ? negate(inRight) : undefined;
      kept.set(series, test === undefined ? series : masked(series, test));
    }
    if (op === 'or') for (const series of match.right) kept.set(series, masked(series, negate(inLeft)));
  }
  const all = op === 'or' ? [...left.series, ...right.series] : left.series;
  const result = vectorOf(all.map((series) => kept.get(series)!));
  return op === 'or' ? { kind: 'vector', series: joinDisjoint(result.series) } : result;
}

/** Joins series of the same labels that have no point in common: the two sides of an `or` may take turns. */
function joinDisjoint(series: readonly Series[]): readonly Series[] {
  const byLabels = new Map<string, Series>();
  const out: Series[] = [];
  for (const one of series) {
    const key = labelsKey(one.labels);
    const other = byLabels.get(key);
    if (other !== undefined && !one.present.some((here, point) => here === 1 && other.present[point] === 1)) {
      for (let point = 0; point < one.present.length; point++) {
        if (one.present[point] === 0) continue;
        other.values[point] = one.values[point]!;
        other.present[point] = 1;
      }
      continue;
    }
    const copy = { labels: one.labels, values: one.values.slice(), present: one.present.slice() };
    byLabels.set(key, copy);
    out.push(copy);
  }
  return out;
}

function anyPresent(series: readonly Series[], count: number): Uint8Array {
  const any = new Uint8Array(count);
  for (const one of series) for (let point = 0; point < count; point++) any[point]! |= one.present[point]!;
  return any;
}

const negate = (mask: Uint8Array): Uint8Array => mask.map((bit) => 1 - bit);
const masked = (series: Series, mask: Uint8Array): Series => ({
  labels: series.labels,
  values: series.values,
  present: series.present.map((bit, point) => bit & mask[point]!),
});

export interface VectorOperation {
  readonly op: BinaryOp;
  readonly bool: boolean;
  readonly matching: VectorMatching | undefined;
}

/**
 * Arithmetic and comparison between two vectors.
 *
 * @throws LogError QUERY_EXECUTION when a point has several candidates where the matching allows one
 */
export function combineVectors(operation: VectorOperation, left: VectorValue, right: VectorValue): VectorValue {
  const card = operation.matching?.card ?? 'one-to-one';
  const manyLeft = card !== 'one-to-many';
  const results = new ResultSeries(card === 'one-to-one' ? MANY_TO_ONE : DUPLICATE_RESULT);
  const matches = matchSeries(left.series, right.series, operation.matching);
  // The side that must be unique is checked first, whether it finds partners or not.
  for (const match of matches.values())
    checkUnique(manyLeft ? match.right : match.left, duplicateOneSide(manyLeft ? 'right' : 'left'));
  for (const match of matches.values()) {
    for (const many of manyLeft ? match.left : match.right) {
      for (const one of manyLeft ? match.right : match.left) {
        const out = results.of(resultLabels(many.labels, one.labels, operation.matching), many.values.length);
        combinePair(
          operation,
          manyLeft ? many : one,
          manyLeft ? one : many,
          out,
          results,
          card === 'one-to-one' ? match : undefined,
        );
      }
    }
  }
  return vectorOf(results.all());
}

function checkUnique(side: readonly Series[], text: string): void {
  if (side.length < 2) return;
  const seen = new Uint8Array(side[0]!.present.length);
  for (const series of side) {
    for (let point = 0; point < seen.length; point++) {
      if (series.present[point] === 0) continue;
      if (seen[point] === 1) throw new LogError('QUERY_EXECUTION', text);
      seen[point] = 1;
    }
  }
}

/** Result series by label set; two values at one point of one series are an error. One-to-one duplicates are per signature. */
class ResultSeries {
  readonly #byLabels = new Map<string, Series>();
  readonly #duplicateText: string;

  constructor(duplicateText: string) {
    this.#duplicateText = duplicateText;
  }

  of(labels: Labels, count: number): Series {
    const key = labelsKey(labels);
    let series = this.#byLabels.get(key);
    if (series === undefined) {
      series = { labels, values: new Float64Array(count), present: new Uint8Array(count) };
      this.#byLabels.set(key, series);
    }
    return series;
  }

  set(series: Series, point: number, value: number): void {
    if (series.present[point] === 1) throw new LogError('QUERY_EXECUTION', this.#duplicateText);
    series.present[point] = 1;
    series.values[point] = value;
  }

  all(): Series[] {
    return [...this.#byLabels.values()];
  }
}

function combinePair(
  operation: VectorOperation,
  left: Series,
  right: Series,
  out: Series,
  results: ResultSeries,
  oneToOne: Match | undefined,
): void {
  const filters = isComparison(operation.op) && !operation.bool;
  for (let point = 0; point < left.values.length; point++) {
    if (left.present[point] === 0 || right.present[point] === 0) continue;
    if (oneToOne !== undefined && oneToOne.left.length > 1 && countPresent(oneToOne.left, point) > 1) {
      throw new LogError('QUERY_EXECUTION', MANY_TO_ONE);
    }
    const value = applyOperator(operation.op, left.values[point]!, right.values[point]!);
    if (!filters) results.set(out, point, value);
    else if (value === 1) results.set(out, point, left.values[point]!);
  }
}

function countPresent(series: readonly Series[], point: number): number {
  let count = 0;
  for (const one of series) count += one.present[point]!;
  return count;
}

/** `many` is the left side unless group_right. */
function resultLabels(many: Labels, one: Labels, matching: VectorMatching | undefined): Labels {
  if (matching === undefined) return many;
  const names = new Set(matching.labels);
  if (matching.card === 'one-to-one') return groupLabels(many, !matching.on, names);
  if (matching.include.length === 0) return many;
  const include = new Set(matching.include);
  const kept: [string, string][] = [];
  for (let i = 0; i < many.length; i += 2) if (!include.has(many[i]!)) kept.push([many[i]!, many[i + 1]!]);
  for (const name of matching.include) {
    const value = labelValue(one, name) ?? '';
    if (value !== '') kept.push([name, value]);
  }
  return labelsFromPairs(kept);
}

/** A vector and a number, on the side where it stands. A comparison keeps the vector's value. */
export function combineScalar(
  operation: VectorOperation,
  vector: VectorValue,
  scalar: number,
  scalarLeft: boolean,
): VectorValue {
  const filters = isComparison(operation.op) && !operation.bool;
  return vectorOf(
    vector.series.map((series) => {
      const values = new Float64Array(series.values.length);
      const present = series.present.slice();
      for (let point = 0; point < values.length; point++) {
        if (present[point] === 0) continue;
        const own = series.values[point]!;
        const value = scalarLeft ? applyOperator(operation.op, scalar, own) : applyOperator(operation.op, own, scalar);
        values[point] = filters ? own : value;
        if (filters && value === 0) present[point] = 0;
      }
      return { labels: series.labels, values, present };
    }),
  );
}
