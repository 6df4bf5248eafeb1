import { describe, expect, test } from 'vitest';
import { functionNames } from '../../../../src/query/pipeline/template/functions/functions.ts';
import { render, templateRow } from '../../../support/template-row.ts';

const row = templateRow({ x: '5', s: 'Hello', u: 'été', empty: '' }, 'the line', 1_793_528_499_280_000_001n);

const CASES: readonly (readonly [template: string, output: string])[] = [
  ['{{ __line__ }} {{ len __line__ }}', 'the line 8'],
  ['{{ __timestamp__ }}', '2026-11-01 10:21:39.280000001 +0000 UTC'],
  ['{{ ToLower "ÀB" }} {{ lower "X" }} {{ ToUpper "straße" }} {{ upper "x" }}', 'àb x STRAßE X'],
  ['{{ title "don\'t stop_me now 1st" }}', "Don'T Stop_me Now 1st"],
  [
    '{{ Replace "aaa" "a" "b" 2 }} {{ Replace "ab" "" "-" -1 }} {{ Replace "ab" "" "-" 1 }} {{ Replace "a" "a" "b" 0 }}',
    'bba -a-b- -ab a',
  ],
  ['{{ replace "a" "b" "banana" }}', 'bbnbnb'],
  ['{{ Trim "xxaxx" "x" }} {{ TrimLeft "xxaxx" "x" }} {{ TrimRight "xxaxx" "x" }}', 'a axx xxa'],
  [
    '{{ TrimPrefix "abc" "ab" }} {{ TrimSuffix "abc" "bc" }} [{{ TrimSpace "\\t a \\n" }}] [{{ trim " a " }}]',
    'c a [a] [a]',
  ],
  ['{{ trimAll "x" "xax" }} {{ trimPrefix "a" "ab" }} {{ trimSuffix "b" "ab" }}', 'a b a'],
  [
    '{{ trunc 3 "abcdef" }} {{ trunc -2 "abcdef" }} {{ trunc 9 "abc" }} {{ trunc -9 "abc" }} {{ trunc 1 .u }}',
    'abc ef abc abc \ufffd',
  ],
  [
    '{{ substr 1 3 "abcdef" }} {{ substr -1 2 "abcdef" }} {{ substr 4 -1 "abcdef" }} {{ substr 4 99 "abcdef" }}',
    'bc ab ef ef',
  ],
  [
    '{{ alignLeft 5 "ab" }}|{{ alignRight 5 "ab" }}|{{ alignLeft -1 "ab" }}|{{ alignLeft 0 "ab" }}|{{ alignRight 1 "😀b" }}',
    'ab   |   ab|ab||b',
  ],
  ['{{ indent 2 "a\\nb" }}{{ nindent 1 "c" }}', '  a\n  b\n c'],
  ['{{ repeat 3 "ab" }}{{ repeat 0 "x" }}', 'ababab'],
  ['{{ contains "l" .s }} {{ hasPrefix "He" .s }} {{ hasSuffix "He" .s }}', 'true true false'],
  [
    '{{ b64enc "é?" }} {{ b64dec "w6k/" }} {{ b64dec "YQ" }} {{ b64dec "YQ=" }} {{ b64dec "YQ==" }}',
    'w6k/ é? illegal base64 data at input byte 0 illegal base64 data at input byte 3 a',
  ],
  ['{{ urlencode "a b*(é)~" }} {{ urldecode "a%20b+c%C3%A9" }}', 'a+b%2A%28%C3%A9%29~ a b cé'],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the regex replacement's own syntax
    '{{ regexReplaceAll "(l)(o)" .s "$2$1x" }} {{ regexReplaceAll "(?P<n>l+)" .s "<${n}>" }} {{ regexReplaceAll "l" .s "$1x" }}',
    'Helo He<ll>o Heo',
  ],
  ['{{ regexReplaceAllLiteral "l" .s "$0" }} {{ count "" "ab" }} {{ count "[el]" .s }}', 'He$0$0o 3 3'],
  ['{{ bytes "1.5KB" }} {{ bytes "2 KiB" }} {{ bytes "5" }}', '1500 2048 5'],
  ['{{ duration "1m30s" }} {{ duration_seconds "1.574s" }} {{ duration "-2ms" }}', '90 1.5739999999999998 -0.002'],
  [
    '{{ unixEpoch __timestamp__ }} {{ unixEpochMillis __timestamp__ }} {{ unixEpochNanos __timestamp__ }}',
    '1793528499 1793528499280 1793528499280000001',
  ],
  [
    '{{ unixToTime "20758" }}|{{ unixToTime "1793527200123456" }}',
    '2026-11-01 00:00:00 +0000 UTC|2026-11-01 10:00:00.123456 +0000 UTC',
  ],
  ['{{ now.IsZero }} {{ gt now.Unix 1 }}', 'false true'],
  [
    '{{ date "2006-01-02 15:04" 0 }} {{ date "2006" (int "86400") }} {{ eq (date "2006" "x") (date "2006" now) }}',
    '1970-01-01 00:00 1970 true',
  ],
  ['{{ toDate "2006-01-02 15:04:05 -0700" "2026-11-01 12:00:00 +0900" | unixEpoch }}', '1793502000'],
  ['{{ toDateInZone "2006-01-02 15:04" "Europe/Berlin" "2026-07-01 12:00" }}', '2026-07-01 12:00:00 +0200 CEST'],
  [
    '{{ default "d" .empty }} {{ default "d" 0 }} {{ default "d" .x }} {{ default "d" }} {{ default 1 false }} {{ default 1 nil }}',
    'd d 5 d 1 1',
  ],
  [
    '{{ int "010" }} {{ int "08" }} {{ int "5.0" }} {{ int 3.9 }} {{ int true }} {{ int "1_000" }} {{ int nil }} {{ int "-3" }}',
    '8 0 5 3 1 1000 0 -3',
  ],
  ['{{ float64 "08" }} {{ float64 true }} {{ float64 "x" }} {{ float64 "inf" }}', '8 1 0 +Inf'],
  [
    '{{ add 1 2 3 }} {{ add }} {{ mul 2 3 4 }} {{ mul 5 }} {{ sub 1 3 }} {{ div 7 2 }} {{ mod 7 -3 }}',
    '6 0 24 5 -2 3 1',
  ],
  ['{{ max 1 3 2 }} {{ min 3 "1" 2 }} {{ max 4 }} {{ add 9223372036854775807 1 }}', '3 1 4 -9223372036854775808'],
  [
    '{{ addf 0.1 0.2 }} {{ addf }} {{ subf 1 0.9 }} {{ mulf 1.1 1.1 }} {{ divf 2 3 }} {{ divf 1e-20 3 }} {{ divf -2 3 }}',
    '0.3 0 0.1 1.21 0.6666666666666667 0 -0.6666666666666667',
  ],
  ['{{ maxf 1 2.5 "3" }} {{ minf 2 1.5 }} {{ ceil 1.1 }} {{ ceil "-1.5" }} {{ floor -1.1 }}', '3 1.5 2 -1 -2'],
  ['{{ round 2.345 2 }} {{ round 2.4 0 .3 }} {{ round -1.2 0 }} {{ round 1234 -2 }}', '2.35 3 -2 1200'],
  [
    '{{ (fromJson "{\\"a\\":{\\"b\\":[1,true,\\"x\\"]}}").a.b }} {{ fromJson "{" }} {{ fromJson "3.5" }} {{ fromJson "{\\"b\\":1,\\"a\\":null}" }}',
    '[1 true x] <no value> 3.5 map[a:<nil> b:1]',
  ],
  [
    '{{ printf "%s|%5d|%-5s|%q|%x|%t|%v|%.2f|%T" "a" 42 "b" "c" "hi" true nil 2.345 .x }}',
    'a|   42|b    |"c"|6869|true|<nil>|2.35|string',
  ],
  [
    '{{ printf "%d %s" 1 }} {{ printf "%d" 1 2 }} {{ printf "%d" "5" }}',
    '1 %!s(MISSING) 1%!(EXTRA int=2) %!d(string=5)',
  ],
  ['{{ print 1 2 "a" "b" 3 }}|{{ println "a" 1 }}', '1 2ab3|a 1\n'],
  [
    '{{ html "<a b=\\"c\\">\'" }} {{ js "a<b>\\n\\"é\\"" }} {{ urlquery "a b" "&" }}',
    '&lt;a b=&#34;c&#34;&gt;&#39; a\\u003Cb\\u003E\\u000A\\"é\\" a+b%26',
  ],
  [
    '{{ and .x .s }} {{ and .empty .s }} {{ or .empty .s }} {{ not .empty }} {{ .s | and .x }} {{ .s | or .empty }}',
    'Hello  Hello true Hello Hello',
  ],
  ['{{ index . "x" }}{{ index . "nope" }} {{ index "abc" 1 }} {{ index (fromJson "[[1,2]]") 0 1 }}', '5 98 2'],
  [
    '{{ slice "abcdef" 1 3 }} {{ slice "abc" 1 }} {{ slice (fromJson "[1,2,3]") 1 }} {{ len "été" }} {{ len (fromJson "[1,2]") }} {{ len . }}',
    'bc bc [2 3] 5 2 4',
  ],
  [
    '{{ eq 1 1 }} {{ eq "a" "b" "a" }} {{ ne 1 2 }} {{ lt "a" "b" }} {{ le 2 2 }} {{ gt 1.5 1.0 }} {{ ge 1 2 }} {{ eq (add 1 1) 2 }}',
    'true true true true true true false true',
  ],
];

