import { describe, expect, it } from 'vitest';
import type { LogExpr } from '../../../../grammar/ast.ts';
import { parseQuery } from '../../../../grammar/parse.ts';
import { buildPipeline } from '../../../../src/query/pipeline/build.ts';
import { runLog, runMetric } from '../../../support/run-pipeline.ts';

const labels = (query: string, line: string, metadata = {}) => {
  const outcome = runLog(query, line, metadata);
  return outcome === 'dropped' ? outcome : outcome.labels;
};
const line = (query: string, text: string) => {
  const outcome = runLog(query, text);
  return outcome === 'dropped' ? outcome : outcome.line;
};
const metric = (query: string, text: string) => {
  const outcome = runMetric(query, text);
  return outcome === 'dropped' ? outcome : outcome.labels;
};
const stagesOf = (query: string) => (parseQuery(query) as LogExpr).stages;

describe('order of execution', () => {
  const red = '\u001b[31mred\u001b[0m plain';

  it('moves line filters in front of the other stages of their run', () => {
    expect(line('{a="b"} | decolorize', red)).toBe('red plain');
    expect(line('{a="b"} | decolorize |= "red plain"', red)).toBe('dropped');
    expect(line('{a="b"} | decolorize | a="b" |= "red plain"', red)).toBe('red plain');
    expect(line('{a="b"} | line_format "zz" |= "zz"', 'yy')).toBe('zz');
  });

  it('tests the unpacked line behind unpack', () => {
    const packed = '{"_entry":"hi","x":"1","n":2,"a":"z"}';
    expect(runLog('{a="b"} | unpack |= "hi"', packed)).toEqual({
      labels: { a: 'b', a_extracted: 'z', x: '1' },
      line: 'hi',
    });
    expect(line('{a="b"} | unpack |= "_entry"', packed)).toBe('dropped');
  });

  it('drops lines inside parsers by single-predicate filters, wherever those stand', () => {
    const json = '{"x":"1","y":"2"}';
    expect(labels('{a="b"} | json | label_format x="new" | x="new"', json)).toBe('dropped');
    expect(labels('{a="b"} | x="" | json', json)).toBe('dropped');
    expect(labels('{a="b"} | json | drop x | x=""', json)).toBe('dropped');
    expect(labels('{a="b"} | json x="x" | label_format x="new" | x="new"', json)).toEqual({ a: 'b', x: 'new' });
    expect(labels('{a="b"} | json | drop x | x="" or y="3"', json)).toEqual({ a: 'b', y: '2' });
  });

  it('does so in metric queries, unless they are grouped by labels', () => {
    const json = '{"x":"1","y":"2"}';
    expect(metric('count_over_time({a="b"} | json | drop x | x="" [1m])', json)).toBe('dropped');
    expect(metric('sum by (y) (count_over_time({a="b"} | json | drop x | x="" [1m]))', json)).toEqual({
      a: 'b',
      y: '2',
    });
  });

  it('hands out the line filters that see the stored line', () => {
    const chain = buildPipeline(stagesOf('{a="b"} | json |= "x" | y="1" |= "z" | line_format "{{.y}}" |= "w"'));
    const text = (t: string) => Buffer.from(t);
    expect(chain.leadingLineFilters.test(text('x z'), 0, 3)).toBe(true);
    expect(chain.leadingLineFilters.test(text('x'), 0, 1)).toBe(false);
    expect(chain.leadingLineFilters.test(text('z'), 0, 1)).toBe(false);
    expect(chain.isIdentity).toBe(false);
    expect(buildPipeline(stagesOf('{a="b"} |= "x" !~ "y"')).isIdentity).toBe(true);
  });
});

