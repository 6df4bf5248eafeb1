import { LogError } from '../../base/errors.ts';
import type { ByteWriter } from '../byte-writer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Walks JSON text as bytes, without building values: what push bodies need, where lines should stay ranges of the body.
 * It accepts what Loki accepts, and is lenient about values that nobody reads.
 */
export class JsonScanner {
  readonly bytes: Buffer;
  at = 0;
  /** Content of the last string read, without its quotes. */
  stringStart = 0;
  stringEnd = 0;
  /** The last string read holds a backslash, so it must go through `unescape`. */
  escaped = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  fail(expected: string): LogError {
    const byte = this.bytes[this.at];
    const found = byte === undefined ? 'the end of the body' : JSON.stringify(String.fromCharCode(byte));
    return new LogError('PUSH_DECODE', `malformed JSON: expected ${expected} at byte ${this.at}, found ${found}`, {
      status: 400,
    });
  }

  /** Skips white space and returns the next byte without taking it; -1 at the end. */
  peek(): number {
    const bytes = this.bytes;
    for (;;) {
      const byte = bytes[this.at];
      if (byte === undefined) return -1;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
  }

  /** Takes the next byte if it is `byte`. */
  takes(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  expect(byte: number): void {
    if (!this.takes(byte)) throw this.fail(`"${String.fromCharCode(byte)}"`);
  }

  /** Takes `null` if it is next. */
  takesNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#literal('null');
    return true;
  }

  /** Reads a string; its content is then `[stringStart, stringEnd)`. */
  readString(): void {
    this.expect(QUOTE);
    const bytes = this.bytes;
    const end = bytes.length;
    let at = this.at;
    this.stringStart = at;
    this.escaped = false;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.stringEnd = at;
        this.at = at + 1;
        return;
      }
      if (byte === BACKSLASH) {
        this.escaped = true;
        at++;
      }
      at++;
    }
    this.at = end;
    throw this.fail('the end of a string');
  }

  /** The last string read is exactly this ASCII text. */
  stringIs(text: string): boolean {
    if (this.stringEnd - this.stringStart !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.bytes[this.stringStart + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Text of the last string read. */
  stringText(): string {
    if (!this.escaped) return this.bytes.utf8Slice(this.stringStart, this.stringEnd);
    const text = this.#parseQuoted();
    if (!text.isWellFormed()) throw this.#loneSurrogate();
    return text;
  }

  #parseQuoted(): string {
    try {
      return JSON.parse(this.bytes.utf8Slice(this.stringStart - 1, this.stringEnd + 1)) as string;
    } catch (cause) {
      throw new LogError('PUSH_DECODE', `malformed JSON: bad string at byte ${this.stringStart}`, {
        status: 400,
        cause,
      });
    }
  }

  #loneSurrogate(): LogError {
    return new LogError('PUSH_DECODE', `malformed JSON: lone surrogate in the string at byte ${this.stringStart}`, {
      status: 400,
    });
  }

  /** Writes the last string read, unescaped, as UTF-8. */
  unescapeInto(out: ByteWriter): void {
    const bytes = this.bytes;
    const end = this.stringEnd;
    // Unescaped text is never longer.
    out.reserve(end - this.stringStart);
    const to = out.bytes;
    let write = out.length;
    let at = this.stringStart;
    while (at < end) {
      const byte = bytes[at++]!;
      if (byte !== BACKSLASH) {
        to[write++] = byte;
        continue;
      }
      const letter = bytes[at++]!;
      if (letter !== 0x75) {
        to[write++] = this.#simpleEscape(letter);
        continue;
      }
      let code = this.#hex4(at, end);
      at += 4;
      if (code >= 0xd800 && code <= 0xdfff) {
        if (code >= 0xdc00 || bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x75) throw this.#loneSurrogate();
        const second = this.#hex4(at + 2, end);
        if (second < 0xdc00 || second > 0xdfff) throw this.#loneSurrogate();
        at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
      }
      write = writeCodePoint(code, to, write);
    }
    out.length = write;
  }

  #simpleEscape(letter: number): number {
    switch (letter) {
      case 0x6e:
        return 0x0a;
      case 0x74:
        return 0x09;
      case 0x72:
        return 0x0d;
      case 0x62:
        return 0x08;
      case 0x66:
        return 0x0c;
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
        return letter;
      default:
        throw new LogError('PUSH_DECODE', `malformed JSON: bad escape in the string at byte ${this.stringStart}`, {
          status: 400,
        });
    }
  }

  #hex4(start: number, end: number): number {
    let value = 0;
    for (let i = start; i < start + 4; i++) {
      const digit = i < end ? hexDigit(this.bytes[i]!) : -1;
      if (digit < 0) {
        throw new LogError('PUSH_DECODE', `malformed JSON: bad escape in the string at byte ${this.stringStart}`, {
          status: 400,
        });
      }
      value = value * 16 + digit;
    }
    return value;
  }

  /** Source text of a number, `true`, `false` or `null`. */
  readScalarText(): string {
    const first = this.peek();
    if (first === 0x74) return this.#literal('true');
    if (first === 0x66) return this.#literal('false');
    if (first === 0x6e) return this.#literal('null');
    const start = this.at;
    while (isNumberByte(this.bytes[this.at] ?? 0)) this.at++;
    const text = this.bytes.latin1Slice(start, this.at);
    if (text === '' || !Number.isFinite(Number(text))) throw this.fail('a value');
    return text;
  }

  #literal(text: string): string {
    for (let i = 0; i < text.length; i++) if (this.bytes[this.at + i] !== text.charCodeAt(i)) throw this.fail(text);
    this.at += text.length;
    return text;
  }

  /** Skips one value of any kind; nesting costs no stack. */
  skipValue(): void {
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === QUOTE) this.readString();
      else if (byte === 0x7b || byte === 0x5b) {
        depth++;
        this.at++;
      } else if (byte === 0x7d || byte === 0x5d) {
        if (depth === 0) throw this.fail('a value');
        depth--;
        this.at++;
      } else if (depth > 0 && (byte === 0x2c || byte === 0x3a)) this.at++;
      else this.readScalarText();
    } while (depth > 0);
  }

  /**
   * Walks the members of an object whose `{` is next: call until it returns false; after true the key is the last string
   * read and its value is next.
   *
   * @param first true for the first call
   */
  nextMember(first: boolean): boolean {
    if (first) {
      this.expect(0x7b);
      if (this.takes(0x7d)) return false;
    } else if (!this.takes(0x2c)) {
      this.expect(0x7d);
      return false;
    }
    this.readString();
    this.expect(0x3a);
    return true;
  }

  /** Walks the elements of an array as `nextMember` walks members. */
  nextElement(first: boolean): boolean {
    if (first) {
      this.expect(0x5b);
      return !this.takes(0x5d);
    }
    if (this.takes(0x2c)) return true;
    this.expect(0x5d);
    return false;
  }
}

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45
  );
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function writeCodePoint(code: number, to: Uint8Array, start: number): number {
  let at = start;
  if (code < 0x80) to[at++] = code;
  else if (code < 0x800) {
    to[at++] = 0xc0 | (code >> 6);
    to[at++] = 0x80 | (code & 0x3f);
  } else {
    if (code < 0x10000) to[at++] = 0xe0 | (code >> 12);
    else {
      to[at++] = 0xf0 | (code >> 18);
      to[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    to[at++] = 0x80 | ((code >> 6) & 0x3f);
    to[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