describe('functions', () => {
  test.each(CASES)('%s', (template, output) => {
    expect(render(template, row)).toBe(output);
  });

  test('every function has a case', () => {
    const text = CASES.map(([template]) => template).join(' ');
    const missing = functionNames().filter((name) => !new RegExp(`(?<![\\w.])${name}(?!\\w)`).test(text));
    expect(missing).toEqual(['call']);
  });

  test.each([
    [
      "{{ 1 }} {{ 1.0 }} {{ 1e6 }} {{ 123456 | float64 }} {{ 0.00001 }} {{ 1e20 }} {{ 0x10 }} {{ 'a' }} {{ true }}",
      '1 1 1e+06 123456 1e-05 1e+20 16 97 true',
    ],
    ['{{ . }}', 'map[empty: s:Hello u:été x:5]'],
    [
      '{{ __timestamp__.Year }} {{ __timestamp__.Format "Jan _2" }} {{ __timestamp__.Month | printf "%d %s" 1 }}',
      '2026 Nov  1 1 November',
    ],
    [
      '{{ (__timestamp__.Add 1000000000).Unix }} {{ (__timestamp__.Truncate 3600000000000).Minute }} {{ (__timestamp__.AddDate 0 1 0).Month }}',
      '1793528500 0 December',
    ],
    ['{{ ((unixToTime "1793527260").Sub (unixToTime "1793527200")).Seconds }}', '60'],
  ])('prints values: %s', (template, output) => {
    expect(render(template, row)).toBe(output);
  });
});
