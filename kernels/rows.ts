import {
  ACCEPTED_AT,
  BODY_AT,
  LEVEL_AT,
  LINE_END_AT,
  LINE_START_AT,
  METADATA_AT,
  METADATA_BYTES,
  METADATA_END_AT,
  METADATA_LENGTH_AT,
  METADATA_START_AT,
  NANOS_AT,
  PAIRS_END_AT,
  PAIRS_START_AT,
  PUSHED_BYTES_AT,
  SECONDS_AT,
} from './areas';
import { copyExact } from './copy';
import { lineLevel } from './level';
import { encodePairs, pairBytes } from './metadata';

const NS_PER_DAY: f64 = 86_400_000_000_000;
const NS_PER_SECOND: f64 = 1_000_000_000;

/**
 * Checks entries `[first, last)` and fills their prepared columns, as long as there is nothing to object to in an entry and
 * its metadata, if any, is in the usual form.
 *
 * @param maxLineBytes 0: no limit
 * @param level the level of all of them, -1: by each line
 * @param metadataStart range of the encoded metadata that entries without any get
 * @param maxPairs most pairs of an entry; 0: entries with metadata are passed up
 * @param maxPairBytes most bytes of names and values of an entry
 * @returns the first entry that was not prepared, `last` if all were
 */
export function prepareRows(
  first: i32,
  last: i32,
  oldestSeconds: f64,
  oldestNanos: u32,
  newestSeconds: f64,
  newestNanos: u32,
  maxLineBytes: u32,
  level: i32,
  metadataStart: u32,
  metadataEnd: u32,
  maxPairs: u32,
  maxPairBytes: u32,
): i32 {
  let used = <usize>load<u32>(METADATA_LENGTH_AT);
  for (let entry = first; entry < last; entry++) {
    const slot = <usize>entry << 2;
    const seconds = load<f64>(SECONDS_AT + (<usize>entry << 3));
    const nanos = load<u32>(NANOS_AT + slot);
    if (seconds < oldestSeconds || (seconds == oldestSeconds && nanos < oldestNanos)) return entry;
    if (seconds > newestSeconds || (seconds == newestSeconds && nanos > newestNanos)) return entry;
    const lineStart = load<u32>(LINE_START_AT + slot);
    const lineEnd = load<u32>(LINE_END_AT + slot);
    const lineBytes = lineEnd - lineStart;
    if (maxLineBytes != 0 && lineBytes > maxLineBytes) return entry;
    const pairsStart = load<u32>(PAIRS_START_AT + slot);
    const pairsEnd = load<u32>(PAIRS_END_AT + slot);
    if (pairsEnd > pairsStart) {
      const from = BODY_AT + <usize>pairsStart;
      const room = METADATA_BYTES - used;
      const encoded = encodePairs(from, BODY_AT + <usize>pairsEnd, METADATA_AT + used, room, maxPairs, maxPairBytes, level < 0);
      if (encoded < 0) return entry;
      store<u32>(METADATA_START_AT + slot, <u32>used);
      used += <usize>encoded;
      store<u32>(METADATA_END_AT + slot, <u32>used);
      store<u32>(METADATA_LENGTH_AT, <u32>used);
      store<u32>(PUSHED_BYTES_AT + slot, lineBytes + pairBytes);
    } else {
      store<u32>(METADATA_START_AT + slot, metadataStart);
      store<u32>(METADATA_END_AT + slot, metadataEnd);
      store<u32>(PUSHED_BYTES_AT + slot, lineBytes);
    }
    store<u8>(ACCEPTED_AT + <usize>entry, 1);
    const found = level >= 0 ? level : lineLevel(BODY_AT + <usize>lineStart, BODY_AT + <usize>lineEnd);
    store<u8>(LEVEL_AT + <usize>entry, <u8>found);
  }
  return last;
}

/**
 * Appends accepted entries `[first, last)` to a page, as long as each is newer than all before it, of the same day, and
 * has room. The page is laid out as `src/head/page.ts` says; all addresses are of this memory.
 *
 * @param daySeconds start of the day
 * @param newestOffsetNs newest time in the page's part, from the start of the day
 * @param row rows that the page has
 * @param lineBytes line bytes that it has
 * @param metadataStart where its metadata starts
 * @returns number of rows appended
 */
export function appendRows(
  first: i32,
  last: i32,
  daySeconds: f64,
  newestOffsetNs: f64,
  page: usize,
  rowCapacity: usize,
  row: usize,
  lineBytes: usize,
  metadataStart: usize,
): i32 {
  const endsAt = page + (rowCapacity << 3);
  const metadataAt = page + rowCapacity * 12;
  const levelsAt = page + (rowCapacity << 4);
  const bytesAt = page + rowCapacity * 17;
  let newest = newestOffsetNs;
  let entry = first;
  for (; entry < last; entry++) {
    if (load<u8>(ACCEPTED_AT + <usize>entry) != 1 || row >= rowCapacity) break;
    const slot = <usize>entry << 2;
    const seconds = load<f64>(SECONDS_AT + (<usize>entry << 3)) - daySeconds;
    const offsetNs = seconds * NS_PER_SECOND + <f64>load<u32>(NANOS_AT + slot);
    if (!(offsetNs > newest && offsetNs < NS_PER_DAY)) break;
    const lineStart = <usize>load<u32>(LINE_START_AT + slot);
    const length = <usize>load<u32>(LINE_END_AT + slot) - lineStart;
    const rowMetadata = <usize>load<u32>(METADATA_START_AT + slot);
    const metadataBytes = <usize>load<u32>(METADATA_END_AT + slot) - rowMetadata;
    const room = metadataStart - lineBytes;
    if (length >= room || metadataBytes > room - length - 1) break;
    newest = offsetNs;
    store<f64>(page + (row << 3), offsetNs);
    copyExact(bytesAt + lineBytes, BODY_AT + lineStart, length);
    lineBytes += length;
    store<u32>(endsAt + (row << 2), <u32>lineBytes);
    store<u8>(bytesAt + lineBytes, 10);
    lineBytes++;
    if (metadataBytes != 0) {
      metadataStart -= metadataBytes;
      copyExact(bytesAt + metadataStart, METADATA_AT + rowMetadata, metadataBytes);
    }
    store<u32>(metadataAt + (row << 2), <u32>metadataStart);
    store<u8>(levelsAt + row, load<u8>(LEVEL_AT + <usize>entry));
    row++;
  }
  return entry - first;
}
