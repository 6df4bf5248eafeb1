import { cleanText, sliceCleanText, sliceText } from '../text/byte-text.ts';
import { unescapeJson } from './json-scanner.ts';

const QUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** What `next` came upon. */
export type LogfmtToken = 'pair' | 'bad' | 'end';

/**
 * Walks the `key=value` pairs of a line. After `next` returned `pair` the ranges of key and value are set; after `bad`
 * the error is. One object per stage, pointed at each line by `begin`.
 */
export class LogfmtScanner {
  bytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** The value stood in quotes that hold an escape. */
  escaped = false;
  /** What is wrong, as Loki words it, and the 0-based position in the line. */
  error = '';
  errorAt = 0;
  #start = 0;
  #at = 0;
  #end = 0;

  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.#start = start;
    this.#at = start;
    this.#end = end;
  }

  next(): LogfmtToken {
    const bytes = this.bytes;
    const end = this.#end;
    let at = this.#at;
    while (at < end && bytes[at]! <= 0x20) at++;
    if (at >= end) return 'end';
    this.keyStart = at;
    let high = 0;
    for (; at < end; at++) {
      const c = bytes[at]!;
      if (c <= 0x20 || c === EQUALS || c === QUOTE) break;
      high |= c;
    }
    const stop = at < end ? bytes[at]! : 0;
    if (stop === QUOTE) return this.#bad("unexpected '\"'", at);
    if (at === this.keyStart) return this.#bad("unexpected '='", at);
    if (high > 0x7f && sliceText(bytes, this.keyStart, at).includes('\ufffd')) return this.#bad('invalid key', at);
    this.keyEnd = at;
    this.escaped = false;
    this.valueStart = at;
    this.valueEnd = at;
    if (stop === EQUALS) return this.#value(at + 1);
    this.#at = at;
    return 'pair';
  }

  /** Value text; call only after `pair`. */
  value(): string {
    if (!this.escaped) return sliceCleanText(this.bytes, this.valueStart, this.valueEnd);
    return cleanText(unescapeJson(sliceText(this.bytes, this.valueStart, this.valueEnd), "'") ?? '');
  }

  /** Leaves a bad pair: goes on behind the next white space. */
  skipBad(): void {
    const end = this.#end;
    let at = this.#at;
    while (at < end && this.bytes[at]! > 0x20) at++;
    this.#at = at;
  }

  #value(at: number): LogfmtToken {
    const bytes = this.bytes;
    const end = this.#end;
    if (at < end && bytes[at] === QUOTE) return this.#quoted(at + 1);
    this.valueStart = at;
    for (; at < end; at++) {
      const c = bytes[at]!;
      if (c <= 0x20) break;
      if (c === EQUALS) return this.#bad("unexpected '='", at);
      if (c === QUOTE) return this.#bad("unexpected '\"'", at);
    }
    this.valueEnd = at;
    this.#at = at;
    return 'pair';
  }

  #quoted(at: number): LogfmtToken {
    const bytes = this.bytes;
    const end = this.#end;
    this.valueStart = at;
    for (; at < end; at++) {
      const c = bytes[at]!;
      if (c === QUOTE) break;
      if (c === BACKSLASH) {
        this.escaped = true;
        at++;
      }
    }
    if (at >= end) return this.#bad('unterminated quoted value', end);
    this.valueEnd = at;
    this.#at = at + 1;
    if (this.escaped && unescapeJson(sliceText(bytes, this.valueStart, at), "'") === undefined) {
      return this.#bad('invalid quoted value', at + 1);
    }
    return 'pair';
  }

  #bad(error: string, at: number): LogfmtToken {
    this.error = error;
    this.errorAt = at - this.#start;
    this.#at = at;
    return 'bad';
  }
}
