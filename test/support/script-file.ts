import { readFileSync } from 'node:fs';
import type { Matcher } from '../../grammar/ast.ts';
import { parseSelector } from '../../grammar/parse.ts';

/** Reads the test language of test/scripts/README.md. */

export type EvalKind = 'log' | 'lines' | 'instant' | 'range' | 'format';

export interface ScriptEval {
  readonly kind: EvalKind;
  readonly query: string;
  readonly options: Readonly<Record<string, string>>;
  /** 1-based line of the `eval`. */
  readonly lineNumber: number;
  /** Lines `expectFrom .. expectTo` (0-based, end not included) of the file hold the expectation. */
  readonly expectFrom: number;
  readonly expectTo: number;
  readonly expected: readonly string[];
}

export interface ScriptRow {
  readonly timeNs: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ScriptStream {
  readonly labels: Readonly<Record<string, string>>;
  readonly rows: ScriptRow[];
}

/** A `load` and the evals that follow it: a tenant of its own. */
export interface ScriptSection {
  readonly switches: ReadonlySet<string>;
  readonly streams: ScriptStream[];
  readonly evals: ScriptEval[];
}

export interface ScriptFile {
  readonly lines: readonly string[];
  readonly sections: readonly ScriptSection[];
}

/** What a `load` can switch on. */
const SWITCHES: ReadonlySet<string> = new Set(['levels', 'service-name', 'variants']);
const KINDS: ReadonlySet<string> = new Set(['log', 'lines', 'instant', 'range', 'format']);
const OPTIONS: ReadonlySet<string> = new Set([
  ...['start', 'end', 'step', 'time', 'limit', 'direction', 'interval', 'categorize'],
]);
const INDENT = '  ';
const CONTINUATION = '  ... ';

/** Midnight, so that rows before second 0 lie in another day (and hour) than rows after it. */
export const SCRIPT_BASE_NS: bigint = 1_699_920_000_000_000_000n;

/** @throws Error with the line number for anything that is not in the language */
export function readScript(path: string | URL): ScriptFile {
  return new ScriptParser(readFileSync(path, 'utf8').split('\n')).parse();
}

/** Nanoseconds of a decimal number of seconds, exactly. */
export function secondsNs(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) throw new Error(`not a number of seconds: ${text}`);
  const ns = BigInt(match[2]!) * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  return match[1] === '-' ? -ns : ns;
}

class ScriptParser {
  readonly #lines: readonly string[];
  readonly #sections: ScriptSection[] = [];
  readonly #lets = new Map<string, string>();
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  parse(): ScriptFile {
    while (this.#at < this.#lines.length) {
      const line = this.#lines[this.#at]!;
      const word = /^\S+/.exec(line)?.[0] ?? '';
      if (line.trim() === '' || line.startsWith('#')) this.#at++;
      else if (word === 'let') this.#let(line);
      else if (word === 'load') this.#load(line);
      else if (word === 'eval') this.#eval(line);
      else this.#fail('expected load, eval, let or a comment');
    }
    return { lines: this.#lines, sections: this.#sections };
  }

  #fail(text: string): never {
    throw new Error(`line ${this.#at + 1}: ${text}: ${this.#lines[this.#at]}`);
  }

  #let(line: string): void {
    const match = /^let ([A-Z][A-Za-z]*) = (.+)$/.exec(line) ?? this.#fail('expected let NAME = TEXT');
    this.#lets.set(match[1]!, this.#expand(match[2]!));
    this.#at++;
  }

  #expand(text: string): string {
    return text.replaceAll(/\$([A-Z][A-Za-z]*)/g, (whole, name: string) => this.#lets.get(name) ?? whole);
  }

  #load(line: string): void {
    const switches = new Set(line.split(/\s+/).slice(1));
    for (const name of switches) if (!SWITCHES.has(name)) this.#fail(`no such switch: ${name}`);
    const section: ScriptSection = { switches, streams: [], evals: [] };
    this.#sections.push(section);
    for (this.#at++; this.#lines[this.#at]?.startsWith(INDENT) === true; this.#at++) {
      const text = this.#lines[this.#at]!.trim();
      if (text.startsWith('{')) section.streams.push({ labels: this.#labels(text), rows: [] });
      else (section.streams.at(-1) ?? this.#fail('rows need a stream')).rows.push(...this.#rows(text));
    }
  }

  #labels(text: string): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const { name, op, value } of this.#matchers(text)) {
      if (op !== '=') this.#fail('a stream has only a="b"');
      labels[name] = value;
    }
    return labels;
  }

  #matchers(text: string): readonly Matcher[] {
    try {
      return parseSelector(text);
    } catch (error) {
      return this.#fail((error as Error).message);
    }
  }

  /** `1 "line"`, `1..5 "line"` (one row a second), `1 "line" {"name":"value"}`; the line can stand in backquotes. */
  #rows(text: string): ScriptRow[] {
    const match = /^(-?[\d.]*?\d)(?:\.\.(\d+))? ("(?:[^"\\]|\\.)*"|`[^`]*`)(?: (\{.*\}))?$/.exec(text);
    const [, first, last, quoted, metadata] = match ?? this.#fail('expected TIME "line" {"name":"value"}');
    const line = quoted!.startsWith('`') ? quoted!.slice(1, -1) : (JSON.parse(quoted!) as string);
    const meta = JSON.parse(metadata ?? '{}') as Record<string, string>;
    const times = [secondsNs(first!)];
    if (last !== undefined) for (let s = Number(first) + 1; s <= Number(last); s++) times.push(secondsNs(String(s)));
    return times.map((time) => ({ timeNs: SCRIPT_BASE_NS + time, line, metadata: meta }));
  }

  #eval(line: string): void {
    const lineNumber = this.#at + 1;
    const section = this.#sections.at(-1) ?? this.#fail('eval before the first load');
    const [, kind = '', rest = ''] = /^eval (\S+) (.*)$/.exec(line) ?? this.#fail('expected eval KIND QUERY');
    if (!KINDS.has(kind)) this.#fail(`no such kind: ${kind}`);
    const options: Record<string, string> = {};
    let query = rest;
    for (let found = /^([a-z]+)=(\S+) +/.exec(query); found !== null; found = /^([a-z]+)=(\S+) +/.exec(query)) {
      if (!OPTIONS.has(found[1]!)) this.#fail(`no such option: ${found[1]}`);
      options[found[1]!] = found[2]!;
      query = query.slice(found[0].length);
    }
    for (this.#at++; this.#lines[this.#at]?.startsWith(CONTINUATION) === true; this.#at++) {
      query += `\n${this.#lines[this.#at]!.slice(CONTINUATION.length)}`;
    }
    const expectFrom = this.#at;
    while (this.#lines[this.#at]?.startsWith(INDENT) === true) this.#at++;
    const expected = this.#lines.slice(expectFrom, this.#at).map((one) => one.slice(INDENT.length));
    const place = { lineNumber, expectFrom, expectTo: this.#at, expected };
    section.evals.push({ kind: kind as EvalKind, query: this.#expand(query), options, ...place });
  }
}

/** The text of a script with other expectations: `answers` by line number of the eval. */
export function rewriteScript(file: ScriptFile, answers: ReadonlyMap<number, readonly string[]>): string {
  const out: string[] = [];
  let at = 0;
  for (const one of file.sections.flatMap(({ evals }) => evals)) {
    out.push(...file.lines.slice(at, one.expectFrom));
    out.push(...(answers.get(one.lineNumber) ?? one.expected).map((line) => `${INDENT}${line}`));
    at = one.expectTo;
  }
  return [...out, ...file.lines.slice(at)].join('\n');
}
