import { LEVEL_NONE } from '../model/level.ts';
import type { Limits } from '../model/limits.ts';
import { printLabels } from '../wire/label-print.ts';
import type { PushBatch } from '../wire/push/push-batch.ts';
import type { BatchWork } from './batch-work.ts';
import type { DiscardReason } from './discards.ts';
import { detectsLevels, type EntryRules } from './entry-rules.ts';
import { formatRfc3339Seconds } from './go-time.ts';
import { detectLineLevel } from './level/level.ts';
import { splitLevel, writeLevelPair } from './metadata.ts';
import { type ByteRange, kernelFor, prepareRun } from './prepare-run.ts';
import type { KnownStream } from './stream-cache.ts';

/**
 * Checks the entries `[first, last)` of a stream, cleans their metadata and finds their levels; the results go to the
 * columns of `work`.
 *
 * @throws LogError PUSH_INVALID if a metadata name cannot become a label name; that rejects the whole request
 */
export function prepareEntries(
  batch: PushBatch,
  work: BatchWork,
  stream: KnownStream,
  first: number,
  last: number,
  rules: EntryRules,
): void {
  const { limits, checks } = rules;
  const truncates = checks && limits.maxLineSizeTruncate && limits.maxLineSizeBytes > 0;
  const levelPair = writeStreamLevel(work, stream, limits);
  const kernel = kernelFor(batch, stream, rules);
  for (let entry = first; entry < last; entry++) {
    if (kernel !== undefined) {
      // The plain ones all at once, up to the next that needs a closer look.
      entry = prepareRun(kernel, work, stream, entry, last, rules, levelPair);
      if (entry >= last) break;
    }
    if (truncates) truncateLine(batch, work, entry, limits);
    const hasMetadata = batch.metadataEnd[entry]! > batch.metadataStart[entry]!;
    const lineBytes = batch.lineEnd[entry]! - batch.lineStart[entry]!;
    let pushedBytes = lineBytes;
    if (hasMetadata) {
      work.reader.read(batch.bytes, batch.metadataStart[entry]!, batch.metadataEnd[entry]!);
      pushedBytes += work.reader.pushedBytes;
    }
    work.pushedBytes[entry] = pushedBytes;
    work.accepted[entry] = 1;
    if (checks && !checkEntry(batch, work, stream, entry, hasMetadata, rules)) {
      work.accepted[entry] = 0;
      continue;
    }
    if (hasMetadata) prepareMetadata(batch, work, stream, entry, rules);
    else {
      work.metadataStart[entry] = levelPair.start;
      work.metadataEnd[entry] = levelPair.end;
      work.level[entry] = bareLevel(batch, stream, entry, rules);
    }
  }
  if (checks && limits.incrementDuplicateTimestamp) separateDuplicates(batch, work, first, last);
}

/** Metadata of entries without any of their own: only the level that the stream's label gives, if it is no known word. */
function writeStreamLevel(work: BatchWork, stream: KnownStream, limits: Limits): ByteRange {
  const start = work.metadata.length;
  if (detectsLevels(limits) && stream.level?.text !== undefined) writeLevelPair(work.metadata, stream.level.text);
  return { start, end: work.metadata.length };
}

function bareLevel(batch: PushBatch, stream: KnownStream, entry: number, rules: EntryRules): number {
  if (!detectsLevels(rules.limits)) return LEVEL_NONE;
  if (stream.level !== undefined) return stream.level.code;
  return detectLineLevel(rules.fields, batch.bytes, batch.lineStart[entry]!, batch.lineEnd[entry]!);
}

function prepareMetadata(
  batch: PushBatch,
  work: BatchWork,
  stream: KnownStream,
  entry: number,
  rules: EntryRules,
): void {
  const { reader } = work;
  reader.normalize();
  let code: number;
  let text: string | undefined;
  const own = reader.takeDetectedLevel();
  if (own !== undefined) ({ code, text } = splitLevel(own));
  else if (!detectsLevels(rules.limits)) code = LEVEL_NONE;
  else if (stream.level !== undefined) ({ code, text } = stream.level);
  else {
    const found = reader.levelText(rules.fields);
    if (found !== undefined) ({ code, text } = splitLevel(found));
    else {
      code = reader.severityLevel();
      if (code === LEVEL_NONE) {
        code = detectLineLevel(rules.fields, batch.bytes, batch.lineStart[entry]!, batch.lineEnd[entry]!);
      }
    }
  }
  work.level[entry] = code;
  work.metadataStart[entry] = work.metadata.length;
  reader.write(work.metadata, text);
  work.metadataEnd[entry] = work.metadata.length;
}

