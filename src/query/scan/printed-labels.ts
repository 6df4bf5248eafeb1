import { JsonBytes } from '../../wire/json/json-bytes.ts';
import { labelText } from '../../wire/json/json-text.ts';
import {
  type EntryFormat,
  type EntryLabels,
  type PrintedLabels,
  shownLabels,
  streamJson,
} from '../../wire/result/entry-json.ts';
import type { Base } from '../pipeline/row/label-base.ts';

/** Labels of rows that a scan has found. */
export interface FoundLabels extends EntryLabels {
  /** Absent where a stage has changed them. */
  readonly base?: Base | undefined;
}

const scratch = new JsonBytes();

/**
 * The labels that tell a stream of an answer apart, printed. Those that no stage has touched are printed once while their base is kept: for a page
 * of a thousand lines of hundreds of streams it would be a fifth of the work.
 */
export function printedLabels(labels: FoundLabels, format: EntryFormat): PrintedLabels {
  const { base } = labels;
  if (base?.printed?.format === format) return base.printed;
  const printed = print(labels, format);
  if (base !== undefined) base.printed = printed;
  return printed;
}

function print(labels: EntryLabels, format: EntryFormat): PrintedLabels {
  scratch.reset();
  scratch.string(streamJson(labels, format));
  const jsonEnd = scratch.length;
  const hash = scratch.hashFrom(0);
  scratch.string(labelText(shownLabels(labels, format)));
  return { format, bytes: scratch.finish(), jsonEnd, hash };
}
