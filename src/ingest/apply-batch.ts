import type { Limits } from '../model/limits.ts';
import type { RowSink } from '../model/row-sink.ts';
import type { PushBatch } from '../wire/push/push-batch.ts';
import { BatchWork } from './batch-work.ts';
import type { DiscardCount, DiscardReason } from './discards.ts';
import { entryRules } from './entry-rules.ts';
import { formatRfc3339Seconds } from './go-time.ts';
import { resolveStream } from './resolve-stream.ts';
import { type StoreContext, type StoreFailure, storeEntries } from './store-stream.ts';
import type { TenantIngest } from './tenant-ingest.ts';
import { prepareEntries } from './validate.ts';

/** `validate`: a push. `replay`: entries that were acknowledged before; nothing is refused. */
export type ApplyPolicy = 'validate' | 'replay';

export interface ApplyContext {
  readonly state: TenantIngest;
  readonly limits: Limits;
  /** Sink of the tenant. */
  readonly sink: RowSink;
  readonly nowNs: bigint;
  readonly policy: ApplyPolicy;
}

export interface BatchOutcome {
  readonly receivedEntries: number;
  /** Bytes of lines and metadata. */
  readonly receivedBytes: number;
  readonly acceptedEntries: number;
  readonly acceptedBytes: number;
  /** Every entry was taken exactly as it came, so the body itself can go to the log. */
  readonly allAccepted: boolean;
  readonly error: { readonly status: number; readonly message: string } | undefined;
  readonly discards: ReadonlyMap<DiscardReason, DiscardCount>;
}

/** Work columns of this thread; applying a batch is one synchronous step. */
export const batchWork: BatchWork = new BatchWork();

/**
 * Checks a decoded batch and appends what passes to the sink: first everything that can refuse the whole request, then
 * rows. `batchWork.accepted` tells afterwards which entries were taken.
 *
 * @throws LogError for what rejects a whole request before anything is stored: label text, damaged metadata
 */
export function applyBatch(batch: PushBatch, context: ApplyContext): BatchOutcome {
  const work = batchWork;
  const checks = context.policy === 'validate';
  work.reset(batch.entryCount, batch.kernel);
  const blocked = prepareStreams(batch, work, context, checks);
  const received = countEntries(batch, work, false);
  let error: BatchOutcome['error'];
  if (checks && batch.streamCount === 0) {
    error = { status: 422, message: 'error at least one valid stream is required for ingestion' };
  } else if (blocked !== undefined) error = blocked;
  if (!work.errors.isEmpty) error = { status: 400, message: work.errors.text() };
  const limited = checks ? chargeTenant(batch, work, context) : undefined;
  error = limited ?? storeStreams(batch, work, { ...context, checks }) ?? error;
  const accepted = countEntries(batch, work, true);
  return {
    receivedEntries: received.entries,
    receivedBytes: received.bytes,
    acceptedEntries: accepted.entries,
    acceptedBytes: accepted.bytes,
    allAccepted: accepted.entries === batch.entryCount && !work.isAltered,
    error,
    discards: work.discards.byReason,
  };
}

function countEntries(batch: PushBatch, work: BatchWork, onlyAccepted: boolean): { entries: number; bytes: number } {
  let entries = 0;
  let bytes = 0;
  for (let entry = 0; entry < batch.entryCount; entry++) {
    if (onlyAccepted && work.accepted[entry] !== 1) continue;
    entries++;
    bytes += work.pushedBytes[entry]!;
  }
  return { entries, bytes };
}

/** @returns the answer to a blocked tenant, if the block refused anything */
function prepareStreams(
  batch: PushBatch,
  work: BatchWork,
  context: ApplyContext,
  checks: boolean,
): StoreFailure | undefined {
  const { state, limits, nowNs } = context;
  const rules = entryRules(limits, state.prepare(limits), checks, nowNs);
  const block = checks ? ingestionBlock(limits, state.tenant, nowNs) : undefined;
  let isBlocked = false;
  // All label texts first: one that cannot be parsed rejects the request before anything else is looked at.
  for (let index = 0; index < batch.streamCount; index++) {
    if (batch.firstEntry[index + 1]! === batch.firstEntry[index]!) continue;
    work.streams[index] = resolveStream(state, limits, batch.bytes, batch.labelStart[index]!, batch.labelEnd[index]!);
  }
  for (let index = 0; index < batch.streamCount; index++) {
    const stream = work.streams[index];
    if (stream === undefined) continue;
    const first = batch.firstEntry[index]!;
    const last = batch.firstEntry[index + 1]!;
    if (!checks || (stream.failure === undefined && block === undefined)) {
      prepareEntries(batch, work, stream, first, last, rules);
      continue;
    }
    const bytes = refuseStream(batch, work, first, last);
    if (stream.failure === undefined) {
      isBlocked = true;
      work.discards.add('blocked_ingestion', last - first, bytes);
    } else {
      work.errors.add(stream.failure.message);
      work.discards.add(stream.failure.reason, last - first, bytes);
    }
  }
  return isBlocked ? block : undefined;
}

function refuseStream(batch: PushBatch, work: BatchWork, first: number, last: number): number {
  let bytes = 0;
  for (let entry = first; entry < last; entry++) {
    const lineBytes = batch.lineEnd[entry]! - batch.lineStart[entry]!;
    work.accepted[entry] = 0;
    work.pushedBytes[entry] = lineBytes;
    bytes += lineBytes;
  }
  return bytes;
}

function ingestionBlock(limits: Limits, tenant: string, nowNs: bigint): StoreFailure | undefined {
  const until = limits.blockIngestionUntilMs;
  if (until === 0 || BigInt(Math.round(until)) * 1_000_000n <= nowNs) return undefined;
  const status = limits.blockIngestionStatusCode;
  const time = formatRfc3339Seconds(Math.floor(until / 1000));
  return { status, message: `ingestion blocked for user ${tenant} until '${time}' with status code '${status}'` };
}

/** Charges all that passed at once; a refusal drops the whole request and outranks any other error. */
function chargeTenant(batch: PushBatch, work: BatchWork, context: ApplyContext): StoreFailure | undefined {
  const { limits, state, nowNs } = context;
  const rate = limits.ingestionRateBytesPerSecond;
  if (rate <= 0) return undefined;
  const { entries, bytes } = countEntries(batch, work, true);
  const burst = limits.ingestionBurstBytes > 0 ? limits.ingestionBurstBytes : rate;
  if (entries === 0 || state.bucket.take(bytes, rate, burst, Number(nowNs / 1_000_000n))) return undefined;
  work.accepted.fill(0, 0, batch.entryCount);
  work.discards.add('rate_limited', entries, bytes);
  return {
    status: 429,
    message: `ingestion rate limit exceeded for user ${state.tenant} (limit: ${Math.floor(rate)} bytes/sec) while attempting to ingest '${entries}' lines totaling '${bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased`,
  };
}

/** All streams are tried; of several failures the last one is told. */
function storeStreams(batch: PushBatch, work: BatchWork, context: StoreContext): StoreFailure | undefined {
  let failure: StoreFailure | undefined;
  for (let index = 0; index < batch.streamCount; index++) {
    const stream = work.streams[index];
    if (stream === undefined) continue;
    const failed = storeEntries(batch, work, stream, batch.firstEntry[index]!, batch.firstEntry[index + 1]!, context);
    failure = failed ?? failure;
  }
  return failure;
}
