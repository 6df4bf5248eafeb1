import { expect, test } from 'vitest';
import { PushBatch } from '../../../src/wire/push/push-batch.ts';
import { decodePushJson } from '../../../src/wire/push/push-json.ts';
import { decodePushLegacyJson } from '../../../src/wire/push/push-legacy-json.ts';
import { readBatch } from '../../support/read-batch.ts';

function decode(text: string | Buffer): ReturnType<typeof readBatch> {
  const batch = new PushBatch();
  decodePushJson(Buffer.from(text), batch);
  return readBatch(batch);
}

const one = (entry: string): string => `{"streams":[{"stream":{"a":"b"},"values":[${entry}]}]}`;

test('times are exact to the nanosecond, lines and metadata as they were', () => {
  const line = 'tab\t "quoted" \\ / 한글 😀 \u0001 \u007f';
  const body = JSON.stringify({
    streams: [{ stream: { b: '2', a: '1"x' }, values: [['1700000000123456789', line, { k: 'v\n', 'x.y': '한' }]] }],
  });
  expect(decode(body)).toEqual([
    {
      labels: '{a="1\\"x", b="2"}',
      ns: 1700000000123456789n,
      line,
      metadata: [
        ['k', 'v\n'],
        ['x.y', '한'],
      ],
    },
  ]);
});

test('escapes of every kind', () => {
  const [entry] = decode(one(String.raw`["1","\ud55c\uae00 \ud83d\ude00 \u00e9 \u0041 \b\f\n\r\t\/\\\""]`));
  expect(entry!.line).toBe('한글 😀 é A \b\f\n\r\t/\\"');
});

test.each([
  ['9223372036854775807', 9223372036854775807n],
  ['-1', -1n],
  ['-1000000001', -1000000001n],
  ['0', 0n],
  ['0000000000000000000000000000001700000000000000000', 1700000000000000000n],
])('time %s', (text, ns) => {
  expect(decode(one(`["${text}","x"]`))[0]!.ns).toBe(ns);
});

test.each(['9223372036854775808', '99999999999999999999', '1.5', '', '-', 'abc', '1e9'])(
  'time %s is refused',
  (text) => {
    expect(() => decode(one(`["${text}","x"]`))).toThrow('timestamp');
  },
);

test('label values that are no strings keep their source text', () => {
  const body = '{"streams":[{"stream":{"n":1.50,"t":true,"z":null},"values":[["1","x"]]}]}';
  expect(decode(body)[0]!.labels).toBe('{n="1.50", t="true", z="null"}');
});

test('unknown members, late labels, extra elements and what follows the value do not matter', () => {
  const body =
    '{"x":[{"y":"]"}],"streams":[{"values":[["1","l",{},["4th"],5]],"q":{},"stream":{"a":"b"}}],"z":1} trailing }';
  expect(decode(body)).toEqual([{ labels: '{a="b"}', ns: 1n, line: 'l', metadata: [] }]);
});

test.each([
  ['lone high surrogate', one('["1","\\ud800"]')],
  ['lone low surrogate', one('["1","\\udc00 x"]')],
  ['lone surrogate in a label', '{"streams":[{"stream":{"a":"\\ud800"},"values":[["1","x"]]}]}'],
  ['lone surrogate in metadata', one('["1","x",{"k":"\\udfff"}]')],
  ['bad escape', one('["1","\\q"]')],
  ['cut escape', one('["1","\\u12"]')],
  ['open string', '{"streams":[{"stream":{"a":"b'],
  ['open array', '{"streams":['],
  ['array at the top', '[]'],
  ['a number', '5'],
  ['array label value', '{"streams":[{"stream":{"a":["b"]},"values":[["1","x"]]}]}'],
  ['empty entry', one('[]')],
])('%s is refused', (_name, body) => {
  expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'PUSH_DECODE', status: 400 }));
});

test('deep nesting in a skipped value costs no stack', () => {
  const depth = 1_000_000;
  expect(decode(`{"x":${'['.repeat(depth)}${']'.repeat(depth)},"streams":[]}`)).toEqual([]);
});

test('the old format', () => {
  const batch = new PushBatch();
  const body = {
    streams: [
      {
        labels: '{app="a\\"b"}',
        entries: [
          { ts: '2026-01-02T03:04:05.123456789Z', line: 'x', structuredMetadata: { k: 'v' } },
          { ts: '2026-01-02T04:04:05.5+01:00', line: 'y' },
        ],
      },
    ],
  };
  decodePushLegacyJson(Buffer.from(JSON.stringify(body)), batch);
  expect(readBatch(batch)).toEqual([
    { labels: '{app="a\\"b"}', ns: 1767323045123456789n, line: 'x', metadata: [['k', 'v']] },
    { labels: '{app="a\\"b"}', ns: 1767323045500000000n, line: 'y', metadata: [] },
  ]);
  const bad = { streams: [{ labels: '{}', entries: [{ ts: '2026-02-30T00:00:00Z', line: 'x' }] }] };
  expect(() => decodePushLegacyJson(Buffer.from(JSON.stringify(bad)), batch)).toThrow('parsing time');
});
