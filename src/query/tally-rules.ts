import type { Stage } from '../../grammar/ast.ts';
import type { Directory } from '../chunk/directory.ts';
import { type Labels, labelValue } from '../model/labels.ts';
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
export function isLabelStage(stage: Stage): boolean {
  return stage.kind === 'label-filter' || stage.kind === 'drop' || stage.kind === 'keep';
}

/** Some of the names (undefined: all) may be in the metadata of a row, and are no labels of its stream, which come first. */
export function mayDifferByRow(
  { metadataNames }: Pick<Directory, 'metadataNames'>,
  names: ReadonlySet<string> | undefined,
  stream: Labels,
): boolean {
  if (metadataNames.length === 0) return false;
  if (names === undefined) return true;
  return metadataNames.some((name) => names.has(name) && labelValue(stream, name) === undefined);
}

/** Names that the grouping or a filter looks at; undefined when all labels matter. */
export function namesOf({ grouping, stages }: SampleScan): ReadonlySet<string> | undefined {
  if (grouping.without) return undefined;
  const names = new Set(grouping.labels);
  for (const stage of stages) if (stage.kind === 'label-filter') addPredicateLabels(stage.predicate, names);
  return names;
}
