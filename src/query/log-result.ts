import { type EntryFormat, type EntryLabels, entryEnd, putEntry } from '../wire/entry-json.ts';
import { JsonBytes } from '../wire/json-bytes.ts';
import { type FoundRows, OWN_LABELS } from './found-rows.ts';
import { printedLabels } from './printed-labels.ts';
import type { LabelSetTexts, LogScanResult, ScanCounts } from './task.ts';

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
  const { labelIds, sets, rowOfSet } = setsInUse(found, labelSets);
  const ends = new Uint32Array(count);
  return {
    kind: 'logs',
    days: found.days.slice(0, count),
    offsetsNs: found.offsetsNs.slice(0, count),
    streamIds: found.streamIds.slice(0, count),
    entries: format === undefined ? linesOf(found, ends) : entriesOf(found, ends, labelIds, sets, format),
    ends,
    labelIds,
    labelSets: labelSetTexts(found, sets, rowOfSet, format),
    counts,
  };
}

/** Label sets that rows have, undefined where a row has its own; which of them each row has, and the first row of each. */
interface SetsInUse {
  readonly labelIds: Uint32Array;
  readonly sets: readonly (EntryLabels | undefined)[];
  readonly rowOfSet: readonly number[];
}

function setsInUse({ count, labelIds }: FoundRows, labelSets: readonly EntryLabels[]): SetsInUse {
  const numbers = new Int32Array(labelSets.length).fill(-1);
  const sets: (EntryLabels | undefined)[] = [];
  const rowOfSet: number[] = [];
  const own = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    const id = labelIds[row]!;
    const known = id === OWN_LABELS ? -1 : numbers[id]!;
    if (known >= 0) {
      own[row] = known;
      continue;
    }
    own[row] = sets.push(id === OWN_LABELS ? undefined : labelSets[id]!) - 1;
    rowOfSet.push(row);
    if (id !== OWN_LABELS) numbers[id] = own[row]!;
  }
  return { labelIds: own, sets, rowOfSet };
}

function labelSetTexts(
  { bytes, ends, jsonEnds, textEnds }: FoundRows,
  sets: readonly (EntryLabels | undefined)[],
  rowOfSet: readonly number[],
  format: EntryFormat | undefined,
): LabelSetTexts {
  const out = scratch;
  out.reset();
  const jsons = new Uint32Array(sets.length);
  const texts = new Uint32Array(sets.length);
  const hashes = new Uint32Array(sets.length);
  for (let i = 0; i < sets.length; i++) {
    const labels = sets[i];
    const printed = labels === undefined || format === undefined ? undefined : printedLabels(labels, format);
    if (printed !== undefined) {
      jsons[i] = out.length + printed.jsonEnd;
      hashes[i] = printed.hash;
      out.raw(printed.bytes);
    } else {
      const start = out.length;
      const row = rowOfSet[i]!;
      if (labels === undefined) out.raw(bytes.subarray(ends[row], jsonEnds[row]));
      else out.string(JSON.stringify(labels));
      jsons[i] = out.length;
      hashes[i] = out.hashFrom(start);
      if (labels === undefined) out.raw(bytes.subarray(jsonEnds[row], textEnds[row]));
    }
    texts[i] = out.length;
  }
  return { bytes: out.finish(), hashes, jsonEnds: jsons, textEnds: texts };
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
  { count, days, offsetsNs, bytes, starts, ends: lineEnds, textEnds, tailEnds }: FoundRows,
  ends: Uint32Array,
  labelIds: Uint32Array,
  sets: readonly (EntryLabels | undefined)[],
  format: EntryFormat,
): Uint8Array {
  const out = scratch;
  out.reset();
  const plainText = entryEnd({ all: [] }, format);
  const plain = Buffer.from(plainText);
  const tails = sets.map((labels) => {
    const text = labels === undefined ? plainText : entryEnd(labels, format);
    return text === plainText ? plain : Buffer.from(text);
  });
  for (let row = 0; row < count; row++) {
    const isOwn = tailEnds[row]! > textEnds[row]!;
    const tail = isOwn ? bytes.subarray(textEnds[row], tailEnds[row]) : tails[labelIds[row]!]!;
    putEntry(out, format, days[row]!, offsetsNs[row]!, bytes, starts[row]!, lineEnds[row]!, tail);
    out.raw(COMMA);
    ends[row] = out.length;
  }
  return out.finish();
}
