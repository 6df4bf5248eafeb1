import { type ErrorKind, LogError } from '../base/errors.ts';
import type { Limits } from '../model/limits.ts';
import { otlpRules } from '../model/otlp-rules.ts';
import type { RowSink } from '../model/row-sink.ts';
import { parseMediaType } from '../wire/media-type.ts';
import { decodeOtlpJson } from '../wire/otlp/otlp-json.ts';
import type { OtlpResource } from '../wire/otlp/otlp-model.ts';
import { decodeOtlpProtobuf } from '../wire/otlp/otlp-protobuf.ts';
import { encodeOtlpStatus, fillFromOtlp } from '../wire/otlp/push-otlp.ts';
import { type BodyLimits, checkBodySize, decodeOtlpEncoding, decodePushEncoding } from '../wire/push/body-encoding.ts';
import { PushBatch } from '../wire/push/push-batch.ts';
import { decodePushJson } from '../wire/push/push-json.ts';
import { decodePushLegacyJson } from '../wire/push/push-legacy-json.ts';
import { decodePushProtobuf } from '../wire/push/push-protobuf.ts';
import { uncompressPush } from '../wire/push/snappy-body.ts';
import { applyBatch, type BatchOutcome, batchWork } from './apply-batch.ts';
import type { TenantIngest } from './tenant-ingest.ts';
import { encodeWalBody, WAL_BODY_PUSHED, type WalBody } from './wal-body.ts';

/** Which endpoint a body came to: `/loki/api/v1/push`, `/api/prom/push`, `/otlp/v1/logs`. */
export type PushKind = 'push' | 'legacy' | 'otlp';

export interface PushHeaders {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

export interface PushRequest {
  readonly kind: PushKind;
  readonly headers: PushHeaders;
  readonly body: Buffer;
  readonly bodyLimits: BodyLimits;
}

export interface PushContext {
  readonly state: TenantIngest;
  readonly limits: Limits;
  readonly sink: RowSink;
  readonly nowNs: bigint;
  /** Makes a record durable; the push is answered after that. */
  readonly log: (record: WalBody) => Promise<void>;
}

export interface PushReply {
  readonly status: number;
  /** Empty on success. */
  readonly body: string | Buffer;
  readonly contentType: string | undefined;
  /** Missing when the body could not be decoded or the request was rejected as a whole. */
  readonly outcome: BatchOutcome | undefined;
}

// Decoding, checking and appending are one synchronous step, so one batch serves all requests of the thread.
const threadBatch = new PushBatch();

/**
 * The write path: decode, check, append to the head, make durable, answer.
 *
 * @throws what `log` throws unless it is a LogError, and bugs; expected outcomes are replies
 */
export async function push(request: PushRequest, context: PushContext): Promise<PushReply> {
  let outcome: BatchOutcome | undefined;
  try {
    const batch = threadBatch;
    const pushedBlock = decodePush(request, context.nowNs, batch, context.limits.otlpConfig);
    outcome = applyBatch(batch, { ...context, policy: 'validate' });
    if (outcome.acceptedEntries > 0) await context.log(walBody(outcome, pushedBlock, batch));
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return errorReply(request.kind, error.status ?? STATUS_OF_KIND[error.kind], error.message, outcome);
  }
  if (outcome.error === undefined) return { status: 204, body: '', contentType: undefined, outcome };
  return errorReply(request.kind, outcome.error.status, outcome.error.message, outcome);
}

// Runs before the first await of `push`, while batch and work columns still belong to the request.
function walBody(outcome: BatchOutcome, pushedBlock: Buffer | undefined, batch: PushBatch): WalBody {
  if (outcome.allAccepted && pushedBlock !== undefined) return { kind: WAL_BODY_PUSHED, body: pushedBlock };
  return encodeWalBody(batch, batchWork);
}

/**
 * Decodes a body of any format into `batch`.
 *
 * @param nowNs time of OTLP records without one
 * @param otlpConfig rules for attributes of OTLP, as in `Limits`
 * @returns the snappy block of a protobuf push, which can go to the log as it is; undefined for other formats
 * @throws LogError PUSH_DECODE, PUSH_TOO_LARGE, PUSH_INVALID, with a status
 */
export function decodePush(request: PushRequest, nowNs: bigint, batch: PushBatch, otlpConfig = ''): Buffer | undefined {
  const { kind, headers, body, bodyLimits } = request;
  checkBodySize(body, bodyLimits);
  const maxBytes = bodyLimits.maxDecompressedBytes;
  if (kind === 'otlp') {
    const resources = decodeOtlp(headers, body, maxBytes);
    fillFromOtlp(resources, nowNs, batch, otlpRules(otlpConfig));
    return undefined;
  }
  const mediaType = parseMediaType(headers.contentType);
  const decoded = decodePushEncoding(body, headers.contentEncoding, maxBytes);
  if (mediaType === 'application/json') {
    if (kind === 'legacy') decodePushLegacyJson(decoded, batch);
    else decodePushJson(decoded, batch);
    return undefined;
  }
  decodePushProtobuf(uncompressPush(decoded, maxBytes), batch);
  return decoded;
}

function decodeOtlp(headers: PushHeaders, body: Buffer, maxBytes: number): OtlpResource[] {
  const { contentType = '' } = headers;
  if (contentType !== 'application/x-protobuf' && contentType !== 'application/json') {
    throw new LogError('PUSH_DECODE', `content type: ${contentType} is not supported`, { status: 400 });
  }
  const decoded = decodeOtlpEncoding(body, headers.contentEncoding, maxBytes);
  return contentType === 'application/json' ? decodeOtlpJson(decoded) : decodeOtlpProtobuf(decoded);
}

const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  limit: 400,
  'too-large': 413,
  rate: 429,
  auth: 401,
  'not-found': 404,
  corrupt: 500,
  unavailable: 503,
  timeout: 503,
  cancelled: 499,
  internal: 500,
};

/** An error in the form of its endpoint: a line of text, or for OTLP a protobuf status with 500 told as 503. */
export function errorReply(
  kind: PushKind,
  status: number,
  message: string,
  outcome?: BatchOutcome | undefined,
): PushReply {
  if (kind === 'otlp') {
    const body = encodeOtlpStatus(message);
    return { status: status === 500 ? 503 : status, body, contentType: 'application/octet-stream', outcome };
  }
  // A block may be configured to look like success.
  if (status === 200 || status === 204) return { status: 204, body: '', contentType: undefined, outcome };
  return { status, body: `${message}\n`, contentType: 'text/plain; charset=utf-8', outcome };
}
