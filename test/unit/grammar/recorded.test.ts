/** Every recorded query of the reference server that concerns the grammar: accepted, refused or reformatted. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../grammar/parse.ts';
import { ParseError } from '../../../grammar/parse-error.ts';
import { printOneLine, printQuery } from '../../../grammar/print.ts';

interface RecordedCase {
  readonly name: string;
  readonly request: { readonly path: string; readonly params?: Readonly<Record<string, unknown>> };
  readonly expect: { readonly status: number; readonly body?: unknown };
}

const FOLDER = new URL('../../conformance/cases/', import.meta.url);

function load(file: string): RecordedCase[] {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as RecordedCase[];
}

function messageOf(query: string): string {
  try {
    parseQuery(query);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message;
  }
}

const queryOf = ({ request }: RecordedCase): string => (request.params?.['query'] ?? '') as string;

describe('format_query', () => {
  const cases = load('format-query.json');
  it('has cases', () => expect(cases.length).toBeGreaterThan(30));
  it.each(cases.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    const body = recorded.expect.body as { readonly data?: string; readonly error?: string };
    if (body.error === undefined) expect(printQuery(parseQuery(queryOf(recorded)))).toBe(body.data);
    else expect(messageOf(queryOf(recorded))).toBe(body.error);
  });
});

describe('syntax errors', () => {
  // A message that names a stage comes from the run, not from the grammar.
  const cases = load('errors.json').filter(
    ({ request, expect: { body } }) =>
      typeof request.params?.['query'] === 'string' &&
      typeof body === 'string' &&
      /^parse error(?! : stage)/.test(body),
  );
  it('has cases', () => expect(cases.length).toBeGreaterThan(70));
  it.each(cases.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    expect(messageOf(queryOf(recorded))).toBe(recorded.expect.body);
  });
});

describe('queries that were answered', () => {
  const queries = new Set<string>();
  for (const file of readdirSync(FOLDER)) {
    if (file.startsWith('push')) continue;
    for (const recorded of load(file)) {
      if (recorded.expect.status === 200 && /\/query(_range)?$/.test(recorded.request.path))
        queries.add(queryOf(recorded));
    }
  }
  it('are all accepted', () => {
    expect(queries.size).toBeGreaterThan(500);
    expect([...queries].filter((query) => messageOf(query) !== 'accepted')).toEqual([]);
  });
  it('print and parse to the same text', () => {
    for (const query of queries) {
      const line = printOneLine(parseQuery(query));
      if (line !== 'NaN') expect(printOneLine(parseQuery(line))).toBe(line);
    }
  });
});
