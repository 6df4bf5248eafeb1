/** Slow and obvious versions of the parsers, for comparison. They work on strings, the real ones on bytes. */

export type JsonDocument = readonly (readonly [string, JsonValue])[];
export type JsonValue =
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
  | { readonly kind: 'array'; readonly text: string }
  | { readonly kind: 'object'; readonly members: JsonDocument };

/** JSON text of a document, with `space` between all tokens. */
export function jsonText(document: JsonDocument, space: string): string {
  const members = document.map(
    ([key, value]) => `${space}${JSON.stringify(key)}${space}:${space}${valueText(value, space)}`,
  );
  return `{${members.join(`${space},`)}${space}}`;
}

function valueText(value: JsonValue, space: string): string {
  if (value.kind === 'scalar') return JSON.stringify(value.value);
  return value.kind === 'array' ? value.text : jsonText(value.members, space);
}

/** Labels of `| json`, no stream labels. */
export function jsonLabels(document: JsonDocument): Record<string, string> {
  const out = new Map<string, string>();
  collect(document, '', out);
  return Object.fromEntries([...out].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function collect(members: JsonDocument, prefix: string, out: Map<string, string>): void {
  for (const [key, value] of members) {
    const part = key.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, '').replace(/[^A-Za-z0-9_]/gu, '_');
    const name = part === '' ? prefix : prefix === '' ? part.replace(/^[0-9]/, '_$&') : `${prefix}_${part}`;
    if (value.kind === 'object') collect(value.members, name, out);
    if (value.kind !== 'scalar' || value.value === null || name === '' || out.has(name)) continue;
    out.set(
      name,
      typeof value.value === 'string' ? value.value.replaceAll('\ufffd', ' ') : JSON.stringify(value.value),
    );
  }
}

/** Labels of `| logfmt`, or the position (1-based) and text of the first error when strict. */
export function logfmtLabels(
  line: string,
  strict: boolean,
  keepEmpty: boolean,
): { labels: Record<string, string>; error?: string } {
  const labels: Record<string, string> = {};
  let rest = line;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = rest.slice(match[0].length);
    return match;
  };
  for (;;) {
    take(/^[\0-\x20]+/);
    if (rest === '') return { labels };
    const start = rest;
    const at = line.length - rest.length;
    const quoted = take(/^([^\0-\x20="]+)="((?:[^"\\]|\\[\s\S])*)"/);
    const plain =
      quoted ?? take(/^([^\0-\x20="]+)=([^\0-\x20="]*)(?=[\0-\x20]|$)/) ?? take(/^([^\0-\x20="]+)()(?=[\0-\x20]|$)/);
    const value = quoted === null ? plain?.[2] : resolveEscapes(quoted[2]!);
    if (plain !== null && value !== undefined) {
      const name = plain[1]!.replace(/^[0-9]/, '_$&').replace(/[^A-Za-z0-9_]/gu, '_');
      if ((value !== '' || keepEmpty) && !(name in labels)) labels[name] = value;
      continue;
    }
    if (strict) return { labels, error: logfmtError(start, at) };
    if (quoted === null && /^[^\0-\x20="]+="/.test(start)) return { labels };
    take(/^[^\0-\x20]+/);
  }
}

function logfmtError(rest: string, at: number): string {
  const message = (offset: number, text: string): string => `logfmt syntax error at pos ${at + offset + 1} : ${text}`;
  const key = /^[^\0-\x20="]*/.exec(rest)![0].length;
  if (rest[key] === '"') return message(key, "unexpected '\"'");
  if (key === 0) return message(0, "unexpected '='");
  if (rest[key + 1] !== '"') {
    const value = /^[^\0-\x20="]*/.exec(rest.slice(key + 1))![0].length;
    return message(key + 1 + value, `unexpected '${rest[key + 1 + value]}'`);
  }
  const quoted = /^"(?:[^"\\]|\\[\s\S])*"/.exec(rest.slice(key + 1));
  return quoted === null
    ? message(rest.length, 'unterminated quoted value')
    : message(key + 1 + quoted[0].length, 'invalid quoted value');
}

/** Escapes of logfmt in the words of JSON, which knows no `\'` and no raw tab. */
const AS_JSON: Readonly<Record<string, string>> = { '\t': '\\t', "\\'": "'", '\\\t': '\\?' };

function resolveEscapes(text: string): string | undefined {
  try {
    return JSON.parse(`"${text.replace(/\\[\s\S]|\t/g, (part) => AS_JSON[part] ?? part)}"`) as string;
  } catch {
    return undefined;
  }
}
