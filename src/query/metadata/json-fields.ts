/** Most levels of nesting that are followed. */
const MAX_DEPTH = 128;

/** What a line that is a JSON object holds. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Numbers that print as they are written: up to 15 digits, no superfluous zero, no exponent. */
const PLAIN_NUMBER = /(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9])(?![\d.eE])/;
/** Any other number where the value of a key may stand; also finds some within texts, which does no harm. */
const OTHER_NUMBER = new RegExp(`:\\s*(?!${PLAIN_NUMBER.source})-?\\d[\\d.eE+-]*\\s*[,}]`);

/** Reads a line that is a JSON object; undefined when it is none. Numbers that are values of keys keep the text they came in. */
export function parseJsonObject(line: string): JsonObject | undefined {
  let value: unknown;
  try {
    // With a function the parser takes several times as long.
    value = OTHER_NUMBER.test(line) ? JSON.parse(line, numberAsWritten) : JSON.parse(line);
  } catch {
    // Not JSON: the caller tries logfmt.
    return undefined;
  }
  return isObject(value) ? value : undefined;
}

/** Numbers keep the text they came in, as with `| json`: an id may have more digits than a double holds. */
function numberAsWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? value) : value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The joined and cleaned name of a field. */
interface Name {
  readonly text: string;
  /** The last line that had it. */
  line: number;
}

/** A key at its place in JSON lines. */
interface Key {
  readonly name: Name;
  /** The keys that lead to it, and itself. */
  readonly path: readonly string[];
  readonly inner: Map<string, Key>;
}

/** Finds the fields of JSON lines. Most lines have the keys of those before: a name is cleaned and joined when its key is first met. */
export class JsonFields {
  readonly #root: Key;
  readonly #names = new Map<string, Name>();
  #line = 0;

  constructor() {
    this.#root = { name: this.#nameOf(''), path: [], inner: new Map() };
  }

  /** Calls `found` for the fields of a line. Arrays and nulls are skipped; the first of a name wins. */
  read(object: JsonObject, found: (name: string, value: string, path: readonly string[]) => void): void {
    this.#line++;
    this.#readObject(object, this.#root, found);
  }

  #readObject(
    object: JsonObject,
    parent: Key,
    found: (name: string, value: string, path: readonly string[]) => void,
  ): void {
    if (parent.path.length >= MAX_DEPTH) return;
    for (const text in object) {
      const value = object[text];
      const key = parent.inner.get(text) ?? this.#addKey(parent, text);
      const { name } = key;
      if (isObject(value)) this.#readObject(value, key, found);
      else if (value !== null && !Array.isArray(value) && name.text !== '' && name.line !== this.#line) {
        name.line = this.#line;
        found(name.text, String(value), key.path);
      }
    }
  }

  #addKey(parent: Key, text: string): Key {
    const prefix = parent.name.text;
    const cleaned = cleanName(text, prefix === '');
    const name = this.#nameOf(prefix === '' ? cleaned : `${prefix}_${cleaned}`);
    const key = { name, path: [...parent.path, text], inner: new Map<string, Key>() };
    parent.inner.set(text, key);
    return key;
  }

  #nameOf(text: string): Name {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = { text, line: 0 };
      this.#names.set(text, name);
    }
    return name;
  }
}

/** Label name of a key: one underscore per character that a label cannot hold, and before a leading digit. */
function cleanName(key: string, first: boolean): string {
  const trimmed = key.trim();
  const cleaned = trimmed.replace(/[^A-Za-z0-9_]/gu, '_');
  return first && /^\d/.test(trimmed) ? `_${cleaned}` : cleaned;
}
