import { describe, expect, it } from 'vitest';
import { compileRuleTemplate } from '../../../src/query/pipeline/template/rule-template.ts';
import { compileTemplate } from '../../../src/query/pipeline/template/template.ts';

const data = {
  labels: { app: 'shop', instance: 'host.example.org:9100' },
  value: 12_345.678,
  externalLabels: { cluster: 'eu' },
  externalUrl: 'http://grafana',
};

// Cases and results follow the examples of Prometheus's documentation of templates.
it.each([
  ['plain', 'plain'],
  [
    '{{ $value }} of {{ $labels.app }} in {{ $externalLabels.cluster }} {{ $externalURL }}',
    '12345.678 of shop in eu http://grafana',
  ],
  ['{{ .Value }} {{ .Labels.app }}|{{ $labels.nobody }}|', '12345.678 shop||'],
  ['{{ printf "%.2f" $value }}', '12345.68'],
  ['{{ humanize 0.0 }} {{ humanize 1.0 }} {{ humanize 1234567.0 }} {{ humanize 0.12 }}', '0 1 1.235M 120m'],
  ['{{ humanize1024 0.0 }} {{ humanize1024 1.0 }} {{ humanize1024 1048576.0 }} {{ humanize1024 .12 }}', '0 1 1Mi 0.12'],
  [
    '{{ humanizeDuration 0 }} {{ humanizeDuration 60 }} {{ humanizeDuration 3600 }} {{ humanizeDuration 86400 }}',
    '0s 1m 0s 1h 0m 0s 1d 0h 0m 0s',
  ],
  [
    '{{ humanizeDuration 1.5 }} {{ humanizeDuration .1 }} {{ humanizeDuration .0001 }} {{ humanizeDuration -90 }}',
    '1.5s 100ms 100us -1m 30s',
  ],
  ['{{ humanizePercentage -0.22222 }} {{ humanizePercentage 1.234567 }}', '-22.22% 123.5%'],
  ['{{ humanizeTimestamp 1435065584.128 }}', '2015-06-23 13:19:44.128 +0000 UTC'],
  ['{{ "aa bb" | title }} {{ "Bb" | toUpper }} {{ "Bb" | toLower }}', 'Aa Bb BB bb'],
  ['{{ stripPort $labels.instance }} {{ stripPort "[::1]:80" }}', 'host.example.org ::1'],
  ['{{ stripDomain $labels.instance }} {{ stripDomain "1.2.3.4" }}', 'host:9100 1.2.3.4'],
  ['{{ reReplaceAll "(a)b" "x$1" "ab" }} {{ match "^sh" $labels.app }}', 'xa true'],
  ['{{ parseDuration "1h2m10s" }} {{ with args 1 "b" }}{{ .arg0 }}{{ .arg1 }}{{ end }}', '3730 1b'],
  ['{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}', 'app=shop;instance=host.example.org:9100;'],
])('%s', (text, expected) => {
  expect(compileRuleTemplate(text)(data)).toBe(expected);
});

describe('bounds', () => {
  it.each([
    ['steps', '{{ range 1000000000 }}{{ end }}', /exceeded maximum of 10000 steps/],
    ['depth', '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', /exceeded maximum template depth/],
    ['size', '{{ range 9000 }}aaaaaaaaaaaaaaaaaaaaaaaa{{ end }}', /output longer than 65536 characters/],
    [
      'time',
      '{{ $x := printf "%90000d" 1 }}{{ range 10000 }}{{ $y := reReplaceAll "[a-c 1]x?" "b" $x }}{{ end }}',
      /took longer than 100 ms/,
    ],
  ])('%s', (_what, text, expected) => {
    expect(() => compileRuleTemplate(text)(data)).toThrow(expected);
  });

  it('functions of log queries and of rules are kept apart', () => {
    expect(() => compileRuleTemplate('{{ __line__ }}')).toThrow(/function "__line__" not defined/);
    expect(() => compileTemplate('{{ humanize 1 }}', 'line')).toThrow(/function "humanize" not defined/);
  });
});
