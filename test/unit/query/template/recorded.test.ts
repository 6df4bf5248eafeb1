import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { unquoteString } from '../../../../grammar/literals.ts';
import { render, simpleLogfmt, templateRow } from '../../../support/template-row.ts';

// Recorded answers of Loki: the labels of a result are what line_format saw, the stored entry is the line it saw.

interface Recorded {
  readonly name: string;
  readonly request: { readonly params: { readonly query: string } };
  readonly expect: { readonly body: { readonly data: { readonly result: readonly RecordedStream[] } } };
}

interface RecordedStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [timestampNs: string, line: string])[];
}

interface Entry {
  readonly labels: Readonly<Record<string, string>>;
  readonly ts: bigint;
  readonly line: string;
  readonly meta?: Readonly<Record<string, string>>;
}

const kit = new URL('../../../conformance/', import.meta.url);
const { buildEntries } = (await import(new URL('dataset.mjs', kit).href)) as { buildEntries: () => readonly Entry[] };
const cases = JSON.parse(readFileSync(new URL('cases/formatting.json', kit), 'utf8')) as readonly Recorded[];

const entriesByTime = Map.groupBy(buildEntries(), (entry) => String(entry.ts));

/** The entry behind a recorded value: same time, and every stream label that the result still has is the same. */
function storedEntry(stream: Readonly<Record<string, string>>, timestampNs: string): Entry {
  const found = (entriesByTime.get(timestampNs) ?? []).filter(
    (entry) => entry.labels['app'] === stream['app'] && entry.labels['pod'] === stream['pod'],
  );
  expect(found, `entries at ${timestampNs}`).toHaveLength(1);
  return found[0] as Entry;
}

const STRING = /`[^`]*`|"(?:[^"\\]|\\.)*"/.source;
const LINE_FORMAT = new RegExp(`\\| line_format (${STRING})$`, 's');
const LABEL_ITEM = new RegExp(`(\\w+)=(${STRING})`, 'gs');

const lineCases = cases.filter((recorded) => LINE_FORMAT.test(recorded.request.params.query));
const labelCases = cases.filter((recorded) => /\| label_format [^|]*?=["`]/.test(recorded.request.params.query));

describe('line_format as recorded', () => {
  test('the recording was read', () => expect(lineCases.length).toBeGreaterThan(60));

  test.each(lineCases.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    const template = unquoteString(LINE_FORMAT.exec(recorded.request.params.query)?.[1] ?? '');
    let rows = 0;
    for (const { stream, values } of recorded.expect.body.data.result) {
      const { __error__: error, __error_details__: details, ...labels } = stream;
      for (const [timestampNs, output] of values) {
        const { line } = storedEntry(stream, timestampNs);
        const got = render(template, templateRow(labels, line, BigInt(timestampNs)));
        expect(got).toBe(error === undefined ? output : `error: ${details}`);
        if (error !== undefined) expect(output).toBe(line);
        rows++;
      }
    }
    expect(rows).toBeGreaterThan(0);
  });
});

describe('label_format as recorded', () => {
  test('the recording was read', () => expect(labelCases.length).toBeGreaterThan(8));

  test.each(labelCases.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    const { query } = recorded.request.params;
    const stage = query.slice(query.indexOf('| label_format') + 14);
    const isLogfmt = query.includes('| logfmt');
    let checked = 0;
    for (const { stream, values } of recorded.expect.body.data.result) {
      for (const [timestampNs] of values) {
        const entry = storedEntry(stream, timestampNs);
        const parsed = isLogfmt ? simpleLogfmt(entry.line) : {};
        const row = templateRow({ ...parsed, ...entry.labels, ...entry.meta }, entry.line, BigInt(timestampNs));
        for (const [, name = '', literal = ''] of stage.matchAll(LABEL_ITEM)) {
          if (/\|\s*$/.test(stage.slice(0, stage.indexOf(`${name}=${literal}`)))) continue; // a filter behind the stage
          const got = render(unquoteString(literal), row, 'label');
          expect(got).toBe(
            stream['__error__'] === undefined ? (stream[name] ?? '') : `error: ${stream['__error_details__']}`,
          );
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
});
