/**
 * Time. At the edges a moment is a `bigint` of nanoseconds since the Unix epoch. Inside a stored part every row belongs
 * to one UTC day, and its time is a float64 of nanoseconds from the start of that day: below 8.64e13, so exact.
 */

export const NS_PER_MS = 1_000_000n;
export const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_DAY = 86_400_000_000_000n;
export const NS_PER_DAY_NUMBER = 86_400_000_000_000;

/** Days since 1970-01-01 (floor, so it is right before the epoch too). */
export function dayOf(ns: bigint): number {
  const day = ns / NS_PER_DAY;
  return Number(ns % NS_PER_DAY < 0n ? day - 1n : day);
}

/** First nanosecond of a day. */
export function dayStartNs(day: number): bigint {
  return BigInt(day) * NS_PER_DAY;
}

/** `2026-11-23` */
export function dayName(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** A time range in nanoseconds; which ends are included is said where it is used. */
export interface TimeRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}
