import { type CivilTime, GoTime, type GoZone, UTC } from './time.ts';
import { MONTHS, splitLayout, WEEKDAYS } from './time-layout.ts';

/** How Go prints a time.Time without a layout. */
const DEFAULT_TIME_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';

/**
 * time.Format of a moment.
 *
 * @param ns nanoseconds since the epoch
 * @param layout Go reference layout
 */
export function goTimeFormat(ns: bigint, layout: string, zone: GoZone = UTC): string {
  return formatTime(new GoTime(ns, zone), layout);
}

/** time.Time.Format. */
export function formatTime(time: GoTime, layout: string): string {
  const civil = time.civil();
  let out = '';
  for (const piece of splitLayout(layout)) out += piece.kind === 'text' ? piece.text : formatField(civil, piece.field);
  return out;
}

/** time.Time.String. */
export function timeText(time: GoTime): string {
  return formatTime(time, DEFAULT_TIME_LAYOUT);
}

function pad(value: number, width: number, fill = '0'): string {
  const text = String(Math.abs(value)).padStart(width, fill);
  return value < 0 ? `-${text}` : text;
}

function formatField(civil: CivilTime, field: string): string {
  switch (field) {
    case '2006':
      return pad(civil.year, 4);
    case '06':
      return pad(Math.abs(civil.year) % 100, 2);
    case 'January':
      return MONTHS[civil.month - 1] ?? '';
    case 'Jan':
      return (MONTHS[civil.month - 1] ?? '').slice(0, 3);
    case '01':
      return pad(civil.month, 2);
    case '1':
      return String(civil.month);
    case 'Monday':
      return WEEKDAYS[civil.weekday] ?? '';
    case 'Mon':
      return (WEEKDAYS[civil.weekday] ?? '').slice(0, 3);
    case '02':
      return pad(civil.day, 2);
    case '_2':
      return pad(civil.day, 2, ' ');
    case '2':
      return String(civil.day);
    case '002':
      return pad(civil.yearDay, 3);
    case '__2':
      return pad(civil.yearDay, 3, ' ');
    default:
      return formatClock(civil, field);
  }
}

function formatClock(civil: CivilTime, field: string): string {
  const hour12 = civil.hour % 12 === 0 ? 12 : civil.hour % 12;
  switch (field) {
    case '15':
      return pad(civil.hour, 2);
    case '03':
      return pad(hour12, 2);
    case '3':
      return String(hour12);
    case '04':
      return pad(civil.minute, 2);
    case '4':
      return String(civil.minute);
    case '05':
      return pad(civil.second, 2);
    case '5':
      return String(civil.second);
    case 'PM':
      return civil.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return civil.hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return civil.zoneName;
    default:
      return field.startsWith('.') || field.startsWith(',')
        ? fraction(civil.nanosecond, field)
        : offset(civil.offset, field);
  }
}

function fraction(nanosecond: number, field: string): string {
  const places = field.length - 1;
  const digits = pad(nanosecond, 9).padEnd(places, '0').slice(0, places);
  if (field[1] === '0') return field[0] + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : field[0] + trimmed;
}

function offset(seconds: number, field: string): string {
  if (field.startsWith('Z') && seconds === 0) return 'Z';
  const size = Math.abs(seconds);
  const parts = [pad(Math.floor(size / 3600), 2)];
  if (field.length > 3) parts.push(pad(Math.floor(size / 60) % 60, 2));
  if (/0000|00:00/.test(field)) parts.push(pad(size % 60, 2));
  return (seconds < 0 ? '-' : '+') + parts.join(field.includes(':') ? ':' : '');
}
