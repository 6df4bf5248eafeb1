import { describe, expect, it } from 'vitest';
import { roundedByteLiteral } from '../../../../src/query/pipeline/filters/label-filter.ts';
import { runLog } from '../../../support/run-pipeline.ts';

const LINE = 'x=5 s=str d=5s z=1.5KB';
const ALL = { a: 'b', d: '5s', s: 'str', x: '5', z: '1.5KB' };
const labels = (stages: string, line = LINE, metadata = {}) => {
  const outcome = runLog(`{a="b"} ${stages}`, line, metadata);
  return outcome === 'dropped' ? outcome : outcome.labels;
};
const line = (stages: string, text = LINE) => {
  const outcome = runLog(`{a="b"} ${stages}`, text);
  return outcome === 'dropped' ? outcome : outcome.line;
};
const failed = (details: string, error = 'LabelFilterErr') => ({
  ...ALL,
  __error__: error,
  __error_details__: details,
});

describe('label filters', () => {
  it.each([
    'x=5',
    'nope!="5"',
    'nope=""',
    'z=1536B',
    'x=~""',
    's=~"t.*"',
    'd>4s',
    'd<=5s',
    'x!=6',
    'x==5.0',
    '__error_details__=""',
  ])('keeps %s', (filter) => expect(labels(`| logfmt | ${filter}`)).toEqual(ALL));

  it.each(['x!=5', 'nope!=5', 'nope!=ip("1.1.1.1")', 's=~"t"', 'x>5', 'd<5s', 'x="5" and s="other"', '__error__!=""'])(
    'drops %s',
    (filter) => expect(labels(`| logfmt | ${filter}`)).toBe('dropped'),
  );

  it.each([
    ['s>1', 'strconv.ParseFloat: parsing "str": invalid syntax'],
    ['d>4', 'strconv.ParseFloat: parsing "5s": invalid syntax'],
    ['x>4s', 'time: missing unit in duration "5"'],
    ['s>1 or x=5', 'strconv.ParseFloat: parsing "str": invalid syntax'],
  ])('keeps and marks %s', (filter, details) => {
    expect(labels(`| logfmt | ${filter}`)).toEqual(failed(details));
  });

  it('lets later filters see the error', () => {
    expect(labels('| logfmt | s>1 | __error__=""')).toBe('dropped');
    expect(labels('| logfmt | s>1 and x=6')).toBe('dropped');
    expect(labels('| logfmt | s>1 | drop __error__')).toEqual({
      ...ALL,
      __error_details__: 'strconv.ParseFloat: parsing "str": invalid syntax',
    });
  });

  it('does not put its error in the place of an earlier one', () => {
    expect(labels('| json | s>1', '{"s":"str"')).toMatchObject({ __error__: 'JSONParserErr' });
  });

  it.each([
    [5, 5],
    [1536, 1500],
    [1000, 1000],
    [9949, 9900],
    [123456789, 124000000],
    [1048576, 1000000],
  ])('rounds the byte literal %d', (bytes, rounded) => expect(roundedByteLiteral(bytes)).toBe(rounded));
});

describe('drop and keep', () => {
  it('drops names, and matched values', () => {
    expect(labels('| logfmt | drop x, s="other", d=~"5.", z!="q"')).toEqual({ a: 'b', s: 'str' });
    expect(labels('| drop a')).toEqual({});
  });

  it('keeps names, matched values and errors', () => {
    expect(labels('| logfmt | keep x, s="other"')).toEqual({ x: '5' });
    expect(labels('| keep nope')).toEqual({});
    expect(labels('| logfmt | s>1 | keep x')).toMatchObject({ __error__: 'LabelFilterErr', x: '5' });
  });
});

