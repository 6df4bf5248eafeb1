import { describe, expect, test } from 'vitest';
import { compileTemplate } from '../../../../src/query/pipeline/template/template.ts';
import { render, templateRow } from '../../../support/template-row.ts';

const row = templateRow({ x: '5', s: 'Hello', list: '[1,2,3]' }, 'the line', 0n);

describe('control structures', () => {
  test.each([
    ['a {{- .x -}} b', 'a5b'],
    ['a {{- /* c */ -}} b', 'ab'],
    ['{{ $v := .x }}{{ $v = "6" }}{{ $v }}{{ $.s }}', '6Hello'],
    ['{{ if .x }}{{ $v := 1 }}{{ $v }}{{ end }}', '1'],
    ['{{ $v := 1 }}{{ if true }}{{ $v = 2 }}{{ end }}{{ $v }}', '2'],
    ['{{ with .nope }}a{{ else with .x }}{{ . }}{{ else }}b{{ end }}', '5'],
    ['{{ range fromJson .list }}{{ if eq . 2.0 }}{{ continue }}{{ end }}{{ . }}{{ end }}', '13'],
    ['{{ range $i, $e := fromJson .list }}{{ if eq $i 2 }}{{ break }}{{ end }}{{ $e }},{{ end }}', '1,2,'],
    ['{{ range fromJson "[]" }}a{{ else }}none{{ end }}', 'none'],
    ['{{ range 3 }}{{ . }}{{ end }}', '012'],
    ['{{ define "t" }}<{{ . }}{{ $ }}>{{ end }}{{ template "t" .x }}{{ template "t" }}', '<55><<no value><no value>>'],
    ['{{ block "b" .s }}[{{ . }}]{{ end }}', '[Hello]'],
    ['{{ define "line" }}mine{{ end }}', 'mine'],
    ['{{ (fromJson "{\\"a\\":1}").b }}', '<no value>'],
    ['{{\n  .x\n}}', '5'],
    ['{{ .x | printf "%s-%s" "a" }}', 'a-5'],
    ['{{`{{`}}', '{{'],
    ['', ''],
  ])('%s', (text, output) => {
    expect(render(text, row)).toBe(output);
  });
});

describe('which labels a template reads', () => {
  test.each([
    ['{{ .a }} {{ if .b }}{{ .c | lower }}{{ end }} {{ printf "%s" (lower .d) }}', ['a', 'b', 'c', 'd'], false],
    ['{{ $.a }} {{ __line__ }}', [], false],
    ['{{ index . "a" }}', [], true],
    ['{{ range $k, $v := $ }}{{ end }}', [], true],
    ['{{ with .a }}{{ . }}{{ else }}{{ .b }}{{ end }}', ['a', 'b'], false],
    ['{{ define "t" }}{{ . }}{{ .z }}{{ end }}{{ template "t" .a }}', ['z', 'a'], false],
  ])('%s', (text, fields, usesAllLabels) => {
    const template = compileTemplate(text, 'line');
    expect([...template.fields].sort()).toEqual([...fields].sort());
    expect(template.reads === undefined).toBe(usesAllLabels);
  });

  test('single fields never ask for all labels', () => {
    const context = { ...row, all: () => expect.fail('all() was called') };
    expect(compileTemplate('{{ .x }} {{ .s | lower }} {{ if .nope }}{{ end }}', 'line').execute(context)).toBe(
      '5 hello ',
    );
  });
});
