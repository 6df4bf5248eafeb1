import { createHash } from 'node:crypto';

/**
 * When groups are evaluated: every group has its own place within its interval, by a hash, so that they do not all come at once,
 * and the same place after a restart.
 */

/** Milliseconds into the interval at which a group has its turn. */
export function slotOffsetMs(tenant: string, key: string, intervalMs: number): number {
  const digest = createHash('sha256').update(tenant).update('\0').update(key).digest();
  return Number(digest.readBigUInt64BE(0) % BigInt(intervalMs));
}

/** The last slot at or before a time. */
export function slotAt(timeMs: number, intervalMs: number, offsetMs: number): number {
  return Math.floor((timeMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
}
