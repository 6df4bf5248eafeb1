import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonParser } from '../../src/query/pipeline/parsers/json-parser.ts';
import { JsonPathParser } from '../../src/query/pipeline/parsers/json-paths.ts';
import { LogfmtParser } from '../../src/query/pipeline/parsers/logfmt-parser.ts';
import { UnpackParser } from '../../src/query/pipeline/parsers/unpack.ts';
import type { PipelineStage } from '../../src/query/pipeline/row/stage.ts';
import { type JsonDocument, type JsonValue, jsonLabels, jsonText, logfmtLabels } from '../support/parser-reference.ts';
import { makeRow, makeRowOfLabels, runStages } from '../support/pipeline-row.ts';

const key = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('a', 'a_b', ' a ', '1', ''),
);
const scalar: fc.Arbitrary<JsonValue> = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  )
  .map((value) => ({ kind: 'scalar', value }));
const array: fc.Arbitrary<JsonValue> = fc.json({ maxDepth: 2 }).map((text) => ({ kind: 'array', text: `[${text}]` }));
const { document } = fc.letrec<{ document: JsonDocument; value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    array,
    tie('document').map((members) => ({ kind: 'object' as const, members })),
  ),
  document: fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }),
}));
const space = fc.constantFrom('', ' ', '\n\t');

describe('json', () => {
  it('extracts what a walk over the document finds', () => {
    const parser = new JsonParser();
    fc.assert(
      fc.property(document, space, (doc, gap) => {
        expect(runStages(makeRow(jsonText(doc, gap)), parser)).toEqual(jsonLabels(doc));
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps the labels in front of a cut, and says that something is wrong', () => {
    const parser = new JsonParser();
    fc.assert(
      fc.property(document, fc.nat(), (doc, at) => {
        const bytes = Buffer.from(jsonText(doc, ''));
        const cut = bytes.subarray(0, at % bytes.length);
        const labels = runStages(makeRow(cut.toString('latin1')), parser) as Record<string, string>;
        expect(labels['__error__']).toBe('JSONParserErr');
      }),
    );
  });

  it('finds by path what it finds by walking', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        const parser = new JsonPathParser([
          { target: 'x', source: 'k[1]' },
          { target: 'y', source: 'k' },
        ]);
        expect(runStages(makeRow(`{"j":[],"k":[0,${text}],"l":1}`), parser)).toMatchObject({ y: `[0,${text}]` });
        const value: unknown = JSON.parse(text);
        const expected =
          typeof value === 'string' ? value.replaceAll('\ufffd', ' ') : value === null ? '' : text.trim();
        expect(runStages(makeRow(`{"j":[],"k":[0,${text}],"l":1}`), parser)).toMatchObject({ x: expected });
      }),
    );
  });
});

describe('logfmt', () => {
  const piece = fc.constantFrom(
    'a',
    'b1',
    '9',
    'é',
    '=',
    '=',
    '"',
    '"',
    '\\',
    '\\"',
    '\\n',
    ' ',
    ' ',
    '\t',
    'x=1',
    'y="z w"',
    '{}',
  );
  const line = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(''));

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('agrees with the reference, strict %s, keepEmpty %s', (strict, keepEmpty) => {
    const parser = new LogfmtParser({ strict, keepEmpty });
    fc.assert(
      fc.property(line, (text) => {
        const ascii = text.replaceAll('é', 'e');
        const { labels, error } = logfmtLabels(ascii, strict, keepEmpty);
        const failed = error === undefined ? {} : { __error__: 'LogfmtParserErr', __error_details__: error };
        expect(runStages(makeRow(ascii), parser)).toEqual({ ...labels, ...failed });
        const wide = logfmtLabels(text, false, keepEmpty).labels;
        expect(runStages(makeRow(text), new LogfmtParser({ strict: false, keepEmpty }))).toEqual(wide);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any bytes', () => {
  it('never make a parser throw, loop or read outside the line', () => {
    const stages: PipelineStage[] = [
      new JsonParser(),
      new UnpackParser(),
      new LogfmtParser({ strict: true, keepEmpty: true }),
      new JsonPathParser([{ target: 'x', source: 'a.b[0]' }]),
    ];
    const noise = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', 't', ' ', '\\u', '=', '\xff'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(noise, (parts) => {
        for (const stage of stages) {
          const row = makeRowOfLabels(parts.join(''), [], []);
          expect(stage.process(row)).toBe(true);
          expect(row.labels.result().join('')).not.toContain('#');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
