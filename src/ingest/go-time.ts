import { LogError } from '../base/errors.ts';

/** Times in the words of messages that clients know. A time is whole seconds since the epoch and nanoseconds. */

function iso(seconds: number): string {
  if (Math.abs(seconds) > 8e12) throw new LogError('INTERNAL', `time out of range: ${seconds} s`);
  return new Date(seconds * 1000).toISOString();
}

/** RFC 3339 in UTC, whole seconds: `2026-11-23T19:59:11Z`. */
export function formatRfc3339Seconds(seconds: number): string {
  return `${iso(seconds).slice(0, -5)}Z`;
}

/** As Go prints a time: `2026-11-23 19:59:11.451349811 +0000 UTC`, trailing zeros of the fraction cut. */
export function formatGoTime(seconds: number, nanos: number): string {
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${iso(seconds).slice(0, -5).replace('T', ' ')}${fraction} +0000 UTC`;
}
