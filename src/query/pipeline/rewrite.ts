import type { LineFilterStage, RangeOp, Stage } from '../../../grammar/ast.ts';
import { DELETE_TRAILING_LINE_FORMAT, HOIST_LINE_FILTERS } from './row/quirks.ts';
import type { LabelUse } from './template/label-use.ts';
import { compileTemplate } from './template/template.ts';

/** Rewrites of a pipeline before it is compiled; stages in, stages out. */

/** Moves the line filters of each run in front of its other stages. A run ends with `line_format` or `unpack`, and at a label filter. */
export function hoistLineFilters(stages: readonly Stage[]): readonly Stage[] {
  if (!HOIST_LINE_FILTERS) return stages;
  const out: Stage[] = [];
  let filters: Stage[] = [];
  let others: Stage[] = [];
  const endRun = (): void => {
    out.push(...filters, ...others);
    filters = [];
    others = [];
  };
  for (const stage of stages) {
    if (stage.kind === 'label-filter') {
      endRun();
      out.push(stage);
    } else if (stage.kind === 'line-filter') {
      filters.push(stage);
    } else {
      others.push(stage);
      if (stage.kind === 'line-format' || stage.kind === 'unpack') endRun();
    }
  }
  endRun();
  return out;
}

/** Deletes each `line_format` of a metric query that no parser and no line filter follows, unless bytes are counted. */
export function deleteTrailingLineFormats(stages: readonly Stage[], op: RangeOp): readonly Stage[] {
  if (!DELETE_TRAILING_LINE_FORMAT || op === 'bytes_over_time' || op === 'bytes_rate') return stages;
  let lastReader = stages.length - 1;
  while (lastReader >= 0 && !readsLine(stages[lastReader]!)) lastReader--;
  return stages.filter((stage, i) => stage.kind !== 'line-format' || i < lastReader);
}

function readsLine(stage: Stage): boolean {
  return stage.kind === 'line-filter' || isParser(stage);
}

export function isParser(stage: Stage): boolean {
  switch (stage.kind) {
    case 'json':
    case 'logfmt':
    case 'regexp':
    case 'pattern':
    case 'unpack':
      return true;
    default:
      return false;
  }
}

/** Line filters that see the line as it was stored, and the stages that are left without them. */
export function splitLeadingLineFilters(stages: readonly Stage[]): { leading: LineFilterStage[]; rest: Stage[] } {
  const leading: LineFilterStage[] = [];
  const rest: Stage[] = [];
  let isChanged = false;
  for (const stage of stages) {
    if (stage.kind === 'line-filter' && !isChanged) {
      leading.push(stage);
      continue;
    }
    rest.push(stage);
    if (stage.kind === 'line-format' || stage.kind === 'unpack' || stage.kind === 'decolorize') isChanged = true;
  }
  return { leading, rest };
}

const NO_USE: LabelUse = { fields: new Set(), reads: new Set() };

/** Which labels a template reads; none when it does not compile, which the stage itself reports. */
export function templateUse(template: string, name: 'line' | 'label'): LabelUse {
  try {
    return compileTemplate(template, name);
  } catch {
    return NO_USE;
  }
}