describe('compile errors', () => {
  it.each([
    [
      '| label_format x=s,x=d',
      "stage '| label_format x=s,x=d' : multiple label name 'x' not allowed in a single format operation",
    ],
    ['| label_format __error__="x"', 'stage \'| label_format __error__="x"\' : __error__ cannot be formatted'],
    [
      '| line_format "{{.x"',
      'stage \'| line_format "{{.x"\' : invalid line template: template: line:1: unclosed action',
    ],
    [
      '| label_format a="{{"',
      "stage '| label_format a=\"{{\"' : invalid template for label 'a': template: label:1: unclosed action",
    ],
    [
      '| json x="y..z"',
      'stage \'| json x="y..z"\' : cannot parse expression [y..z]: syntax error: unexpected DOT, expecting FIELD',
    ],
    ['| logfmt a="b c"', 'stage \'| logfmt a="b c"\' : cannot parse expression [b c]: syntax error: unexpected KEY'],
    ['| a = ip("not-an-ip")', 'stage \'| a=ip("not-an-ip")\' : ip: invalid pattern: "not-an-ip"'],
    ['|= ip("10.0.0.0/99")', 'stage \'|= ip("10.0.0.0/99")\' : ip: invalid pattern: "10.0.0.0/99"'],
  ])('%s', (stage, message) => {
    expect(() => buildPipeline(stagesOf(`{a="b"} ${stage}`))).toThrow(`parse error : ${message}`);
  });
});

describe('metric queries', () => {
  const broken = {
    __error__: 'JSONParserErr',
    __error_details__: "Value looks like object, but can't find closing '}' symbol",
  };

  it('skip parsers when no label is needed', () => {
    expect(metric('count_over_time({a="b"} | json [1m])', 'oops')).toEqual({ a: 'b', ...broken });
    expect(metric('sum(count_over_time({a="b"} | json [1m]))', 'oops')).toEqual({ a: 'b' });
    expect(metric('sum by (x) (count_over_time({a="b"} | json [1m]))', 'oops')).toEqual({ a: 'b', ...broken });
  });

  it('do not notice damage behind the last needed label', () => {
    expect(metric('sum by (x) (count_over_time({a="b"} | json [1m]))', '{"x":1,"y":tru}')).toEqual({ a: 'b', x: '1' });
    expect(metric('count_over_time({a="b"} | json [1m])', '{"x":1,"y":tru}')).toMatchObject({
      __error__: 'JSONParserErr',
    });
  });

  it('delete a line_format that nothing reads, with its errors', () => {
    expect(metric('count_over_time({a="b"} | line_format "{{ nofunc }}" [1m])', 'x')).toEqual({ a: 'b' });
    expect(() => metric('bytes_over_time({a="b"} | line_format "{{ nofunc }}" [1m])', 'x')).toThrow('nofunc');
    const kept = 'count_over_time({a="b"} | line_format "k=v" | logfmt [1m])';
    expect(metric(kept, 'x')).toEqual({ a: 'b', k: 'v' });
  });

  it('do not see fields of $ in templates under a grouping', () => {
    const query = 'sum by (y)(count_over_time({a="b"} | json | __error__="" | label_format y="{{ $.x }}" [1m]))';
    expect(metric(query, '{"x":"1"}')).toEqual({ a: 'b', y: '' });
  });
});

describe('unwrap', () => {
  const LINE = 'k=p v=2 d=1m30s s=1.5KB e=';
  const value = (unwrap: string) => {
    const outcome = runMetric(`sum_over_time({a="b"} | logfmt | unwrap ${unwrap} [1m])`, LINE);
    return outcome === 'dropped' ? outcome : outcome;
  };

  it('reads numbers, durations and byte sizes, and removes the label', () => {
    expect(value('v')).toMatchObject({ value: 2, labels: { a: 'b', k: 'p', d: '1m30s', s: '1.5KB' } });
    expect(value('duration(d)')).toMatchObject({ value: 90 });
    expect(value('bytes(s)')).toMatchObject({ value: 1500 });
  });

  it('gives no sample without a value', () => {
    expect(value('nope')).toMatchObject({ value: undefined });
    expect(value('e')).toMatchObject({ value: undefined });
  });

  it('marks what does not convert, and lets filters behind it decide', () => {
    expect(value('k')).toMatchObject({
      value: 0,
      labels: {
        __error__: 'SampleExtractionErr',
        __error_details__: 'strconv.ParseFloat: parsing "p": invalid syntax',
        k: 'p',
      },
    });
    expect(value('k | __error__=""')).toMatchObject({ value: undefined });
    expect(value('v | v > 1')).toMatchObject({ value: 2 });
    expect(value('v | v > 2')).toMatchObject({ value: undefined });
  });
});
