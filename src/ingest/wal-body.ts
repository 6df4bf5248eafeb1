import { LogError } from '../base/errors.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { printLabels } from '../wire/label-print.ts';
import type { PushBatch } from '../wire/push/push-batch.ts';
import { encodePushProtobuf } from '../wire/push/push-encode.ts';
import { decodePushProtobuf } from '../wire/push/push-protobuf.ts';
import { compressSnappy, uncompressPush } from '../wire/push/snappy-body.ts';
import type { BatchWork } from './batch-work.ts';

/**
 * Bodies of write-ahead records. Both kinds are a snappy block with a protobuf push, so they are read alike; they are
 * told apart because only the second has labels complete with `service_name`.
 */

/** The body as a client sent it; every entry of it was taken. */
export const WAL_BODY_PUSHED = 1;
/** The entries that were taken, encoded anew: from JSON or OTLP, or when some were refused or altered. */
export const WAL_BODY_ENCODED = 2;

export interface WalBody {
  readonly kind: number;
  readonly body: Uint8Array;
}

const writer = new ByteWriter();
const MAX_BYTES = 0xffff_ffff;

/** Encodes the accepted entries of an applied batch. */
export function encodeWalBody(batch: PushBatch, work: BatchWork): WalBody {
  writer.reset();
  encodePushProtobuf(batch, work.accepted, (stream) => Buffer.from(printLabels(work.streams[stream]!.labels)), writer);
  return { kind: WAL_BODY_ENCODED, body: compressSnappy(writer.bytes.subarray(0, writer.length)) };
}

/**
 * Fills `batch` from a record; applied with policy `replay` it gives the rows that the push gave.
 *
 * @throws LogError FORMAT_UNKNOWN for a kind of a later version, WAL_CORRUPT if the body is damaged
 */
export function decodeWalBody(kind: number, body: Uint8Array, batch: PushBatch): void {
  if (kind !== WAL_BODY_PUSHED && kind !== WAL_BODY_ENCODED) {
    throw new LogError('FORMAT_UNKNOWN', `write-ahead record has unknown body kind ${kind}`, { details: { kind } });
  }
  try {
    decodePushProtobuf(uncompressPush(Buffer.from(body.buffer, body.byteOffset, body.length), MAX_BYTES), batch);
  } catch (cause) {
    throw new LogError('WAL_CORRUPT', 'write-ahead record body cannot be decoded', { cause, details: { kind } });
  }
}
