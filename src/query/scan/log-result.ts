import { ScratchColumns } from '../../base/scratch-columns.ts';
import { JsonBytes } from '../../wire/json/json-bytes.ts';
import { type EntryFormat, entryEnd } from '../../wire/result/entry-json.ts';
import { FoundColumns } from '../task/found-columns.ts';
import type { LogScanResult, ScanCounts } from '../task/task.ts';
import { type FoundRows, OWN_LABELS } from './found-rows.ts';
import { type FoundLabels, printedLabels } from './printed-labels.ts';
import { putEntries } from './put-entries.ts';

/** Used by one result after the other. */
const scratch = new JsonBytes();
/** By row and by label set, before it is known how much memory a result takes. */
const numbers = new ScratchColumns();

/** What a task found, written as the answer has it: here, where the threads are several, and only for rows that are left. */
export function logResult(
  found: FoundRows,
  labelSets: readonly FoundLabels[],
  format: EntryFormat | undefined,
  counts: ScanCounts,
): LogScanResult {
  const { count } = found;
  const { labelIds, sets, rowOfSet } = setsInUse(found, labelSets);
  numbers.begin(count + 3 * sets.length);
  const ends = numbers.next(count);
  const out = scratch;
  out.reset();
  if (format === undefined) putLines(out, found, ends);
  else putEntries(out, found, format, tailsOf(sets, format), labelIds, ends);
  const entryBytes = out.length;
  const next = (): Int32Array => numbers.next(sets.length);
  const texts = { jsonEnds: next(), textEnds: next(), hashes: next() };
  putLabelSets(out, found, sets, rowOfSet, format, texts);
  const columns = FoundColumns.of(count, sets.length, entryBytes, out.length - entryBytes);
  columns.days.set(found.days.subarray(0, count));
  columns.offsetsNs.set(found.offsetsNs.subarray(0, count));
  columns.streamIds.set(found.streamIds.subarray(0, count));
  columns.labelIds.set(labelIds);
  columns.ends.set(ends);
  columns.jsonEnds.set(texts.jsonEnds);
  columns.textEnds.set(texts.textEnds);
  columns.hashes.set(texts.hashes);
  out.finishInto(columns.bytes);
  return { kind: 'logs', ...columns.found, counts };
}

/** Label sets that rows have, undefined where a row has its own; which of them each row has, and the row of each that has its own. */
interface SetsInUse {
  readonly labelIds: Uint32Array;
  readonly sets: readonly (FoundLabels | undefined)[];
  readonly rowOfSet: readonly number[];
}

/** In the order in which the scan has met them, which is about that of their texts: so streams lie on disk. */
function setsInUse({ count, labelIds }: FoundRows, labelSets: readonly FoundLabels[]): SetsInUse {
  /** Number among those in use, -1 for none. */
  const numberOf = new Int32Array(labelSets.length).fill(-1);
  for (let row = 0; row < count; row++) if (labelIds[row] !== OWN_LABELS) numberOf[labelIds[row]!] = 0;
  const sets: (FoundLabels | undefined)[] = [];
  for (let id = 0; id < numberOf.length; id++) if (numberOf[id] === 0) numberOf[id] = sets.push(labelSets[id]!) - 1;
  const rowOfSet: number[] = new Array<number>(sets.length).fill(0);
  const own = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    const id = labelIds[row]!;
    if (id !== OWN_LABELS) {
      own[row] = numberOf[id]!;
      continue;
    }
    own[row] = sets.push(undefined) - 1;
    rowOfSet.push(row);
  }
  return { labelIds: own, sets, rowOfSet };
}

/** Where the texts of label sets end, and the bits of their hashes; see `FoundColumns`. */
type SetTexts = Readonly<Record<'jsonEnds' | 'textEnds' | 'hashes', Int32Array>>;

function putLabelSets(
  out: JsonBytes,
  { bytes, ends, jsonEnds, textEnds }: FoundRows,
  sets: readonly (FoundLabels | undefined)[],
  rowOfSet: readonly number[],
  format: EntryFormat | undefined,
  texts: SetTexts,
): void {
  const before = out.length;
  for (let i = 0; i < sets.length; i++) {
    const labels = sets[i];
    const printed = labels === undefined || format === undefined ? undefined : printedLabels(labels, format);
    if (printed !== undefined) {
      texts.jsonEnds[i] = out.length - before + printed.jsonEnd;
      texts.hashes[i] = printed.hash;
      out.raw(printed.bytes);
    } else {
      const start = out.length;
      const row = rowOfSet[i]!;
      if (labels === undefined) out.raw(bytes.subarray(ends[row], jsonEnds[row]));
      else out.string(JSON.stringify({ all: labels.all, categorized: labels.categorized }));
      texts.jsonEnds[i] = out.length - before;
      texts.hashes[i] = out.hashFrom(start);
      if (labels === undefined) out.raw(bytes.subarray(jsonEnds[row], textEnds[row]));
    }
    texts.textEnds[i] = out.length - before;
  }
}

function putLines(out: JsonBytes, { count, bytes, starts, ends: lineEnds }: FoundRows, ends: Int32Array): void {
  for (let row = 0; row < count; row++) {
    out.raw(bytes.subarray(starts[row], lineEnds[row]));
    ends[row] = out.length;
  }
}

/** What follows the line of an entry, by label set. */
function tailsOf(sets: readonly (FoundLabels | undefined)[], format: EntryFormat): Uint8Array[] {
  const plainText = entryEnd({ all: [] }, format);
  const plain = Buffer.from(plainText);
  return sets.map((labels) => {
    const text = labels === undefined ? plainText : entryEnd(labels, format);
    return text === plainText ? plain : Buffer.from(text);
  });
}
