import { describe, expect, it } from 'vitest';
import {
  LogfmtFieldParser,
  LogfmtParser,
  parseLogfmtKey,
} from '../../../../src/query/pipeline/parsers/logfmt-parser.ts';
import { makeRow, runStages } from '../../../support/pipeline-row.ts';

const flags = (strict = false, keepEmpty = false) => ({ strict, keepEmpty });
const logfmt = (line: string, stage = flags(), stream = {}) =>
  runStages(makeRow(line, stream), new LogfmtParser(stage));
const fields = (line: string, targets: Record<string, string>, stream = {}, metadata = {}) => {
  const extractions = Object.entries(targets).map(([target, source]) => ({ target, source }));
  return runStages(makeRow(line, stream, metadata), new LogfmtFieldParser({ strict: false, extractions }));
};
const LINE = 'x=1 y="a b" z= w x=2 q=a"b r="un';

describe('logfmt', () => {
  it('skips bad pairs and empty values', () => {
    expect(logfmt(LINE)).toEqual({ x: '1', y: 'a b' });
  });

  it('keeps empty values on request', () => {
    expect(logfmt(LINE, flags(false, true))).toEqual({ w: '', x: '1', y: 'a b', z: '' });
    expect(logfmt('not logfmt', flags(false, true))).toEqual({ not: '', logfmt: '' });
  });

  it('stops at the first bad pair when strict', () => {
    expect(logfmt(LINE, flags(true))).toEqual({
      __error__: 'LogfmtParserErr',
      __error_details__: "logfmt syntax error at pos 25 : unexpected '\"'",
      x: '1',
      y: 'a b',
    });
  });

  it.each([
    ['a =b', "logfmt syntax error at pos 3 : unexpected '='"],
    ['{"a":1}', "logfmt syntax error at pos 2 : unexpected '\"'"],
    ['a=b=c', "logfmt syntax error at pos 4 : unexpected '='"],
    ['level=error code=abc45 dur="unterminated', 'logfmt syntax error at pos 41 : unterminated quoted value'],
  ])('names the place of what is wrong in %s', (line, details) => {
    expect(logfmt(line, flags(true))).toMatchObject({ __error_details__: details });
  });

  it('sanitises keys and suffixes those of the stream', () => {
    expect(logfmt('a=1 b.c=2 9d=3', flags(), { a: 'b' })).toEqual({ _9d: '3', a: 'b', a_extracted: '1', b_c: '2' });
  });

  it('unescapes quoted values and goes on right behind the quote', () => {
    expect(logfmt(String.raw`a="x\n\"y\" \u00e9"b=2`)).toEqual({ a: 'x\n"y" é', b: '2' });
  });

  it('goes on behind a bad pair', () => {
    expect(logfmt('= a=1 b"c=2 d=3')).toEqual({ a: '1', d: '3' });
  });

  it('stops as soon as all needed labels are found', () => {
    const hints = { skip: false, names: new Set(['x']), keepErrors: false };
    const parser = new LogfmtParser(flags(true), { hints });
    expect(runStages(makeRow('w=0 x=1 y=a"b'), parser)).toEqual({ x: '1' });
  });
});

describe('logfmt with parameters', () => {
  it('takes the last occurrence and sets every label', () => {
    expect(fields(LINE, { x: 'x', v: 'y', z: 'z', none: 'none' })).toEqual({ none: '', v: 'a b', x: '2', z: '' });
  });

  it('compares sanitised keys', () => {
    expect(fields('b.c=1', { x: 'b_c' })).toEqual({ x: '1' });
  });

  it('takes a key that equals the name of the target, too', () => {
    expect(fields('z=5 x=1', { z: 'x' })).toEqual({ z: '1' });
    expect(fields('x=1 z=5', { z: 'x' })).toEqual({ z: '5' });
  });

  it('suffixes stream labels and hides metadata', () => {
    expect(fields('app=inner', { app: 'app', m: 'm' }, { app: 'auth' }, { m: 'meta' })).toEqual({
      app: 'auth',
      app_extracted: 'inner',
      m: '',
    });
  });

  it.each([
    ['b c', 'unexpected KEY'],
    ['', 'unexpected $end, expecting STRING or KEY'],
  ])('rejects the source %s', (source, problem) => {
    expect(() => parseLogfmtKey(source)).toThrow(`cannot parse expression [${source}]: syntax error: ${problem}`);
  });
});
