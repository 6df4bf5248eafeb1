import { describe, expect, it } from 'vitest';
import { dayOf, dayStartNs } from '../../../src/model/time.ts';
import { JsonBytes } from '../../../src/wire/json/json-bytes.ts';
import {
  type EntryFormat,
  type EntryLabels,
  entryEnd,
  putEntry,
  streamJson,
} from '../../../src/wire/result/entry-json.ts';

const LABELS: EntryLabels = {
  all: ['a', 'b', 'm', '1', 'p', '2'],
  categorized: { stream: ['a', 'b'], structuredMetadata: ['m', '1'], parsed: ['p', '2'] },
};
const PLAIN: EntryLabels = { all: ['a', 'b'] };

function entry(timeNs: bigint, line: string, labels: EntryLabels, format: EntryFormat): string {
  const out = new JsonBytes();
  const bytes = Buffer.from(`<${line}>`);
  const day = dayOf(timeNs);
  const offsetNs = Number(timeNs - dayStartNs(day));
  putEntry(out, format, day, offsetNs, bytes, 1, bytes.length - 1, Buffer.from(entryEnd(labels, format)));
  return Buffer.from(out.finish()).toString();
}

describe('entries', () => {
  it.each([
    [1n, '1'],
    [-1n, '-1'],
    [999_999_999_999_999_999n, '999999999999999999'],
    [1_000_000_000_000_000_000n, '1000000000000000000'],
    [1_795_467_593_000_000_007n, '1795467593000000007'],
    [10_000_000_000_000_000_000n, '10000000000000000000'],
  ])('have their exact time: %s', (timeNs, text) => {
    expect(entry(timeNs, 'x', PLAIN, 'plain')).toBe(`["${text}","x"]`);
  });

  it('have escaped lines, also of text that is not ASCII', () => {
    expect(entry(5n, 'a"<&>\n', PLAIN, 'plain')).toBe('["5","a\\"<&>\\n"]');
    expect(entry(5n, '한"', PLAIN, 'plain')).toBe('["5","한\\""]');
  });

  it('have a third element with categories', () => {
    expect(entry(1n, 'x', LABELS, 'categorized')).toBe('["1","x",{"structuredMetadata":{"m":"1"},"parsed":{"p":"2"}}]');
    const bare: EntryLabels = { all: [], categorized: { stream: [], structuredMetadata: [], parsed: [] } };
    expect(entry(2n, 'y', bare, 'categorized')).toBe('["2","y",{}]');
    expect(entry(2n, 'y', LABELS, 'plain')).toBe('["2","y"]');
  });

  it('have a time as RFC 3339 in the legacy format', () => {
    expect(entry(1_000_000_000n, 'x', LABELS, 'legacy')).toBe('{"ts":"1970-01-01T00:00:01Z","line":"x"}');
  });

  it('stand behind the labels of their stream', () => {
    expect(streamJson(LABELS, 'plain')).toBe('{"a":"b","m":"1","p":"2"}');
    expect(streamJson(LABELS, 'categorized')).toBe('{"a":"b"}');
    expect(streamJson(PLAIN, 'legacy')).toBe('"{a=\\"b\\"}"');
  });
});
