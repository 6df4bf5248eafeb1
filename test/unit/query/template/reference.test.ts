import { describe, expect, test } from 'vitest';
import { render, templateRow } from '../../../support/template-row.ts';

// Outputs of Loki 3.6.7 for one row.
const row = templateRow(
  { a: 'b', x: '5', s: 'Hello World', neg: '-7', f: '2.5', d: '1m30s', u: 'été', p: '/a/b c', ts: '1679577215' },
  'x=5 s="Hello World" neg=-7 f=2.5 d=1m30s u=été p="/a/b c" ts=1679577215',
  1_000_000_000n,
);

const CASES: readonly (readonly [template: string, output: string])[] = [
  ['{{.x}}{{.nope}}', '5'],
  ['{{ .nope | default "d" }}', 'd'],
  ['{{ ToUpper .s }} {{ .s | lower }} {{ title "ab cd-ef" }}', 'HELLO WORLD hello world Ab Cd-Ef'],
  ['{{ Replace .s "l" "L" 1 }} {{ replace "l" "L" .s }}', 'HeLlo World HeLLo WorLd'],
  [
    '{{ Trim .s "Hd" }} {{ trimAll "Hd" .s }} {{ TrimPrefix .s "He" }} {{ trimPrefix "He" .s }}',
    'ello Worl ello Worl llo World llo World',
  ],
  ['{{ trunc 2 .u }} {{ trunc -5 .s }} {{ substr 6 11 .s }} {{ substr 2 -1 .s }}', 'é World World llo World'],
  [
    '{{ substr 5 2 .s }}',
    'error: template: line:1:3: executing "line" at <substr 5 2 .s>: error calling substr: runtime error: slice bounds out of range [5:2]',
  ],
  ['{{ alignLeft 3 .s }}|{{ alignRight 3 .s }}|{{ alignRight 7 .u }}|', 'Hel|rld|    été|'],
  ['{{ contains "World" .s }} {{ hasPrefix "He" .s }} {{ hasSuffix .s "ld" }}', 'true true false'],
  [
    '{{ regexReplaceAll "(o)" .s "[$1]" }} {{ regexReplaceAllLiteral "o" .s "$1" }} {{ count "l|o" .s }}',
    'Hell[o] W[o]rld Hell$1 W$1rld 5',
  ],
  ['{{ urlencode .p }} {{ b64enc .x }} {{ b64dec "!!" }}', '%2Fa%2Fb+c NQ== illegal base64 data at input byte 0'],
  ['{{ int "5.7" }} {{ int "0x10" }} {{ float64 "1e3" }} {{ add "2.5" 1 }} {{ add .x 2.9 }}', '0 16 1000 1 7'],
  [
    '{{ div -7 2 }} {{ mod -7 3 }} {{ addf 0.1 0.2 }} {{ divf 10 3 }} {{ maxf 1 2.5 }}',
    '-3 -1 0.3 3.3333333333333335 2.5',
  ],
  [
    '{{ round 2.5 0 }} {{ round -2.5 0 }} {{ round 123.555555 3 }} {{ ceil 1.2 }} {{ round 1234567 0 }}',
    '3 -3 123.556 2 1.234567e+06',
  ],
  [
    '{{ mod 1 0 }}',
    'error: template: line:1:3: executing "line" at <mod 1 0>: error calling mod: runtime error: integer divide by zero',
  ],
  ['{{ duration .d }} {{ bytes "5 MiB" }}', '90 5.24288e+06'],
  ['{{ unixToTime .ts }} {{ date "2006-01-02" (unixToTime .ts) }}', '2023-03-23 13:13:35 +0000 UTC 2023-03-23'],
  ['{{ toDateInZone "2006-01-02" "UTC" "bad" }}', '0001-01-01 00:00:00 +0000 UTC'],
  [
    '{{ printf "%s-%d-%05.1f-%q" .s (int .x) (float64 .f) .x }} {{ printf "%d" .x }}',
    'Hello World-5-002.5-"5" %!d(string=5)',
  ],
  [
    '{{ range $i, $e := fromJson "[1,{\\"k\\":2.5},null]" }}{{ $i }}={{ $e }};{{ end }}',
    '0=1;1=map[k:2.5];2=<no value>;',
  ],
  ['{{ if eq .x "4" "5" }}y{{ else }}n{{ end }} {{ if and .x (gt (int .x) 4) }}big{{ end }}', 'y big'],
  [
    '{{ if eq .x 5 }}y{{ end }}',
    'error: template: line:1:6: executing "line" at <eq .x 5>: error calling eq: incompatible types for comparison',
  ],
  ['{{ with .nope }}a{{ else }}none{{ end }} {{- " trimmed" }}', 'none trimmed'],
  ['{{ range $k, $v := . }}{{ $k }} {{ end }}', 'a d f neg p s ts u x '],
  ['{{ .x.y }}', `error: template: line:1:5: executing "line" at <.x.y>: can't evaluate field y in type string`],
  [
    '{{ unixEpoch .x }}',
    'error: template: line:1:13: executing "line" at <.x>: wrong type for value; expected time.Time; got string',
  ],
  ['{{ .x | add 1 | mul 2 }}', '12'],
  ['{{.x}}-{{.nope}}-{{__timestamp__ | unixEpoch}}', '5--1'],
  [
    '{{ div .x 0 }}',
    'error: template: line:1:3: executing "line" at <div .x 0>: error calling div: runtime error: integer divide by zero',
  ],
  ['{{ if gt (int .x) 4 }}big{{ else }}small{{ end }} {{ printf "%03d" (int .x) }}', 'big 005'],
];

describe('templates as Loki renders them', () => {
  test.each(CASES)('%s', (template, output) => {
    expect(render(template, row)).toBe(output);
  });
});
