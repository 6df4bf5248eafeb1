import type { IngestKernel } from '../kernels/ingest-kernel.ts';
import { LEVEL_NONE } from '../model/level.ts';
import type { Limits } from '../model/limits.ts';
import type { PushBatch } from '../wire/push/push-batch.ts';
import type { BatchWork } from './batch-work.ts';
import { detectsLevels, type EntryRules } from './entry-rules.ts';
import type { KnownStream } from './stream-cache.ts';

const MAX_U32 = 0xffff_ffff;

/** A range of `work.metadata`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The kernel of the batch, unless it has no room for the level fields that it would need. */
export function kernelFor(batch: PushBatch, stream: KnownStream, rules: EntryRules): IngestKernel | undefined {
  const { kernel } = batch;
  const needsLevels = stream.level === undefined && detectsLevels(rules.limits);
  return kernel !== undefined && needsLevels && !kernel.useLevels(rules.fields) ? undefined : kernel;
}

/**
 * Prepares entries from `first` on as `prepareEntries` does, all at once, up to one that needs a closer look.
 *
 * @param plain metadata of entries without any of their own
 * @returns the first entry that the kernel passed up; `last` if none
 */
export function prepareRun(
  kernel: IngestKernel,
  work: BatchWork,
  stream: KnownStream,
  first: number,
  last: number,
  rules: EntryRules,
  plain: ByteRange,
): number {
  const { limits, checks, oldest, newest } = rules;
  const { metadata } = work;
  const takesPairs =
    !metadata.isAway && stream.level?.text === undefined && (!checks || limits.allowStructuredMetadata);
  kernel.metadataBytes = metadata.isAway ? 0 : metadata.length;
  const next = kernel.prepareRows(
    first,
    last,
    checks ? oldest.seconds : Number.NEGATIVE_INFINITY,
    oldest.nanos,
    checks ? newest.seconds : Number.POSITIVE_INFINITY,
    newest.nanos,
    checks && limits.maxLineSizeBytes > 0 ? Math.min(limits.maxLineSizeBytes, MAX_U32) : 0,
    fixedLevel(stream, limits),
    plain.start,
    plain.end,
    takesPairs ? bound(checks, limits.maxStructuredMetadataEntriesCount) : 0,
    bound(checks, limits.maxStructuredMetadataSizeBytes),
  );
  if (!metadata.isAway) metadata.length = kernel.metadataBytes;
  return next;
}

/** A limit as the kernel takes it: 0 stands for none. */
function bound(checks: boolean, limit: number): number {
  return checks && limit > 0 ? Math.min(limit, MAX_U32) : MAX_U32;
}

/** Level code that all entries of the stream have, -1 when each line tells its own. */
function fixedLevel(stream: KnownStream, limits: Limits): number {
  if (!detectsLevels(limits)) return LEVEL_NONE;
  return stream.level === undefined ? -1 : stream.level.code;
}
