import type { Limits } from '../model/limits.ts';
import type { RowSink, SinkStream } from '../model/row-sink.ts';
import { NS_PER_DAY_NUMBER } from '../model/time.ts';
import { printLabels } from '../wire/label-print.ts';
import type { PushBatch } from '../wire/push/push-batch.ts';
import type { BatchWork } from './batch-work.ts';
import { LateWindow, RefusedList } from './out-of-order.ts';
import type { KnownStream } from './stream-cache.ts';
import type { TenantIngest } from './tenant-ingest.ts';

const SECONDS_PER_DAY = NS_PER_DAY_NUMBER / 1e9;

/** Of the stream whose entries are appended now: that is one synchronous step. */
const window = new LateWindow();

/** Why the storage stage refused entries of a stream. */
export interface StoreFailure {
  readonly status: number;
  readonly message: string;
}

export interface StoreContext {
  readonly state: TenantIngest;
  readonly limits: Limits;
  readonly sink: RowSink;
  readonly nowNs: bigint;
  /** False on replay. */
  readonly checks: boolean;
}

/**
 * Appends the accepted entries `[first, last)` of a stream to the sink; what a limit refuses is marked in `work`.
 *
 * @returns the failure to report, if any
 */
export function storeEntries(
  batch: PushBatch,
  work: BatchWork,
  stream: KnownStream,
  first: number,
  last: number,
  context: StoreContext,
): StoreFailure | undefined {
  let count = 0;
  let bytes = 0;
  for (let entry = first; entry < last; entry++) {
    if (work.accepted[entry] !== 1) continue;
    count++;
    bytes += work.pushedBytes[entry]!;
  }
  if (count === 0) return undefined;
  const handle = openStream(stream, context);
  if (handle === undefined) {
    refuseAll(work, first, last);
    work.discards.add('stream_limit', count, bytes);
    return {
      status: 429,
      message: `maximum active stream limit exceeded when trying to create stream ${printLabels(stream.labels)}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: '${context.state.tenant}'`,
    };
  }
  if (context.checks && !takeStreamRate(handle, bytes, context)) {
    const message = rateFailure(batch, work, stream, first, last, bytes, count, context);
    refuseAll(work, first, last);
    work.discards.add('per_stream_rate_limit', count, bytes);
    return { status: 429, message };
  }
  return appendEntries(batch, work, stream, handle, first, last, count, context);
}

function openStream(stream: KnownStream, context: StoreContext): SinkStream | undefined {
  if (stream.handle?.live === true) return stream.handle;
  const { sink, limits } = context;
  const limit = limits.maxGlobalStreamsPerUser;
  if (context.checks && limit > 0 && sink.streamCount() >= limit && !sink.has(stream.labels)) return undefined;
  stream.handle = sink.stream(stream.labels);
  return stream.handle;
}

function takeStreamRate(handle: SinkStream, bytes: number, context: StoreContext): boolean {
  const { limits, state, nowNs } = context;
  if (limits.perStreamRateLimitBytes <= 0) return true;
  const burst = Math.max(limits.perStreamRateLimitBurstBytes, limits.perStreamRateLimitBytes);
  return state.streamBucket(handle).take(bytes, limits.perStreamRateLimitBytes, burst, Number(nowNs / 1_000_000n));
}

function refuseAll(work: BatchWork, first: number, last: number): void {
  work.accepted.fill(0, first, last);
}

function rateFailure(
  batch: PushBatch,
  work: BatchWork,
  stream: KnownStream,
  first: number,
  last: number,
  bytes: number,
  count: number,
  context: StoreContext,
): string {
  const text = printLabels(stream.labels);
  const limit = formatSize(context.limits.perStreamRateLimitBytes);
  const reason = `Per stream rate limit exceeded (limit: ${limit}/sec) while attempting to ingest for stream '${text}' totaling ${formatSize(bytes)}, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased`;
  const list = new RefusedList();
  for (let entry = first; entry < last; entry++) {
    if (work.accepted[entry] === 1) list.add(batch.seconds[entry]!, batch.nanos[entry]!, () => reason);
  }
  return list.text(context.state.tenant, text, count);
}

/** `3MB` for whole multiples of 1024, else plain bytes. */
function formatSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value !== 0 && value % 1024 === 0 && unit + 1 < units.length) {
    value /= 1024;
    unit++;
  }
  return `${value}${units[unit]}`;
}

function appendEntries(
  batch: PushBatch,
  work: BatchWork,
  stream: KnownStream,
  handle: SinkStream,
  first: number,
  last: number,
  count: number,
  context: StoreContext,
): StoreFailure | undefined {
  const { sink, limits, checks, state } = context;
  window.begin(checks ? limits.outOfOrderWindowMs : 0, handle);
  let refused: RefusedList | undefined;
  const metadata = work.metadata.bytes;
  const kernel = work.metadata.isAway ? undefined : batch.kernel;
  for (let entry = first; entry < last; entry++) {
    if (work.accepted[entry] !== 1) continue;
    const seconds = batch.seconds[entry]!;
    const nanos = batch.nanos[entry]!;
    const day = Math.floor(seconds / SECONDS_PER_DAY);
    if (kernel !== undefined && sink.appendRun !== undefined && window.isNewer(seconds, nanos)) {
      const count = sink.appendRun(handle, day, kernel, entry, last);
      if (count > 0) {
        entry += count - 1;
        window.admits(batch.seconds[entry]!, batch.nanos[entry]!);
        continue;
      }
    }
    if (!window.admits(seconds, nanos)) {
      work.accepted[entry] = 0;
      work.discards.add('too_far_behind', 1, work.pushedBytes[entry]!);
      refused ??= new RefusedList();
      refused.add(seconds, nanos, () => window.reason(seconds));
      continue;
    }
    sink.append(
      handle,
      day,
      (seconds - day * SECONDS_PER_DAY) * 1e9 + nanos,
      batch.bytes,
      batch.lineStart[entry]!,
      batch.lineEnd[entry]!,
      work.level[entry]!,
      metadata,
      work.metadataStart[entry]!,
      work.metadataEnd[entry]!,
    );
  }
  handle.newestSeconds = window.newestSeconds;
  handle.newestNanos = window.newestNanos;
  return refused === undefined
    ? undefined
    : { status: 400, message: refused.text(state.tenant, printLabels(stream.labels), count) };
}
