import type { Labels } from '../model/labels.ts';
import { type EntryFormat, type EntryLabels, shownLabels, streamJson } from '../wire/entry-json.ts';
import { JsonBytes } from '../wire/json-bytes.ts';
import { labelText } from '../wire/json-text.ts';

/** A label set as an answer has it. */
export interface PrintedLabels {
  /** As JSON up to `jsonEnd`, and behind it the text by which streams are put in order. */
  readonly bytes: Uint8Array;
  readonly jsonEnd: number;
  /** Of the JSON. */
  readonly hash: number;
}

/** Sets that are kept, a megabyte; with more than that a thread begins anew. */
const MAX_SETS = 2048;

const scratch = new JsonBytes();
const plain = new Map<Labels, PrintedLabels>();
const legacy = new Map<Labels, PrintedLabels>();

/**
 * The labels that tell a stream of an answer apart, printed. Label sets that no stage has touched are the same objects from query to query, and
 * a page of a thousand lines may be of hundreds of streams: printing them is a fifth of the work for it.
 */
export function printedLabels(labels: EntryLabels, format: EntryFormat): PrintedLabels {
  const shown = shownLabels(labels, format);
  const known = format === 'legacy' ? legacy : plain;
  let printed = known.get(shown);
  if (printed === undefined) {
    if (known.size >= MAX_SETS) known.clear();
    printed = print(labels, shown, format);
    known.set(shown, printed);
  }
  return printed;
}

function print(labels: EntryLabels, shown: Labels, format: EntryFormat): PrintedLabels {
  scratch.reset();
  scratch.string(streamJson(labels, format));
  const jsonEnd = scratch.length;
  const hash = scratch.hashFrom(0);
  scratch.string(labelText(shown));
  return { bytes: scratch.finish(), jsonEnd, hash };
}
