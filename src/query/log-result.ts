import { type EntryFormat, type EntryLabels, entryEnd, putEntry, shownLabels, streamJson } from '../wire/entry-json.ts';
import { JsonBytes } from '../wire/json-bytes.ts';
import { labelText } from '../wire/json-text.ts';
import type { FoundRows } from './found-rows.ts';
import type { LabelSetText, LogScanResult, ScanCounts } from './task.ts';

/** Used by one result after the other. */
const scratch = new JsonBytes();
const COMMA = Buffer.from(',');

/** What a task found, written as the answer has it: here, where the threads are several, and only for rows that are left. */
export function logResult(
  found: FoundRows,
  labelSets: readonly EntryLabels[],
  format: EntryFormat | undefined,
  counts: ScanCounts,
): LogScanResult {
  const { count } = found;
  const { labelIds, sets } = setsInUse(found, labelSets);
  const ends = new Uint32Array(count);
  return {
    kind: 'logs',
    days: found.days.slice(0, count),
    offsetsNs: found.offsetsNs.slice(0, count),
    streamIds: found.streamIds.slice(0, count),
    entries: format === undefined ? linesOf(found, ends) : entriesOf(found, ends, labelIds, sets, format),
    ends,
    labelIds,
    labelSets: sets.map((labels) => labelSetText(labels, format)),
    counts,
  };
}

/** Label sets that rows have, and which of them each row has. */
function setsInUse(
  { count, labelIds }: FoundRows,
  labelSets: readonly EntryLabels[],
): { labelIds: Uint32Array; sets: EntryLabels[] } {
  const numbers = new Int32Array(labelSets.length).fill(-1);
  const sets: EntryLabels[] = [];
  const own = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    const id = labelIds[row]!;
    if (numbers[id] === -1) numbers[id] = sets.push(labelSets[id]!) - 1;
    own[row] = numbers[id]!;
  }
  return { labelIds: own, sets };
}

function labelSetText(labels: EntryLabels, format: EntryFormat | undefined): LabelSetText {
  if (format === undefined) return { json: JSON.stringify(labels), text: '' };
  return { json: streamJson(labels, format), text: labelText(shownLabels(labels, format)) };
}

function linesOf({ count, bytes, starts, ends: lineEnds }: FoundRows, ends: Uint32Array): Uint8Array {
  const out = scratch;
  out.reset();
  for (let row = 0; row < count; row++) {
    out.raw(bytes.subarray(starts[row], lineEnds[row]));
    ends[row] = out.length;
  }
  return out.finish();
}

function entriesOf(
  { count, days, offsetsNs, bytes, starts, ends: lineEnds }: FoundRows,
  ends: Uint32Array,
  labelIds: Uint32Array,
  sets: readonly EntryLabels[],
  format: EntryFormat,
): Uint8Array {
  const out = scratch;
  out.reset();
  const tails = sets.map((labels) => entryEnd(labels, format));
  for (let row = 0; row < count; row++) {
    const tail = tails[labelIds[row]!]!;
    putEntry(out, format, days[row]!, offsetsNs[row]!, bytes, starts[row]!, lineEnds[row]!, tail);
    out.raw(COMMA);
    ends[row] = out.length;
  }
  return out.finish();
}
