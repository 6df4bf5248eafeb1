import type { Stage } from '../../../grammar/ast.ts';
import type { DirectoryTables } from '../../chunk/directory.ts';
import { labelValue } from '../../model/labels.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { addPredicateLabels } from '../pipeline/needed-labels.ts';
import type { SampleScan } from '../task/task.ts';

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

/**
 * Whether none of the names (undefined: all) can be in the metadata of a row of a stretch, but for labels of its stream, which come first.
 *
 * @param directory of the stretch
 */
export function streamDecides(
  stretches: Stretches,
  i: number,
  { metadataNames }: DirectoryTables,
  names: ReadonlySet<string> | undefined,
): boolean {
  if (stretches.metadataBytes[i] === 0 || metadataNames.length === 0) return true;
  if (names === undefined) return false;
  const isLabel = (name: string): boolean => labelValue(stretches.labels(stretches.streamIds[i]!), name) !== undefined;
  return metadataNames.every((name) => !names.has(name) || isLabel(name));
}

/** Names that the grouping or a filter looks at; undefined when all labels matter. */
export function namesOf({ grouping, stages }: SampleScan): ReadonlySet<string> | undefined {
  if (grouping.without) return undefined;
  const names = new Set(grouping.labels);
  for (const stage of stages) if (stage.kind === 'label-filter') addPredicateLabels(stage.predicate, names);
  return names;
}
