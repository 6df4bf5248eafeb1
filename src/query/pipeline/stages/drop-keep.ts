import type { NameOrMatcher } from '../../../../grammar/ast.ts';
import { compileStageMatcher } from '../../../model/matcher.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL } from '../row/label-names.ts';
import type { LabelState, PipelineStage, Row } from '../row/stage.ts';

interface Item {
  readonly name: string;
  /** Absent: the name alone decides. */
  readonly test: ((value: string) => boolean) | undefined;
}

/** `| drop a, b="v"`: removes labels, in order; with a matcher only when the current value (absent = "") matches. */
export class DropLabels implements PipelineStage {
  readonly #items: readonly Item[];

  /** @throws LogError REGEX_SYNTAX */
  constructor(items: readonly NameOrMatcher[]) {
    this.#items = items.map(compileItem);
  }

  process(row: Row): boolean {
    const labels = row.labels;
    for (const { name, test } of this.#items) {
      if (test?.(readLabel(labels, name)) === false) continue;
      if (name === ERROR_LABEL) labels.error = '';
      else if (name === ERROR_DETAILS_LABEL) labels.errorDetails = '';
      else labels.delete(name);
    }
    return true;
  }
}

/** `| keep a, b=~"v"`: removes every label that no item names and accepts; error labels always stay. */
export class KeepLabels implements PipelineStage {
  readonly #items: readonly Item[];

  /** @throws LogError REGEX_SYNTAX */
  constructor(items: readonly NameOrMatcher[]) {
    this.#items = items.map(compileItem);
  }

  process(row: Row): boolean {
    const labels = row.labels;
    const all = labels.result();
    for (let i = 0; i < all.length; i += 2) {
      const name = all[i]!;
      if (name === ERROR_LABEL || name === ERROR_DETAILS_LABEL) continue;
      if (!this.#keeps(name, all[i + 1]!)) labels.delete(name);
    }
    return true;
  }

  #keeps(name: string, value: string): boolean {
    for (const item of this.#items) {
      if (item.name === name && (item.test === undefined || item.test(value))) return true;
    }
    return false;
  }
}

function compileItem(item: NameOrMatcher): Item {
  if (item.matcher === undefined) return { name: item.name, test: undefined };
  const matcher = compileStageMatcher(item.matcher);
  return { name: item.name, test: (value) => matcher.test(value) };
}

function readLabel(labels: LabelState, name: string): string {
  if (name === ERROR_LABEL) return labels.error;
  if (name === ERROR_DETAILS_LABEL) return labels.errorDetails;
  return labels.get(name) ?? '';
}