describe('label_format', () => {
  it.each([
    ['x="n",y="{{.x}}"', { ...ALL, x: 'n', y: '5' }],
    ['x=s,s=x', { a: 'b', d: '5s', s: 'str', z: '1.5KB' }],
    ['x=x', { a: 'b', d: '5s', s: 'str', z: '1.5KB' }],
    ['y=nope', ALL],
    ['y="{{.nope}}"', { ...ALL, y: '' }],
    ['q=x,w="{{.q}}{{.x}}"', { a: 'b', d: '5s', s: 'str', z: '1.5KB', q: '5', w: '5' }],
  ])('%s', (items, expected) => expect(labels(`| logfmt | label_format ${items}`)).toEqual(expected));

  it('goes on behind a template that fails', () => {
    expect(labels('| logfmt | label_format x=`{{ div 1 0 }}`,y="{{.s}}"')).toEqual({
      ...failed(
        'template: label:1:3: executing "label" at <div 1 0>: error calling div: runtime error: integer divide by zero',
        'TemplateFormatErr',
      ),
      y: 'str',
    });
  });
});

describe('line_format', () => {
  it('replaces the line for the stages behind it', () => {
    expect(line('| logfmt | keep x | line_format "{{.x}}-{{.nope}}-{{__timestamp__ | unixEpoch}}"')).toBe(
      '5--1700000000',
    );
    expect(labels('| line_format "k=1" | logfmt')).toEqual({ a: 'b', k: '1' });
  });

  it('leaves the line alone when the template fails', () => {
    expect(line('| logfmt | line_format "{{ div .x 0 }}"')).toBe(LINE);
  });

  it('hides errors from templates that are only text and fields', () => {
    expect(line('| logfmt --strict | line_format "{{.__error__}}!"', 'a"')).toBe('!');
    expect(line('| logfmt --strict | line_format "{{.__error__ | lower}}"', 'a"')).toBe('logfmtparsererr');
  });
});

describe('decolorize', () => {
  it.each([
    ['\u001b[31mred\u001b[0m plain', 'red plain'],
    ['\u009b1;31mred', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['no colour [31m', 'no colour [31m'],
  ])('%j', (coloured, plain) => expect(line('| decolorize', coloured)).toBe(plain));
});

describe('regexp', () => {
  it('makes labels of named groups', () => {
    expect(labels('| regexp "(?P<m>\\\\w+) (?P<p>\\\\S+)(?P<o>zzz)?"', 'GET /p 200')).toEqual({
      a: 'b',
      m: 'GET',
      p: '/p',
      o: '',
    });
    expect(labels('| regexp "(?P<m>zzz)"', 'GET /p 200')).toEqual({ a: 'b' });
    expect(labels('| regexp "(?P<a>G)"', 'GET')).toEqual({ a: 'b', a_extracted: 'G' });
  });
});

describe('pattern', () => {
  const GET = 'GET /p 200';
  it.each([
    ['<m> <p> <s>', { m: 'GET', p: '/p', s: '200' }],
    ['<m> <_> <s> end', { m: 'GET', s: '200' }],
    ['POST <p>', {}],
    ['<m> /', { m: 'GET' }],
    ['<_>T<e> <rest>', { e: '', rest: '/p 200' }],
  ])('%s', (pattern, expected) => expect(labels(`| pattern "${pattern}"`, GET)).toEqual({ a: 'b', ...expected }));

  it('sets nothing on an empty line', () => {
    expect(labels('| pattern "<all>"', '')).toEqual({ a: 'b' });
  });
});

describe('unpack', () => {
  it('takes string members and the entry', () => {
    const packed = '{"_entry":"hi","x":"1","n":2,"a":"z","x":"2"}';
    expect(runLog('{a="b"} | unpack', packed)).toEqual({ labels: { a: 'b', a_extracted: 'z', x: '2' }, line: 'hi' });
  });

  it('does nothing without an entry, and reports what is no object', () => {
    expect(runLog('{a="b"} | unpack', '{"x":"1"}')).toEqual({ labels: { a: 'b' }, line: '{"x":"1"}' });
    expect(labels('| unpack', 'not json')).toEqual({
      a: 'b',
      __error__: 'JSONParserErr',
      __error_details__: 'expecting json object(6), but it is not',
    });
    expect(labels('| unpack', '{"_entry":"x","y":tru}')).toMatchObject({ __error_details__: 'Unknown value type' });
    expect(labels('| unpack', '')).toEqual({ a: 'b' });
  });
});
