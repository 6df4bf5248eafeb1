// One name becomes one text again and again, so results are kept; bounded, because names come from clients.
const MAX_CACHED_NAMES = 10_000;
const cache = new Map<string, string | undefined>();

/**
 * A metadata or attribute name as a label name: characters outside `[A-Za-z0-9_]` become `_`, a leading digit gets
 * `key_` and a single leading underscore `key` in front.
 *
 * @returns undefined when the name is empty, or turns into underscores only without having been so
 */
export function normalizeLabelName(name: string): string | undefined {
  if (cache.has(name)) return cache.get(name);
  const result = normalize(name);
  if (cache.size >= MAX_CACHED_NAMES) cache.clear();
  if (name.length <= 256) cache.set(name, result);
  return result;
}

/** What `normalizeLabelName` would have made of a name it refused, for the error text. */
export function invalidNameText(name: string): string {
  return name === '' ? '' : [...name].map(() => '_').join('');
}

function normalize(name: string): string | undefined {
  if (name === '') return undefined;
  let out = '';
  let onlyUnderscores = true;
  for (const char of name) {
    const clean = isNameCode(char.charCodeAt(0)) && char.length === 1 ? char : '_';
    if (clean !== '_') onlyUnderscores = false;
    out += clean;
  }
  if (onlyUnderscores) return out === name ? name : undefined;
  if (isDigit(out.charCodeAt(0))) return `key_${out}`;
  if (out.startsWith('_') && !out.startsWith('__')) return `key${out}`;
  return out;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNameCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || isDigit(code);
}
