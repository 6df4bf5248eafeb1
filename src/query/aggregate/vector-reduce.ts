import type { Grouping, VectorOp } from '../../../grammar/ast.ts';
import { LogError } from '../../base/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { labelsKey } from '../../model/labels.ts';
import { MergedSeries } from './merged-series.ts';
import type { SeriesMemory } from './series-memory.ts';
import { groupLabels, type Series, type VectorValue, vectorOf } from './series-set.ts';

/** Series of one group, in the order in which they came. */
export interface SeriesGroup {
  readonly labels: Labels;
  readonly members: Series[];
}

/** Sorts series into groups; an absent label and an empty one are different groups. No grouping: one group without labels. */
export function groupSeries(series: readonly Series[], grouping: Grouping | undefined): SeriesGroup[] {
  const names = new Set(grouping?.labels ?? []);
  const without = grouping?.without ?? false;
  if (names.size === 0 && !without) return series.length === 0 ? [] : [{ labels: [], members: [...series] }];
  const groups = new Map<string, SeriesGroup>();
  for (const one of series) {
    const labels = groupLabels(one.labels, without, names);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, members: [one] });
    else group.members.push(one);
  }
  return [...groups.values()];
}

/** Folds the samples of one point: `count` samples seen so far, `a` and `b` free for the operation. */
interface Fold {
  count: number;
  a: number;
  b: number;
}
type FoldStep = (fold: Fold, value: number) => void;

const ADD: FoldStep = (fold, value) => {
  fold.a += value;
};
const MEAN: FoldStep = (fold, value) => {
  const finite = Number.isFinite(fold.a) && Number.isFinite(value);
  fold.a = finite ? fold.a + (value / fold.count - fold.a / fold.count) : fold.a + value;
};
const WELFORD: FoldStep = (fold, value) => {
  const delta = value - fold.a;
  fold.a += delta / fold.count;
  fold.b += delta * (value - fold.a);
};
const MAX: FoldStep = (fold, value) => {
  if (fold.count === 1 || Number.isNaN(fold.a) || value > fold.a) fold.a = value;
};
const MIN: FoldStep = (fold, value) => {
  if (fold.count === 1 || Number.isNaN(fold.a) || value < fold.a) fold.a = value;
};
const NOTHING: FoldStep = () => undefined;

interface FoldRule {
  readonly step: FoldStep;
  readonly value: (fold: Fold) => number;
}

const FOLDS: Partial<Record<VectorOp, FoldRule>> = {
  sum: { step: ADD, value: (fold) => fold.a },
  avg: { step: MEAN, value: (fold) => fold.a },
  count: { step: NOTHING, value: (fold) => fold.count },
  max: { step: MAX, value: (fold) => fold.a },
  min: { step: MIN, value: (fold) => fold.a },
  stdvar: { step: WELFORD, value: (fold) => fold.b / fold.count },
  stddev: { step: WELFORD, value: (fold) => Math.sqrt(fold.b / fold.count) },
};

/** sum, avg, count, min, max, stddev, stdvar over the groups of a vector, point by point. */
export function reduceVector(op: VectorOp, input: VectorValue, grouping: Grouping | undefined): VectorValue {
  const rule = FOLDS[op];
  if (rule === undefined) throw new LogError('INTERNAL', `${op} does not reduce`);
  if (input instanceof MergedSeries) return vectorOf(reduceMerged(rule, input, grouping));
  return vectorOf(
    groupSeries(input.series, grouping).map(({ labels, members }) => {
      const count = members[0]!.values.length;
      const values = new Float64Array(count);
      const present = new Uint8Array(count);
      for (let point = 0; point < count; point++) {
        const fold: Fold = { count: 0, a: 0, b: 0 };
        for (const member of members) {
          if (member.present[point] === 0) continue;
          fold.count++;
          rule.step(fold, member.values[point]!);
        }
        if (fold.count === 0) continue;
        values[point] = rule.value(fold);
        present[point] = 1;
      }
      return { labels, values, present };
    }),
  );
}

/** A group in the making: what its fold has at each point. */
class GroupFolds {
  readonly labels: Labels;
  readonly counts: Float64Array;
  readonly as: Float64Array;
  readonly bs: Float64Array;

  constructor(labels: Labels, width: number, memory: SeriesMemory) {
    this.labels = labels;
    this.counts = memory.columns(width);
    this.as = memory.columns(width);
    this.bs = memory.columns(width);
  }
}

/** The same, one series after the other. */
function reduceMerged(rule: FoldRule, input: MergedSeries, grouping: Grouping | undefined): Series[] {
  const { width, count } = input;
  const names = new Set(grouping?.labels ?? []);
  const without = grouping?.without ?? false;
  const groups = new Map<string, GroupFolds>();
  const points = { values: new Float64Array(width), present: new Uint8Array(width) };
  const fold: Fold = { count: 0, a: 0, b: 0 };
  for (let place = 0; place < count; place++) {
    input.read(place, points);
    const labels = names.size === 0 && !without ? [] : groupLabels(input.labels(place), without, names);
    const key = labelsKey(labels);
    let group = groups.get(key);
    if (group === undefined) {
      group = new GroupFolds(labels, width, input.memory);
      groups.set(key, group);
    }
    for (let point = points.present.indexOf(1); point >= 0; point = points.present.indexOf(1, point + 1)) {
      fold.count = ++group.counts[point]!;
      fold.a = group.as[point]!;
      fold.b = group.bs[point]!;
      rule.step(fold, points.values[point]!);
      group.as[point] = fold.a;
      group.bs[point] = fold.b;
    }
  }
  return Array.from(groups.values(), ({ labels, counts, as, bs }) => {
    const values = new Float64Array(width);
    const present = new Uint8Array(width);
    for (let point = 0; point < width; point++) {
      if (counts[point] === 0) continue;
      values[point] = rule.value({ count: counts[point]!, a: as[point]!, b: bs[point]! });
      present[point] = 1;
    }
    return { labels, values, present };
  });
}
