/**
 * Go's reference layouts (`2006-01-02 15:04:05`), cut into literal text and fields.
 */

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const WEEKDAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

/** A piece of a layout: text between fields, or one field named by its reference spelling (`.000`: fraction). */
export type LayoutPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: string };

// Longest first where one spelling starts another.
const FIELDS: readonly string[] = [
  'January',
  'Monday',
  'Z07:00:00',
  '-07:00:00',
  'Z070000',
  '-070000',
  'Z07:00',
  '-07:00',
  'Z0700',
  '-0700',
  '_2006',
  '2006',
  'Z07',
  '-07',
  'Jan',
  'Mon',
  'MST',
  '__2',
  '002',
  '_2',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '15',
  'PM',
  'pm',
  '1',
  '2',
  '3',
  '4',
  '5',
];

/** Layouts are constants of a query: each is cut once. A label as layout must not fill the memory. */
const MAX_CACHED_LAYOUTS = 100;
const cutLayouts = new Map<string, readonly LayoutPiece[]>();

/** Cuts a layout into pieces; linear in its length. */
export function splitLayout(layout: string): readonly LayoutPiece[] {
  const known = cutLayouts.get(layout);
  if (known !== undefined) return known;
  const pieces = cutLayout(layout);
  if (cutLayouts.size >= MAX_CACHED_LAYOUTS) cutLayouts.clear();
  cutLayouts.set(layout, pieces);
  return pieces;
}

function cutLayout(layout: string): LayoutPiece[] {
  const pieces: LayoutPiece[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
  };
  for (let at = 0; at < layout.length; ) {
    const field = fieldAt(layout, at);
    if (field === undefined) {
      text += layout[at];
      at++;
      continue;
    }
    if (field === '_2006') {
      // An underscore before the long year is text.
      text += '_';
      at++;
      continue;
    }
    flush();
    pieces.push({ kind: 'field', field });
    at += field.length;
  }
  flush();
  return pieces;
}

function fieldAt(layout: string, at: number): string | undefined {
  const first = layout[at] as string;
  if ((first === '.' || first === ',') && (layout[at + 1] === '0' || layout[at + 1] === '9')) {
    let end = at + 1;
    while (layout[end] === layout[at + 1]) end++;
    const next = layout[end];
    // ".00" before another digit is not a fraction.
    return next !== undefined && next >= '0' && next <= '9' ? undefined : layout.slice(at, end);
  }
  for (const field of FIELDS) {
    if (!layout.startsWith(field, at)) continue;
    // "Jan" and "Mon" inside a lower-case word are text ("Month", "Janitor").
    const next = layout[at + 3];
    if ((field === 'Jan' || field === 'Mon') && next !== undefined && next >= 'a' && next <= 'z') continue;
    return field;
  }
  return undefined;
}
