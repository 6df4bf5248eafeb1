import type { LabelPredicate, Stage } from '../../../grammar/ast.ts';
import type { Labels } from '../../model/labels.ts';
import { LEVEL_LABEL, LEVELS } from '../../model/level.ts';
import { NO_LEVEL_BIT } from '../../store/segments/stream-columns.ts';
import { compilePredicate } from '../pipeline/filters/label-filter.ts';
import { ScanRow } from '../pipeline/row/row-state.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);
const ALL_LEVELS = 2 ** (NO_LEVEL_BIT + 1) - 1;

/**
 * Levels that a row must have to pass, as bits of `StreamColumns.levels`, where its stream has no label of that name and its level is no text of
 * its own: what the label filters say that stand before any stage that could make such a label. Undefined when they say nothing.
 */
export function wantedLevels(stages: readonly Stage[]): number | undefined {
  const predicates: LabelPredicate[] = [];
  for (const stage of stages) {
    if (stage.kind === 'label-filter') addPredicates(stage.predicate, predicates);
    else if (stage.kind !== 'line-filter') break;
  }
  if (predicates.length === 0) return undefined;
  const tests = predicates.map((predicate) => compilePredicate(predicate));
  const row = new ScanRow();
  let bits = 0;
  for (let bit = 0; bit <= NO_LEVEL_BIT; bit++) {
    const metadata: Labels = bit < LEVELS.length ? [LEVEL_LABEL, LEVELS[bit]!] : [];
    row.begin(NO_BYTES, 0, 0, 0n, 0, [], metadata);
    if (tests.every((one) => one.test(row.labels))) bits |= 1 << bit;
  }
  return bits === ALL_LEVELS ? undefined : bits;
}

/** Predicates that look at the level and nothing else; all of them must hold. */
function addPredicates(predicate: LabelPredicate, into: LabelPredicate[]): void {
  if (predicate.kind === 'and') {
    addPredicates(predicate.left, into);
    addPredicates(predicate.right, into);
  } else if (isOfLevel(predicate)) into.push(predicate);
}

function isOfLevel(predicate: LabelPredicate): boolean {
  if (predicate.kind === 'and' || predicate.kind === 'or')
    return isOfLevel(predicate.left) && isOfLevel(predicate.right);
  return predicate.kind === 'string' && predicate.name === LEVEL_LABEL;
}
