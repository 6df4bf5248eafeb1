import { describe, expect, test } from 'vitest';
import { LogError } from '../../../../src/base/errors.ts';
import { compileTemplate } from '../../../../src/query/pipeline/template/template.ts';
import { render, templateRow } from '../../../support/template-row.ts';

const row = templateRow({ x: '5', s: 'Hello' }, 'the line', 0n);

describe('templates that do not compile', () => {
  test.each([
    ['{{.x', 'template: line:1: unclosed action'],
    ['a\n{{.x\n', 'template: line:3: unclosed action started at line:2'],
    ['{{ nofunc .x }}', 'template: line:1: function "nofunc" not defined'],
    ['{{', 'template: line:1: unclosed action'],
    ['{{}}', 'template: line:1: missing value for command'],
    ['{{ if }}a{{ end }}', 'template: line:1: missing value for if'],
    ['{{ if .x }}a', 'template: line:1: unexpected EOF'],
    ['{{ end }}', 'template: line:1: unexpected {{end}}'],
    ['{{ else }}', 'template: line:1: unexpected {{else}}'],
    ['{{ if .x }}{{ else }}{{ else }}{{ end }}', 'template: line:1: expected end; found {{else}}'],
    ['{{ $y }}', 'template: line:1: undefined variable "$y"'],
    ['{{ (.x }}', 'template: line:1: unclosed left paren'],
    ['{{ .x) }}', 'template: line:1: unexpected right paren'],
    ['{{ "abc }}', 'template: line:1: unterminated quoted string'],
    ['{{ `abc }}', 'template: line:1: unterminated raw quoted string'],
    ["{{ 'a }}", 'template: line:1: unterminated character constant'],
    ['{{/* c }}', 'template: line:1: unclosed comment'],
    ['{{/* c */ }}', 'template: line:1: comment ends before closing delimiter'],
    ['{{ 1a }}', 'template: line:1: bad number syntax: "1a"'],
    ['{{ .x-y }}', `template: line:1: bad character U+002D '-'`],
    ['{{ .x | 5 }}', 'template: line:1: non executable command in pipeline stage 2'],
    ['{{ "a".b }}', 'template: line:1: unexpected . after term "\\"a\\""'],
    ['{{ break }}', 'template: line:1: {{break}} outside {{range}}'],
    ['{{ , }}', 'template: line:1: unexpected "," in command'],
    ['{{ .x = 1 }}', 'template: line:1: unexpected "=" in operand'],
    ['{{ : }}', 'template: line:1: expected :='],
    ['{{ $a, $b := .x }}', 'template: line:1: too many declarations in command'],
    ['{{ template .x }}', 'template: line:1: unexpected ".x" in template clause'],
    [
      '{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}',
      'template: line:1: template: multiple definition of template "a"',
    ],
    ['{{ 99999999999999999999 }}', 'template: line:1: integer overflow: "99999999999999999999"'],
    ['{{ 08 }}', 'template: line:1: integer overflow: "08"'],
    ['{{ 0xfffffffffffffffff }}', 'template: line:1: illegal number syntax: "0xfffffffffffffffff"'],
    [`${'{{ '}${'('.repeat(2000)}`, 'template: line:1: max expression depth exceeded'],
  ])('%s', (text, message) => {
    let error: unknown;
    try {
      compileTemplate(text, 'line');
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(LogError);
    expect(error).toMatchObject({ code: 'QUERY_INVALID', message });
  });

  test('the name of the template is in the message', () => {
    expect(() => compileTemplate('{{', 'label')).toThrow('template: label:1: unclosed action');
  });
});

describe('templates that fail on a row', () => {
  const at = (place: string, node: string, message: string): string =>
    `error: template: line:${place}: executing "line" at <${node}>: ${message}`;
  test.each([
    ['{{ trunc }}', at('1:3', 'trunc', 'wrong number of args for trunc: want 2 got 0')],
    ['{{ trim }}', at('1:3', 'trim', 'wrong number of args for trim: want 1 got 0')],
    ['{{ .x | trim .s }}', at('1:8', 'trim', 'wrong number of args for trim: want 1 got 2')],
    ['{{ mul }}', at('1:3', 'mul', 'wrong number of args for mul: want at least 1 got 0')],
    ['é\né{{ div 1 0 }}', at('2:5', 'div 1 0', 'error calling div: runtime error: integer divide by zero')],
    ['{{ trunc "a" .s }}', at('1:9', '"a"', 'expected integer; found "a"')],
    ['{{ lower 5 }}', at('1:9', '5', 'expected string; found 5')],
    ['{{ lower nil }}', at('1:9', 'nil', 'cannot assign nil to string')],
    ['{{ trunc (add 1 2) .s }}', at('1:16', '2', 'wrong type for value; expected int; got int64')],
    ['{{ nil }}', at('1:3', 'nil', 'nil is not a command')],
    ['{{ .x 1 }}', at('1:3', '.x', 'x is not a method but has arguments')],
    ['{{ 5 1 }}', at('1:3', '5', "can't give argument to non-function 5")],
    ['{{ urldecode "%zz" }}', at('1:3', 'urldecode "%zz"', 'error calling urldecode: invalid URL escape "%zz"')],
    [
      '{{ bytes "nope" }}',
      at('1:3', 'bytes "nope"', 'error calling bytes: strconv.ParseFloat: parsing "": invalid syntax'),
    ],
    ['{{ duration "bad" }}', at('1:3', 'duration "bad"', 'error calling duration: time: invalid duration "bad"')],
    [
      '{{ unixToTime "12" }}',
      at('1:3', 'unixToTime "12"', "error calling unixToTime: unable to parse time '12': %!w(<nil>)"),
    ],
    ['{{ divf 1 0 }}', at('1:3', 'divf 1 0', 'error calling divf: decimal division by 0')],
    ['{{ repeat -1 "a" }}', at('1:3', 'repeat -1 "a"', 'error calling repeat: strings: negative Repeat count')],
    [
      '{{ regexReplaceAll "(" .s "" }}',
      at(
        '1:3',
        'regexReplaceAll "(" .s ""',
        'error calling regexReplaceAll: error parsing regexp: missing closing ): `(`',
      ),
    ],
    ['{{ index "abc" 9 }}', at('1:3', 'index "abc" 9', 'error calling index: index out of range: 9')],
    ['{{ len 5 }}', at('1:3', 'len 5', 'error calling len: len of type int')],
    ['{{ lt .x 5 }}', at('1:3', 'lt .x 5', 'error calling lt: incompatible types for comparison')],
    ['{{ template "no" }}', at('1:12', '{{template "no"}}', 'template "no" not defined')],
    ['{{ range .x }}{{ end }}', at('1:9', '.x', "range can't iterate over 5")],
    ['{{ (fromJson "{}").a.b }}', at('1:13', '"{}"', 'nil pointer evaluating interface {}.b')],
    ['{{ __timestamp__.Nope }}', at('1:3', '__timestamp__', "can't evaluate field Nope in type time.Time")],
    ['{{ __timestamp__.Date }}', at('1:3', '__timestamp__', `can't call method/function "Date" with 3 results`)],
    [
      '{{ define "t" }}{{ div 1 0 }}{{ end }}{{ template "t" . }}',
      'error: template: line:1:19: executing "t" at <div 1 0>: error calling div: runtime error: integer divide by zero',
    ],
  ])('%s', (text, message) => {
    expect(render(text, row)).toBe(message);
  });

  test('an error does not reach the next row', () => {
    const template = compileTemplate('{{ div 10 .x }}', 'line');
    expect(() => template.execute(templateRow({ x: '0' }))).toThrow('integer divide by zero');
    expect(template.execute(row)).toBe('2');
  });
});

describe('limits', () => {
  test.each([
    ['{{ repeat 100000000 "abc" }}', /text longer than 10485760 characters/],
    ['{{ alignLeft 2000000000 "abc" }}', /text longer than/],
    ['{{ replace "" (repeat 1000000 "a") (repeat 1000000 "b") }}', /text longer than/],
    ['{{ regexReplaceAll "." (repeat 1000000 "a") "$0$0$0$0$0$0$0$0$0$0$0$0" }}', /text longer than/],
    ['{{ range 9223372036854775807 }}{{ end }}', /exceeded maximum of 1000000 steps/],
    ['{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}', /exceeded maximum template depth \(500\)/],
    [
      '{{ define "t" }}{{ if true }}{{ if true }}{{ if true }}{{ template "t" }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "t" }}',
      /exceeded maximum template depth/,
    ],
    ['{{ range 100 }}{{ repeat 1000000 "x" }}{{ end }}', /output longer than/],
  ])('%s', (text, message) => {
    expect(render(text, row)).toMatch(message);
  });
});
