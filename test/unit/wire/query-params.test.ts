import { describe, expect, it } from 'vitest';
import {
  parseBounds,
  parseDetectedFieldsParams,
  parseInstantParams,
  parseRangeParams,
  parseTimestamp,
  parseVolumeParams,
} from '../../../src/wire/query-params.ts';

const NOW_NS = 1_800_000_000_000_000_000n;
const params = (pairs: Record<string, string>): URLSearchParams => new URLSearchParams(pairs);
const rangeError = (pairs: Record<string, string>): (() => unknown) => {
  return () => parseRangeParams(params({ start: '1000', end: '4600', ...pairs }), NOW_NS);
};

describe('timestamps', () => {
  it.each([
    ['1793529000', 1_793_529_000_000_000_000n],
    ['1793529000.25', 1_793_529_000_250_000_000n],
    ['1793529000.0004', 1_793_529_000_000_000_000n],
    ['1793529000000000001', 1_793_529_000_000_000_001n],
    // Thirteen digits are nanoseconds too.
    ['1793529000000', 1_793_529_000_000n],
    ['-5', -5_000_000_000n],
    ['2026-11-01T10:30:00Z', 1_793_529_000_000_000_000n],
    ['2026-11-01T11:30:00.000000001+01:00', 1_793_529_000_000_000_001n],
  ])('%s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  it.each([
    ['abc', 'strconv.ParseInt: parsing "abc": invalid syntax'],
    ['2026-02-30T00:00:00Z', 'strconv.ParseInt: parsing "2026-02-30T00:00:00Z": invalid syntax'],
    ['99999999999999999999', 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ])('%s is refused', (text, message) => {
    expect(() => parseTimestamp(text)).toThrow(message);
  });
});

describe('bounds', () => {
  it('default to the hour before now', () => {
    expect(parseBounds(params({}), NOW_NS)).toEqual({ startNs: NOW_NS - 3_600_000_000_000n, endNs: NOW_NS });
  });

  it('count since from the end, or from now when the end lies ahead', () => {
    expect(parseBounds(params({ end: '1000', since: '90s' }), NOW_NS).startNs).toBe(910_000_000_000n);
    const ahead = parseBounds(params({ end: String(NOW_NS + 60_000_000_000n), since: '1m' }), NOW_NS);
    expect(ahead.startNs).toBe(NOW_NS - 60_000_000_000n);
  });

  it('ignore since when a start is given', () => {
    expect(parseBounds(params({ start: '10', end: '20', since: '1d' }), NOW_NS).startNs).toBe(10_000_000_000n);
  });

  it('name the parameter that does not parse', () => {
    expect(() => parseBounds(params({ start: 'x' }), NOW_NS)).toThrow(
      `could not parse 'start' parameter: strconv.ParseInt: parsing "x": invalid syntax`,
    );
    expect(() => parseBounds(params({ since: 'abc' }), NOW_NS)).toThrow(
      `could not parse 'since' parameter: not a valid duration string: "abc"`,
    );
  });
});

describe('range parameters', () => {
  it('have defaults', () => {
    const parsed = parseRangeParams(params({ start: '1000', end: '4600', query: 'q' }), NOW_NS);
    expect(parsed).toMatchObject({
      query: 'q',
      limit: 100,
      direction: 'backward',
      stepNs: 14_000_000_000n,
      intervalNs: 0n,
    });
  });

  it('take seconds and durations for step', () => {
    const step = (text: string): bigint =>
      parseRangeParams(params({ start: '0', end: '3600', step: text }), NOW_NS).stepNs;
    expect(step('450.5')).toBe(450_500_000_000n);
    expect(step('1m30s')).toBe(90_000_000_000n);
    expect(step('15000ms')).toBe(15_000_000_000n);
  });

  it.each([
    [{ limit: '-5' }, 'limit must be a positive value'],
    [{ limit: '0' }, 'limit must be a positive value'],
    [{ limit: 'abc' }, 'strconv.Atoi: parsing "abc": invalid syntax'],
    [{ direction: 'sideways' }, "invalid direction 'sideways'"],
    [{ step: '0' }, 'zero or negative query resolution step widths are not accepted. Try a positive integer'],
    [{ step: '-3' }, 'zero or negative query resolution step widths are not accepted. Try a positive integer'],
    [{ step: '-10s' }, 'cannot parse "-10s" to a valid duration'],
    [{ step: '1.5m' }, 'cannot parse "1.5m" to a valid duration'],
    [{ step: '1e30' }, 'cannot parse "1e30" to a valid duration. It overflows int64'],
    [
      { step: '0.3' },
      'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter',
    ],
    [{ interval: '-1' }, 'interval must be >= 0'],
    [{ end: '900' }, 'end timestamp must not be before or equal to start time'],
  ])('%j is refused', (pairs, message) => {
    expect(rangeError(pairs as Record<string, string>)).toThrow(message);
  });

  it('allow an end that equals the start', () => {
    expect(rangeError({ end: '1000' })).not.toThrow();
  });

  it('take the direction in any case', () => {
    expect(parseRangeParams(params({ direction: 'FORWARD' }), NOW_NS).direction).toBe('forward');
  });
});

describe('other endpoints', () => {
  it('instant: the time is now, or as given, and its error has no prefix', () => {
    expect(parseInstantParams(params({}), NOW_NS).timeNs).toBe(NOW_NS);
    expect(() => parseInstantParams(params({ time: 'noon' }), NOW_NS)).toThrow(
      /^strconv.ParseInt: parsing "noon": invalid syntax$/,
    );
  });

  it('volume: limit 0 means the default', () => {
    expect(parseVolumeParams(params({ limit: '0', targetLabels: 'a,,b' }), NOW_NS, false)).toMatchObject({
      limit: 100,
      targetLabels: ['a', 'b'],
      aggregateBy: 'series',
      stepNs: undefined,
    });
    expect(() => parseVolumeParams(params({ aggregateBy: 'x' }), NOW_NS, false)).toThrow('invalid aggregation option');
    expect(() => parseVolumeParams(params({ limit: '-1' }), NOW_NS, false)).toThrow('limit must be a positive value');
  });

  it('detected fields: field_limit goes before limit', () => {
    expect(parseDetectedFieldsParams(params({ limit: '5', field_limit: '7', line_limit: '9' }), NOW_NS)).toMatchObject({
      fieldLimit: 7,
      lineLimit: 9,
    });
    expect(parseDetectedFieldsParams(params({}), NOW_NS)).toMatchObject({ fieldLimit: 1000, lineLimit: 100 });
  });
});
