import { dayName } from '../model/time.ts';

/**
 * Keys of the index, as text ordered by bytes. Full page: docs/format/index-keys.md
 *
 *   m/version                        layout of the index, decimal
 *   m/checkpoint                     last WAL segment that is stored in segments, decimal
 *   n/<tenant>                       next stream id of the tenant, decimal
 *   s/<tenant>/<stream id>           labels of a stream, JSON array [name, value, ...]
 *   g/<tenant>/<day>/<segment>       summary of a segment, JSON object
 *   d/<tenant>/<day>/<segment>       directory of a segment, bytes of docs/format/segment.md
 */

/** Version of keys and values. */
export const INDEX_VERSION = 1;

export const VERSION_KEY = 'm/version';
export const CHECKPOINT_KEY = 'm/checkpoint';
export const NEXT_STREAM_PREFIX = 'n/';
export const STREAM_PREFIX = 's/';
export const SEGMENT_PREFIX = 'g/';
export const DIRECTORY_PREFIX = 'd/';

/** Hexadecimal digits of a stream id, so that text order is number order. */
const STREAM_ID_DIGITS = 8;

export function nextStreamKey(tenant: string): string {
  return NEXT_STREAM_PREFIX + escapePart(tenant);
}

export function streamKey(tenant: string, streamId: number): string {
  return `${STREAM_PREFIX}${escapePart(tenant)}/${streamId.toString(16).padStart(STREAM_ID_DIGITS, '0')}`;
}

/** @param day UTC day number; days before 1970 are fine, so is every day that nanoseconds of 64 bits can name */
export function segmentKey(tenant: string, day: number, name: string): string {
  return `${SEGMENT_PREFIX}${escapePart(tenant)}/${dayName(day)}/${escapePart(name)}`;
}

export function directoryKey(tenant: string, day: number, name: string): string {
  return `${DIRECTORY_PREFIX}${escapePart(tenant)}/${dayName(day)}/${escapePart(name)}`;
}

/** Tenant and stream id of a stream key; undefined when the key is damaged. */
export function parseStreamKey(key: string): { tenant: string; streamId: number } | undefined {
  const cut = key.lastIndexOf('/');
  const tenant = unescapePart(key.slice(STREAM_PREFIX.length, cut));
  const streamId = Number(`0x${key.slice(cut + 1)}`);
  if (!Number.isSafeInteger(streamId) || tenant === undefined || streamKey(tenant, streamId) !== key) return undefined;
  return { tenant, streamId };
}

/** Tenant of a next-stream key; undefined when the key is damaged. */
export function parseNextStreamKey(key: string): string | undefined {
  return unescapePart(key.slice(NEXT_STREAM_PREFIX.length));
}

/** End of the range of keys that begin with `prefix`: its last character, always `/`, counted up by one. */
export function prefixEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

/** Keeps `/` for the structure of keys: it and `%` become `%2F` and `%25` inside a part. */
function escapePart(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function unescapePart(text: string): string | undefined {
  if (text.includes('/')) return undefined;
  return text.replaceAll('%2F', '/').replaceAll('%25', '%');
}
