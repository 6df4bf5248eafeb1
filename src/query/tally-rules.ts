import type { Stage } from '../../grammar/ast.ts';
import { addPredicateLabels } from './pipeline/needed-labels.ts';
import type { SampleScan } from './task.ts';

/** Which scans the store's statistics can answer, and what of labels matters to them. */

const MINUTE_NS = 60_000_000_000;

/** Plain counts over a grid whose every edge is a whole minute. */
export function suits({ op, unwrap, grid, stages }: SampleScan): boolean {
  if (unwrap !== undefined || (op !== 'count_over_time' && op !== 'rate' && op !== 'absent_over_time')) return false;
  const wholeMinutes =
    grid.baseNs % BigInt(MINUTE_NS) === 0n &&
    grid.rangeNs % MINUTE_NS === 0 &&
    (grid.count === 1 || grid.stepNs % MINUTE_NS === 0);
  return wholeMinutes && stages.every(isLabelStage);
}

/** Stages that read and change labels alone. */
function isLabelStage(stage: Stage): boolean {
  return stage.kind === 'label-filter' || stage.kind === 'drop' || stage.kind === 'keep';
}

/** Names that the grouping or a filter looks at; undefined when all labels matter. */
export function namesOf({ grouping, stages }: SampleScan): ReadonlySet<string> | undefined {
  if (grouping.without) return undefined;
  const names = new Set(grouping.labels);
  for (const stage of stages) if (stage.kind === 'label-filter') addPredicateLabels(stage.predicate, names);
  return names;
}
