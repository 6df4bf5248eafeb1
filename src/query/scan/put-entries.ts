import { type EntryKernel, LINE_BYTES, MAX_ROWS, openEntryKernel } from '../../kernels/entry-kernel.ts';
import type { JsonBytes } from '../../wire/json/json-bytes.ts';
import { type EntryFormat, putEntry } from '../../wire/result/entry-json.ts';
import type { FoundRows } from './found-rows.ts';

const COMMA = Buffer.from(',');
/** Opened with the first entries; null where there are no kernels. */
let kernelAtHand: EntryKernel | null | undefined;

/**
 * Writes rows as entries, each with a comma behind it. The kernel writes what it can: most of a page is its lines, of which every byte is looked at.
 *
 * @param tails what follows the line in an entry, by label set, and @param labelIds the set of each row, where it does not have its own
 * @param ends is made where the entry of each row ends
 */
export function putEntries(
  out: JsonBytes,
  found: FoundRows,
  format: EntryFormat,
  tails: readonly Uint8Array[],
  labelIds: Uint32Array,
  ends: Int32Array,
): void {
  if (kernelAtHand === undefined) kernelAtHand = openEntryKernel() ?? null;
  const entries = { out, found, format, tails, labelIds, ends };
  for (let row = 0; row < found.count; ) {
    const count = kernelAtHand === null || format === 'legacy' ? 0 : fill(kernelAtHand, entries, row);
    if (count === 0) putOne(entries, row++);
    else {
      putFilled(kernelAtHand!, entries, row, count);
      row += count;
    }
  }
}

interface Entries {
  readonly out: JsonBytes;
  readonly found: FoundRows;
  readonly format: EntryFormat;
  readonly tails: readonly Uint8Array[];
  readonly labelIds: Uint32Array;
  readonly ends: Int32Array;
}

/** Puts rows from `first` on into the kernel, as many as it takes. @returns how many: none when the first is too long */
function fill(kernel: EntryKernel, { found, tails, labelIds }: Entries, first: number): number {
  const { days, offsetsNs, bytes, starts, ends: lineEnds, textEnds, tailEnds } = found;
  const most = Math.min(MAX_ROWS, found.count - first);
  let used = 0;
  let count = 0;
  for (; count < most; count++) {
    const row = first + count;
    const lineBytes = lineEnds[row]! - starts[row]!;
    const ownBytes = tailEnds[row]! - textEnds[row]!;
    const tail = tails[labelIds[row]!]!;
    const tailBytes = ownBytes > 0 ? ownBytes : tail.length;
    if (used + lineBytes + tailBytes > LINE_BYTES) break;
    bytes.copy(kernel.lines, used, starts[row]!, lineEnds[row]!);
    used += lineBytes;
    kernel.lineEnds[count] = used;
    if (ownBytes > 0) bytes.copy(kernel.lines, used, textEnds[row]!, tailEnds[row]!);
    else for (let i = 0; i < tailBytes; i++) kernel.lines[used + i] = tail[i]!;
    used += tailBytes;
    kernel.tailEnds[count] = used;
    kernel.days[count] = days[row]!;
    kernel.offsetsNs[count] = offsetsNs[row]!;
  }
  return count;
}

/** Writes the `count` rows that are in the kernel, and those that it leaves. */
function putFilled(kernel: EntryKernel, entries: Entries, first: number, count: number): void {
  const { out, ends } = entries;
  for (let done = 0; done < count; ) {
    const before = out.length;
    const next = kernel.putEntries(done, count);
    if (next > done) out.range(kernel.entries, 0, kernel.entryEnds[next - 1]!);
    for (; done < next; done++) ends[first + done] = before + kernel.entryEnds[done]!;
    if (done < count) putOne(entries, first + done++);
  }
}

function putOne({ out, found, format, tails, labelIds, ends }: Entries, row: number): void {
  const { days, offsetsNs, bytes, starts, ends: lineEnds, textEnds, tailEnds } = found;
  const isOwn = tailEnds[row]! > textEnds[row]!;
  const tail = isOwn ? bytes.subarray(textEnds[row], tailEnds[row]) : tails[labelIds[row]!]!;
  putEntry(out, format, days[row]!, offsetsNs[row]!, bytes, starts[row]!, lineEnds[row]!, tail);
  out.raw(COMMA);
  ends[row] = out.length;
}
