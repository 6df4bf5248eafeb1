import { describe, expect, test } from 'vitest';
import { fixedZone, GoTime, loadZone, UTC, ZERO_TIME } from '../../../../src/base/go/time.ts';
import { goTimeFormat, timeText } from '../../../../src/base/go/time-format.ts';
import { goTimeParse } from '../../../../src/base/go/time-parse.ts';

const moment = 1_793_528_462_376_663_411n; // 2026-11-01T10:21:02.376663411Z, a Sunday

describe('goTimeFormat', () => {
  test.each([
    ['2006-01-02T15:04:05Z07:00', '2026-11-01T10:21:02Z'],
    ['Mon Jan _2 15:04:05 MST 2006', 'Sun Nov  1 10:21:02 UTC 2026'],
    ['Monday, 2 January 06', 'Sunday, 1 November 26'],
    ['3:04PM 03:4:5 pm', '10:21AM 10:21:2 am'],
    ['05.000 05.999 05,000000 .000', '02.376 02.376 02,376663 .376'],
    ['002 __2 1 01', '305 305 11 11'],
    ['-0700 -07:00 -07 Z0700', '+0000 +00:00 +00 Z'],
    ['year 2006, Month', 'year 2026, Month'],
  ])('%s', (layout, text) => expect(goTimeFormat(moment, layout)).toBe(text));

  test('in other zones', () => {
    expect(goTimeFormat(moment, '2006-01-02 15:04:05 -0700 MST', loadZone('Asia/Seoul'))).toBe(
      '2026-11-01 19:21:02 +0900 KST',
    );
    expect(goTimeFormat(moment, '15:04 Z07:00', fixedZone(-(3 * 3600 + 1800)))).toBe('06:51 -03:30');
    expect(goTimeFormat(moment, 'MST', loadZone('America/New_York'))).toBe('EST');
    expect(goTimeFormat(moment, 'MST', loadZone('Europe/Berlin'))).toBe('CET');
  });

  test('far from now', () => {
    expect(timeText(ZERO_TIME)).toBe('0001-01-01 00:00:00 +0000 UTC');
    expect(timeText(new GoTime(-1n))).toBe('1969-12-31 23:59:59.999999999 +0000 UTC');
    expect(timeText(new GoTime(951_782_400_000_000_000n))).toBe('2000-02-29 00:00:00 +0000 UTC');
  });
});

describe('goTimeParse', () => {
  test.each([
    ['2006-01-02', '2026-11-01', 1_793_491_200n],
    ['2006-01-02T15:04:05Z07:00', '2026-11-01T19:00:00+09:00', 1_793_527_200n],
    ['2006-01-02T15:04:05Z07:00', '2026-11-01T10:00:00Z', 1_793_527_200n],
    ['Jan _2 2006 3:04PM', 'Nov  1 2026 10:00AM', 1_793_527_200n],
    ['Monday 02-January-06 15:04 -0700', 'sunday 01-november-26 10:00 +0000', 1_793_527_200n],
    ['2006 002', '2026 305', 1_793_491_200n],
    ['2006', '1969', -31_536_000n],
  ])('%s %s', (layout, text, seconds) => expect(goTimeParse(layout, text)?.ns).toBe(seconds * 1_000_000_000n));

  test('fractions', () => {
    expect(goTimeParse('2006-01-02T15:04:05', '2026-11-01T10:21:02.376663411')?.ns).toBe(moment);
    expect(goTimeParse('2006-01-02T15:04:05.000', '2026-11-01T10:21:02.376')?.ns).toBe(1_793_528_462_376_000_000n);
    expect(goTimeParse('2006-01-02T15:04:05.000', '2026-11-01T10:21:02')).toBeUndefined();
  });

  test.each([
    ['2006-01-02', '2026-02-29'],
    ['2006-01-02', '2026-13-01'],
    ['2006-01-02', '2026-00-01'],
    ['2006-01-02', '2026-11-01x'],
    ['2006-01-02', 'not a date'],
    ['15:04', '25:00'],
  ])('refuses %s %s', (layout, text) => expect(goTimeParse(layout, text)).toBeUndefined());

  test('zones', () => {
    const seoul = loadZone('Asia/Seoul') ?? UTC;
    expect(goTimeParse('2006-01-02 15:04', '2026-11-01 19:00', seoul)?.unixSeconds()).toBe(1_793_527_200n);
    expect(loadZone('Nowhere/Zone')).toBeUndefined();
    expect(loadZone('../etc/passwd')).toBeUndefined();
  });
});
