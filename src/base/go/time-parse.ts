import { daysFromCivil, fixedZone, GoTime, type GoZone, UTC } from './time.ts';
import { MONTHS, splitLayout, WEEKDAYS } from './time-layout.ts';

/** What a layout's fields gave so far. */
interface Fields {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon: boolean | undefined;
  zone: GoZone | undefined;
}

/**
 * time.ParseInLocation: reads text by a Go reference layout.
 *
 * @param zone used where the text names none
 * @returns undefined if the text does not fit or names no real date
 */
export function goTimeParse(layout: string, text: string, zone: GoZone = UTC): GoTime | undefined {
  const fields: Fields = {
    year: 0,
    month: 0,
    day: 0,
    yearDay: 0,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: undefined,
    zone: undefined,
  };
  let rest = text;
  const pieces = splitLayout(layout);
  for (const [index, piece] of pieces.entries()) {
    let after: string | undefined;
    if (piece.kind === 'text') after = skipText(rest, piece.text);
    else {
      const following = pieces[index + 1];
      const fractionFollows = following?.kind === 'field' && /^[.,][09]/.test(following.field);
      after = readField(fields, piece.field, rest, fractionFollows);
    }
    if (after === undefined) return undefined;
    rest = after;
  }
  return rest === '' ? assemble(fields, zone) : undefined;
}

/** Blanks in the layout match any number of blanks; all other text must be the same. */
function skipText(rest: string, text: string): string | undefined {
  let at = 0;
  for (const char of text) {
    if (char === ' ') {
      if (at < rest.length && rest[at] !== ' ') return undefined;
      while (rest[at] === ' ') at++;
    } else {
      if (!rest.startsWith(char, at)) return undefined;
      at += char.length;
    }
  }
  return rest.slice(at);
}

type NumberField = 'year' | 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second';

const NUMBERS: ReadonlyMap<string, readonly [NumberField, RegExp]> = new Map([
  ['2006', ['year', /^\d{4}/]],
  ['01', ['month', /^\d{2}/]],
  ['1', ['month', /^\d{1,2}/]],
  ['02', ['day', /^\d{2}/]],
  ['_2', ['day', /^ ?\d{1,2}/]],
  ['2', ['day', /^\d{1,2}/]],
  ['002', ['yearDay', /^\d{3}/]],
  ['__2', ['yearDay', /^ {0,2}\d{1,3}/]],
  ['15', ['hour', /^\d{1,2}/]],
  ['03', ['hour', /^\d{2}/]],
  ['3', ['hour', /^\d{1,2}/]],
  ['04', ['minute', /^\d{2}/]],
  ['4', ['minute', /^\d{1,2}/]],
  ['05', ['second', /^\d{2}/]],
  ['5', ['second', /^\d{1,2}/]],
]);

function readField(fields: Fields, field: string, rest: string, fractionFollows: boolean): string | undefined {
  const number = NUMBERS.get(field);
  if (number !== undefined) {
    const digits = number[1].exec(rest)?.[0];
    if (digits === undefined) return undefined;
    fields[number[0]] = Number(digits);
    // Zero here means "not given", so a written zero has to fail now.
    if ((number[0] === 'month' || number[0] === 'day' || number[0] === 'yearDay') && Number(digits) === 0)
      return undefined;
    const after = rest.slice(digits.length);
    // A fraction behind the seconds is read even where the layout has none.
    return number[0] === 'second' && !fractionFollows ? readFraction(fields, after, false) : after;
  }
  switch (field) {
    case '06': {
      const digits = /^\d{2}/.exec(rest)?.[0];
      if (digits === undefined) return undefined;
      fields.year = Number(digits) + (Number(digits) >= 69 ? 1900 : 2000);
      return rest.slice(2);
    }
    case 'January':
    case 'Jan': {
      const index = nameIndex(MONTHS, rest, field === 'Jan');
      if (index < 0) return undefined;
      fields.month = index + 1;
      return rest.slice(field === 'Jan' ? 3 : MONTHS[index]?.length);
    }
    case 'Monday':
    case 'Mon': {
      const index = nameIndex(WEEKDAYS, rest, field === 'Mon');
      return index < 0 ? undefined : rest.slice(field === 'Mon' ? 3 : WEEKDAYS[index]?.length);
    }
    case 'PM':
    case 'pm': {
      const half = rest.slice(0, 2);
      const [am, pm] = field === 'PM' ? ['AM', 'PM'] : ['am', 'pm'];
      if (half !== am && half !== pm) return undefined;
      fields.afternoon = half === pm;
      return rest.slice(2);
    }
    default:
      return field.startsWith('.') || field.startsWith(',')
        ? readFraction(fields, rest, field[1] === '0' ? field.length - 1 : false)
        : readZone(fields, field, rest);
  }
}

