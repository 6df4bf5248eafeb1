import { describe, expect, it } from 'vitest';
import type { Predicate } from '../../../../src/query/pipeline/filters/label-filter.ts';
import { JsonParser } from '../../../../src/query/pipeline/parsers/json-parser.ts';
import { JSON_ERRORS } from '../../../../src/query/pipeline/parsers/json-scanner.ts';
import { makeRow, runStages } from '../../../support/pipeline-row.ts';

const json = (line: string, stream = {}, metadata = {}) => runStages(makeRow(line, stream, metadata), new JsonParser());
const broken = (details: string, labels = {}) => ({
  __error__: 'JSONParserErr',
  __error_details__: details,
  ...labels,
});

describe('json', () => {
  it('flattens objects, leaves out arrays and null, keeps the text of numbers', () => {
    const line = '{"x":{"y z":{"1":true}},"n":null,"arr":[1],"e":"","num":1.50,"a":"p"}';
    expect(json(line, { a: 'b' })).toEqual({ a: 'b', a_extracted: 'p', e: '', num: '1.50', x_y_z_1: 'true' });
  });

  it('takes the first of several values of one name', () => {
    expect(json('{"x_y":"1","x":{"y":"2"}}')).toEqual({ x_y: '1' });
    expect(json('{"k":"1","k":"2"}')).toEqual({ k: '1' });
  });

  it('lets a parsed label win over structured metadata without a suffix', () => {
    expect(json('{"m":"line"}', { a: 'b' }, { m: 'meta', a: 'sm' })).toEqual({ a: 'b', a_extracted: 'sm', m: 'line' });
  });

  it('sanitises keys', () => {
    expect(json('{"1st":1,"a.b":2," c ":3,"é":4,"x":{"1y":5,"":6},"한글":7}')).toEqual({
      _1st: '1',
      a_b: '2',
      c: '3',
      _: '4',
      x_1y: '5',
      x: '6',
      __: '7',
    });
  });

  it('unescapes strings; a bad escape or a lone surrogate gives an empty value', () => {
    const line = `${String.raw`{"x":"\ud83d","y":"\u00e9\n\"","z":"\q","p":"\ud83d\ude80","k\"q":"1","f":"a`}\ufffd"}`;
    expect(json(line)).toEqual({ x: '', y: 'é\n"', z: '', p: '🚀', k_q: '1', f: 'a ' });
  });

  it.each([
    ['not json', JSON_ERRORS.object, {}],
    ['', JSON_ERRORS.object, {}],
    ['[1]', JSON_ERRORS.object, {}],
    ['{"x":1,"y":tru}', JSON_ERRORS.literal, { x: '1' }],
    ['{"x":.5}', JSON_ERRORS.literal, {}],
    ['{"x":NaN}', JSON_ERRORS.literal, {}],
    ['{"x":1 "y":2}', JSON_ERRORS.object, { x: '1' }],
    ['{x:1}', JSON_ERRORS.object, {}],
    ['{"x":{"y":1', JSON_ERRORS.object, {}],
    ['{"x":1', JSON_ERRORS.array, { x: '1' }],
    ['{"x":"1",', JSON_ERRORS.array, { x: '1' }],
    ['{"x":[1', JSON_ERRORS.array, {}],
    ['{"x":"1', JSON_ERRORS.string, {}],
    ['{"x":', JSON_ERRORS.malformed, {}],
    ['{"x', JSON_ERRORS.malformed, {}],
    ['{', JSON_ERRORS.malformed, {}],
    [String.raw`{"\q":1}`, JSON_ERRORS.escape, {}],
  ])('reports what is wrong with %s', (line, details, labels) => {
    expect(json(line)).toEqual(broken(details, labels));
  });

  it.each(['{}', ' {"x":1}', '{"x":1}}', '{"x":1,}', '{"x":1} tail'])('accepts %s', (line) => {
    expect(json(line)).toEqual(line === '{}' ? {} : { x: '1' });
  });

  it('reads numbers as they are written', () => {
    expect(json('{"a":1e3,"b":01,"c":-}')).toEqual({ a: '1e3', b: '01', c: '-' });
  });

  it('does not extract again what an earlier stage extracted, even if it was deleted', () => {
    const row = makeRow('{"x":"1"}');
    row.labels.setParsed('x', 'old');
    row.labels.delete('x');
    expect(runStages(row, new JsonParser())).toEqual({});
  });

  it('decides the suffix anew for each stream', () => {
    const parser = new JsonParser();
    expect(runStages(makeRow('{"a":1}', { b: '' }), parser)).toEqual({ a: '1', b: '' });
    expect(runStages(makeRow('{"a":1}', { a: 's' }), parser)).toEqual({ a: 's', a_extracted: '1' });
  });

  it('survives deep nesting', () => {
    const depth = 20_000;
    const line = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const labels = json(line);
    expect(Object.values(labels)).toEqual(['1']);
  });
});

describe('json of a metric query', () => {
  it('does nothing when no label is needed', () => {
    expect(runStages(makeRow('oops'), new JsonParser({ hints: { skip: true, keepErrors: false } }))).toEqual({});
  });

  it('extracts only needed labels and stops behind the last of them', () => {
    const hints = { skip: false, names: new Set(['x']), keepErrors: false };
    expect(runStages(makeRow('{"w":1,"x":2,"y":tru'), new JsonParser({ hints }))).toEqual({ x: '2' });
    expect(runStages(makeRow('{"w":tru,"x":2'), new JsonParser({ hints }))).toEqual(broken(JSON_ERRORS.literal));
  });

  it('tests predicates as soon as the label is there, but not on the last needed one', () => {
    const never: Predicate = { test: () => false };
    const early = new Map([['x', never]]);
    expect(runStages(makeRow('{"x":1}'), new JsonParser({ early }))).toBe('dropped');
    const hints = { skip: false, names: new Set(['x']), keepErrors: false };
    expect(runStages(makeRow('{"x":1}'), new JsonParser({ early, hints }))).toEqual({ x: '1' });
  });
});
