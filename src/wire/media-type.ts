import { LogError } from '../base/errors.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*/;

function invalid(text: string): LogError {
  return new LogError('PUSH_DECODE', `mime: ${text}`, { status: 400 });
}

/**
 * Media type of a Content-Type header in lower case, without parameters.
 *
 * @throws LogError PUSH_DECODE in the words of Go's mime package
 */
export function parseMediaType(header: string | undefined): string {
  const base = (header ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const type = TOKEN.exec(base)![0];
  if (type === '') throw invalid('no media type');
  const rest = base.slice(type.length);
  if (rest === '') return base;
  if (!rest.startsWith('/')) throw invalid('expected slash after first token');
  const subtype = TOKEN.exec(rest.slice(1))![0];
  if (subtype === '') throw invalid('expected token after slash');
  if (subtype.length + 1 < rest.length) throw invalid('unexpected content after media subtype');
  return base;
}
