import { expect, test } from 'vitest';
import { foldOrbit, simpleFold } from '../../../../src/base/regex/fold.ts';

test('orbits hold what differs in case only', () => {
  expect(foldOrbit(0x6b)).toEqual([0x4b, 0x6b, 0x212a]);
  expect(foldOrbit(0x212a)).toEqual([0x4b, 0x6b, 0x212a]);
  expect(foldOrbit(0x17f)).toEqual([0x53, 0x73, 0x17f]);
  expect(foldOrbit(0xb5)).toEqual([0xb5, 0x39c, 0x3bc]);
  expect(foldOrbit(0x31)).toEqual([0x31]);
  // The Turkish letters fold with nothing.
  expect(foldOrbit(0x131)).toEqual([0x131]);
  expect(foldOrbit(0x130)).toEqual([0x130]);
});

test('simpleFold walks an orbit round', () => {
  for (const start of [0x41, 0x4b, 0xdf, 0x3a3, 0x1f80, 0x10400]) {
    const seen: number[] = [];
    for (let c = start; !seen.includes(c); c = simpleFold(c)) seen.push(c);
    expect(seen.sort((a, b) => a - b)).toEqual(foldOrbit(start));
  }
});

test('members are equal for a regex of the language that ignores case', () => {
  let checked = 0;
  for (let c = 0x80; c <= 0x1e943; c++) {
    const orbit = foldOrbit(c);
    if (orbit.length === 1) continue;
    const regex = new RegExp(`^\\u{${c.toString(16)}}$`, 'iu');
    for (const member of orbit) expect(regex.test(String.fromCodePoint(member)), `${c} ${member}`).toBe(true);
    checked++;
  }
  expect(checked).toBeGreaterThan(2000);
});