function checkEntry(
  batch: PushBatch,
  work: BatchWork,
  stream: KnownStream,
  entry: number,
  hasMetadata: boolean,
  rules: EntryRules,
): boolean {
  const { limits } = rules;
  const seconds = batch.seconds[entry]!;
  const nanos = batch.nanos[entry]!;
  const { oldest, newest } = rules;
  const refuse = (reason: DiscardReason, message: string): false => {
    work.errors.add(message);
    work.discards.add(reason, 1, work.pushedBytes[entry]!);
    return false;
  };
  if (seconds < oldest.seconds || (seconds === oldest.seconds && nanos < oldest.nanos)) {
    return refuse(
      'greater_than_max_sample_age',
      `entry for stream '${printLabels(stream.labels)}' has timestamp too old: ${formatRfc3339Seconds(seconds)}, oldest acceptable timestamp is: ${formatRfc3339Seconds(oldest.seconds)}`,
    );
  }
  if (seconds > newest.seconds || (seconds === newest.seconds && nanos > newest.nanos)) {
    return refuse(
      'too_far_in_future',
      `entry for stream '${printLabels(stream.labels)}' has timestamp too new: ${formatRfc3339Seconds(seconds)}`,
    );
  }
  const lineBytes = batch.lineEnd[entry]! - batch.lineStart[entry]!;
  if (limits.maxLineSizeBytes > 0 && lineBytes > limits.maxLineSizeBytes) {
    return refuse(
      'line_too_long',
      `max entry size '${limits.maxLineSizeBytes}' bytes exceeded for stream '${printLabels(stream.labels)}' while adding an entry with length '${lineBytes}' bytes`,
    );
  }
  if (!hasMetadata) return true;
  const problem = checkMetadata(work, stream, limits);
  return problem === undefined || refuse(problem[0], problem[1]);
}

function checkMetadata(
  work: BatchWork,
  stream: KnownStream,
  limits: Limits,
): readonly [DiscardReason, string] | undefined {
  const { pushedBytes, pushedPairs } = work.reader;
  const advice = (key: string, wish: string): string =>
    `Please see \`limits_config.${key}\` or contact your Loki administrator to ${wish} it`;
  if (!limits.allowStructuredMetadata) {
    return [
      'disallowed_structured_metadata',
      `stream '${printLabels(stream.labels)}' includes structured metadata, but this feature is disallowed. ${advice('allow_structured_metadata', 'enable')}`,
    ];
  }
  const { maxStructuredMetadataSizeBytes: maxBytes, maxStructuredMetadataEntriesCount: maxPairs } = limits;
  if (maxBytes > 0 && pushedBytes > maxBytes) {
    return [
      'structured_metadata_too_large',
      `stream '${printLabels(stream.labels)}' has structured metadata too large: '${pushedBytes}' bytes, limit: '${maxBytes}' bytes. ${advice('max_structured_metadata_size', 'increase')}`,
    ];
  }
  if (maxPairs > 0 && pushedPairs > maxPairs) {
    return [
      'structured_metadata_too_many',
      `stream '${printLabels(stream.labels)}' has too many structured metadata labels: '${pushedPairs}', limit: '${maxPairs}'. ${advice('max_structured_metadata_entries_count', 'increase')}`,
    ];
  }
  return undefined;
}

/** Cuts a line that is too long; the identifier overwrites the last bytes that may stay. */
function truncateLine(batch: PushBatch, work: BatchWork, entry: number, limits: Limits): void {
  const max = limits.maxLineSizeBytes;
  const start = batch.lineStart[entry]!;
  if (batch.lineEnd[entry]! - start <= max) return;
  const identifier = Buffer.from(limits.maxLineSizeTruncateIdentifier).subarray(0, max);
  batch.bytes.set(identifier, start + max - identifier.length);
  batch.lineEnd[entry] = start + max;
  work.isAltered = true;
}

/** Gives an entry with the time of the one before it, and another line, the next nanosecond. */
function separateDuplicates(batch: PushBatch, work: BatchWork, first: number, last: number): void {
  let previous = -1;
  let pushedSeconds = 0;
  let pushedNanos = 0;
  for (let entry = first; entry < last; entry++) {
    if (work.accepted[entry] !== 1) continue;
    const seconds = batch.seconds[entry]!;
    const nanos = batch.nanos[entry]!;
    if (previous >= 0) {
      const previousSeconds = batch.seconds[previous]!;
      const previousNanos = batch.nanos[previous]!;
      const isSame =
        (seconds === pushedSeconds && nanos === pushedNanos) ||
        (seconds === previousSeconds && nanos === previousNanos);
      if (isSame && !sameLine(batch, previous, entry)) {
        const carries = previousNanos === 999_999_999;
        batch.seconds[entry] = carries ? previousSeconds + 1 : previousSeconds;
        batch.nanos[entry] = carries ? 0 : previousNanos + 1;
        work.isAltered = true;
      }
    }
    previous = entry;
    pushedSeconds = seconds;
    pushedNanos = nanos;
  }
}

function sameLine(batch: PushBatch, a: number, b: number): boolean {
  const lineA = batch.bytes.subarray(batch.lineStart[a]!, batch.lineEnd[a]!);
  const lineB = batch.bytes.subarray(batch.lineStart[b]!, batch.lineEnd[b]!);
  return Buffer.compare(lineA, lineB) === 0;
}
