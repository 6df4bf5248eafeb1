/**
 * A point in time with a zone, as Go's time.Time: civil fields from the year 1 on, nanoseconds, zone offset and name.
 */

const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;

/** Gives offset and short name at a moment. */
export interface GoZone {
  readonly name: string;
  /** @param unixSeconds moment in question @returns seconds east of UTC */
  offsetAt(unixSeconds: number): number;
  /** The abbreviation, e.g. `UTC`, `KST`, `+0530`. */
  nameAt(unixSeconds: number): string;
}

export const UTC: GoZone = { name: 'UTC', offsetAt: () => 0, nameAt: () => 'UTC' };

/** A zone with one offset. @param name printed for `MST`; "" prints the offset */
export function fixedZone(offsetSeconds: number, name = ''): GoZone {
  return { name, offsetAt: () => offsetSeconds, nameAt: () => (name === '' ? offsetText(offsetSeconds) : name) };
}

/** `+0900`, and hours alone where the minutes are zero: what Go prints for a zone without a name. */
function offsetText(offsetSeconds: number): string {
  const minutes = Math.trunc(Math.abs(offsetSeconds) / 60);
  const hours = String(Math.trunc(minutes / 60)).padStart(2, '0');
  const rest = minutes % 60;
  return `${offsetSeconds < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : String(rest).padStart(2, '0')}`;
}

const zones = new Map<string, GoZone>();
/** Names come from query text; the table of real zones has about 600. */
const MAX_CACHED_ZONES = 1_000;

/**
 * time.LoadLocation: a zone of the IANA database.
 *
 * @returns undefined if there is none of that name
 */
export function loadZone(name: string): GoZone | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (name.length > 64 || !/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(name)) return undefined;
  let fields: Intl.DateTimeFormat;
  let names: readonly Intl.DateTimeFormat[];
  try {
    fields = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    names = NAMING_LOCALES.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const zone = intlZone(name, fields, names);
  if (zones.size < MAX_CACHED_ZONES) zones.set(name, zone);
  return zone;
}

/** English of different places knows the abbreviations of different zones: PDT, CEST, AEST, IST, SAST. */
const NAMING_LOCALES: readonly string[] = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA'];

function intlZone(name: string, fields: Intl.DateTimeFormat, names: readonly Intl.DateTimeFormat[]): GoZone {
  const part = (format: Intl.DateTimeFormat, unixSeconds: number): string => {
    const ms = Math.max(-8.64e15, Math.min(8.64e15, unixSeconds * 1000));
    return format.formatToParts(ms).find((item) => item.type === 'timeZoneName')?.value ?? 'GMT';
  };
  const offsetAt = (unixSeconds: number): number => {
    const match = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(part(fields, unixSeconds));
    if (match === null) return 0;
    const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return match[1] === '-' ? -size : size;
  };
  const nameAt = (unixSeconds: number): string => {
    for (const format of names) {
      const text = part(format, unixSeconds);
      if (/^[A-Z]{3,5}$/.test(text)) return text;
    }
    return SHORT_NAMES.get(name) ?? offsetText(offsetAt(unixSeconds));
  };
  return { name, offsetAt, nameAt };
}

/** Zones whose abbreviation ICU has in no English locale. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['Asia/Seoul', 'KST'],
  ['Asia/Tokyo', 'JST'],
  ['Asia/Shanghai', 'CST'],
  ['Asia/Hong_Kong', 'HKT'],
  ['Asia/Taipei', 'CST'],
  ['Asia/Kolkata', 'IST'],
  ['Asia/Manila', 'PST'],
  ['Asia/Jakarta', 'WIB'],
  ['Asia/Karachi', 'PKT'],
  ['Africa/Johannesburg', 'SAST'],
  ['Africa/Lagos', 'WAT'],
  ['Africa/Nairobi', 'EAT'],
  ['Europe/Moscow', 'MSK'],
]);

/** Fields of a moment in its zone. */
export interface CivilTime {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 = Sunday */
  readonly weekday: number;
  /** 1..366 */
  readonly yearDay: number;
  /** seconds east of UTC */
  readonly offset: number;
  readonly zoneName: string;
}

/** Days since 1970-01-01 of a civil date, proleptic Gregorian; months beyond 1..12 carry into the year. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const monthIndex = month - 1;
  const y = year + Math.floor(monthIndex / 12);
  const m = (((monthIndex % 12) + 12) % 12) + 1;
  const shifted = m <= 2 ? y - 1 : y;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthPart = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthPart < 10 ? monthPart + 3 : monthPart - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * monthPart + 2) / 5) + 1 };
}

export class GoTime {
  readonly kind = 'time' as const;
  /** Nanoseconds since the Unix epoch, any size. */
  readonly ns: bigint;
  readonly zone: GoZone;

  constructor(ns: bigint, zone: GoZone = UTC) {
    this.ns = ns;
    this.zone = zone;
  }

  /** Whole seconds since the epoch, towards minus infinity. */
  unixSeconds(): bigint {
    return floorDiv(this.ns, NS_PER_SECOND);
  }

  civil(): CivilTime {
    const unix = Number(this.unixSeconds());
    const offset = this.zone.offsetAt(unix);
    const local = unix + offset;
    const days = Math.floor(local / SECONDS_PER_DAY);
    const rest = local - days * SECONDS_PER_DAY;
    const { year, month, day } = civilFromDays(days);
    return {
      year,
      month,
      day,
      hour: Math.floor(rest / 3600),
      minute: Math.floor(rest / 60) % 60,
      second: rest % 60,
      nanosecond: Number(this.ns - this.unixSeconds() * NS_PER_SECOND),
      weekday: (((days + 4) % 7) + 7) % 7,
      yearDay: days - daysFromCivil(year, 1, 1) + 1,
      offset,
      zoneName: this.zone.nameAt(unix),
    };
  }
}

/** Go's zero time: 0001-01-01 00:00:00 UTC. */
export const ZERO_TIME: GoTime = new GoTime(-62_135_596_800n * NS_PER_SECOND);

/** Division towards minus infinity; `divisor` above 0. */
export function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