function nameIndex(names: readonly string[], rest: string, isShort: boolean): number {
  return names.findIndex((name) => {
    const wanted = isShort ? name.slice(0, 3) : name;
    return rest.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase();
  });
}

/** @param places exact number of digits asked for; false: as many as there are, perhaps none */
function readFraction(fields: Fields, rest: string, places: number | false): string | undefined {
  const digits = /^[.,](\d+)/.exec(rest)?.[1];
  if (digits === undefined) return places === false ? rest : undefined;
  if (places !== false && digits.length < places) return undefined;
  const used = places === false ? digits : digits.slice(0, places);
  fields.nanosecond = Number(used.slice(0, 9).padEnd(9, '0'));
  return rest.slice(used.length + 1);
}

function readZone(fields: Fields, field: string, rest: string): string | undefined {
  if (field === 'MST') {
    const name = /^(?:UTC|GMT[+-]\d{1,2}|[A-Z]{3,5}|[+-]\d{2}(?!\d))/.exec(rest)?.[0];
    if (name === undefined) return undefined;
    const hours = /[+-]\d{1,2}$/.exec(name)?.[0];
    // An abbreviation says nothing about the offset: Go takes it as zero.
    fields.zone = name === 'UTC' ? UTC : fixedZone(Number(hours ?? 0) * 3600, name);
    return rest.slice(name.length);
  }
  if (field.startsWith('Z') && rest.startsWith('Z')) {
    fields.zone = UTC;
    return rest.slice(1);
  }
  const colon = field.includes(':') ? ':' : '';
  const parts = /0000$|00:00$/.test(field) ? 3 : field.length > 3 ? 2 : 1;
  const pattern = ZONE_PATTERNS.get(`${parts}${colon}`);
  const match = pattern?.exec(rest);
  if (match === null || match === undefined) return undefined;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  fields.zone = seconds === 0 ? UTC : fixedZone(match[1] === '-' ? -seconds : seconds);
  return rest.slice(match[0].length);
}

const ZONE_PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  ['1', /^([+-])(\d{2})/],
  ['2', /^([+-])(\d{2})(\d{2})/],
  ['2:', /^([+-])(\d{2}):(\d{2})/],
  ['3', /^([+-])(\d{2})(\d{2})(\d{2})/],
  ['3:', /^([+-])(\d{2}):(\d{2}):(\d{2})/],
]);

function assemble(fields: Fields, zone: GoZone): GoTime | undefined {
  let { hour } = fields;
  if (fields.afternoon === true && hour < 12) hour += 12;
  else if (fields.afternoon === false && hour === 12) hour = 0;
  if (hour > 23 || fields.minute > 59 || fields.second > 59 || fields.month > 12) return undefined;
  const days = dayNumber(fields);
  if (days === undefined) return undefined;
  const local = days * 86_400 + hour * 3600 + fields.minute * 60 + fields.second;
  const used = fields.zone ?? zone;
  // The offset at the local time decides, then is looked up once more at the moment it leads to (changes of summer time).
  const guess = local - used.offsetAt(local);
  const unix = local - used.offsetAt(guess);
  return new GoTime(BigInt(unix) * 1_000_000_000n + BigInt(fields.nanosecond), used);
}

function dayNumber(fields: Fields): number | undefined {
  if (fields.yearDay > 0 && fields.month === 0) {
    const yearStart = daysFromCivil(fields.year, 1, 1);
    return yearStart + fields.yearDay > daysFromCivil(fields.year + 1, 1, 1)
      ? undefined
      : yearStart + fields.yearDay - 1;
  }
  const month = fields.month === 0 ? 1 : fields.month;
  const day = fields.day === 0 ? 1 : fields.day;
  const first = daysFromCivil(fields.year, month, 1);
  return first + day > daysFromCivil(fields.year, month + 1, 1) ? undefined : first + day - 1;
}
