import { goQuote } from '../../grammar/literals.ts';
import { EMPTY_LABELS, type Labels } from '../model/labels.ts';

/** Canonical text of a label set, `{a="b", c="d"}`, with values quoted as Go quotes them. */
export function printLabels(labels: Labels = EMPTY_LABELS): string {
  let text = '{';
  for (let i = 0; i < labels.length; i += 2) {
    if (i > 0) text += ', ';
    text += `${labels[i]}=${goQuote(labels[i + 1]!)}`;
  }
  return `${text}}`;
}
