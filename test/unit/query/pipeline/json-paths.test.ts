import { describe, expect, it } from 'vitest';
import { JsonParser } from '../../../../src/query/pipeline/parsers/json-parser.ts';
import { parseJsonPath } from '../../../../src/query/pipeline/parsers/json-path-syntax.ts';
import { JsonPathParser } from '../../../../src/query/pipeline/parsers/json-paths.ts';
import { JSON_ERRORS } from '../../../../src/query/pipeline/parsers/json-scanner.ts';
import { makeRow, runStages } from '../../../support/pipeline-row.ts';

const paths = (expressions: Record<string, string>) =>
  new JsonPathParser(Object.entries(expressions).map(([target, source]) => ({ target, source })));
const run = (line: string, expressions: Record<string, string>, stream = {}, metadata = {}) =>
  runStages(makeRow(line, stream, metadata), paths(expressions));

describe('json with parameters', () => {
  it('follows members, quoted members and indexes', () => {
    const line = '{"x":{"y z":{"1":true}},"n":null,"arr":[1],"e":"","num":1.50,"a":"p"}';
    expect(run(line, { q: 'x["y z"]', r: 'arr[0]', n: 'n', miss: 'm', whole: 'arr' }, { a: 'b' })).toEqual({
      a: 'b',
      miss: '',
      n: '',
      q: '{"1":true}',
      r: '1',
      whole: '[1]',
    });
  });

  it('finds nothing on the way through a scalar, and goes on behind it', () => {
    expect(run('{"x":1,"y":2}', { a: 'x.y', b: 'y' })).toEqual({ a: '', b: '2' });
  });

  it('takes the first member of a name, and several labels of one path', () => {
    expect(run('{"k":"1","k":"2"}', { k: 'k', l: 'k' })).toEqual({ k: '1', l: '1' });
  });

  it('reads nested arrays and an array at the top', () => {
    expect(run('{"m":[[1,2],[3,4]]}', { c: 'm[1][0]' })).toEqual({ c: '3' });
    expect(run('[{"a":1},{"a":2}]', { c: '[1].a', d: '[5]' })).toEqual({ c: '2', d: '' });
  });

  it('suffixes a found label that the stream has, and sets nothing when it is not found', () => {
    expect(run('{"app":"in"}', { app: 'app' }, { app: 's' })).toEqual({ app: 's', app_extracted: 'in' });
    expect(run('{"x":1}', { app: 'app' }, { app: 's' })).toEqual({ app: 's' });
    expect(run('{"x":1}', { m: 'm' }, {}, { m: 'meta' })).toEqual({ m: 'meta' });
  });

  it('overwrites what earlier parsers extracted', () => {
    expect(runStages(makeRow('{"x":1,"y":2}'), new JsonParser(), paths({ x: 'y' }))).toEqual({ x: '2', y: '2' });
  });

  it('says nothing in detail about a line that is no JSON, and nothing at all about an empty one', () => {
    expect(run('not json', { k: 'k' })).toEqual({ __error__: 'JSONParserErr' });
    expect(run(' {"k":1}', { k: 'k' })).toEqual({ __error__: 'JSONParserErr' });
    expect(run('', { k: 'k' })).toEqual({});
  });

  it('sets an empty label and the error for a malformed value', () => {
    expect(run('{"k":tru}', { k: 'k' })).toEqual({
      k: '',
      __error__: 'JSONParserErr',
      __error_details__: JSON_ERRORS.literal,
    });
  });

  it('matches keys that are written with escapes', () => {
    expect(run(String.raw`{"a\u0062":1}`, { k: 'ab' })).toEqual({ k: '1' });
  });
});

describe('path syntax', () => {
  it('parses all forms', () => {
    expect(parseJsonPath('a.b["c d"][3].e')).toEqual(['a', 'b', 'c d', 3, 'e']);
    expect(parseJsonPath('["a"]')).toEqual(['a']);
    expect(parseJsonPath('[0]')).toEqual([0]);
  });

  it.each([
    ['b..c', 'unexpected DOT, expecting FIELD'],
    ['', 'unexpected $end, expecting LSB or FIELD'],
    ['b[', 'unexpected $end, expecting STRING or INDEX'],
    ['b.', 'unexpected $end, expecting FIELD'],
    ['.b', 'unexpected DOT, expecting LSB or FIELD'],
    ['b["x"', 'unexpected $end, expecting RSB'],
    ['b c', 'unexpected FIELD'],
  ])('rejects %s', (path, problem) => {
    expect(() => parseJsonPath(path)).toThrow(`cannot parse expression [${path}]: syntax error: ${problem}`);
  });
});
