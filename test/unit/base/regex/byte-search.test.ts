import { expect, test } from 'vitest';
import { createByteSearch } from '../../../../src/base/regex/byte-search.ts';
import { createRandom } from '../../../support/random-regex.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

test('finds what a plain search finds, within the bounds only', () => {
  const random = createRandom(3);
  for (let i = 0; i < 5000; i++) {
    const length = random.int(i % 50 === 0 ? 5000 : 60);
    const text = Array.from({ length }, () => random.pick(['a', 'b', 'A', 'B', '-', '\xe9'])).join('');
    const start = random.int(text.length + 1);
    const end = start + random.int(text.length - start + 1);
    const wanted = Array.from({ length: random.int(5) }, () => random.pick(['a', 'b', '-', '\xe9'])).join('');
    const bytes = bytesOf(text);
    for (const ignoreCase of [false, true]) {
      const search = createByteSearch({ bytes: bytesOf(wanted), ignoreCase });
      const folded = ignoreCase ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
      const at = folded.slice(start, end).indexOf(wanted);
      expect(search.indexOf(bytes, start, end)).toBe(at < 0 ? -1 : at + start);
      expect(search.findNext(Buffer.from(bytes), start)).toBe(folded.indexOf(wanted, start));
    }
  }
});

test('searches shared memory', () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(5000));
  bytes.set(bytesOf('needle'), 4000);
  const search = createByteSearch({ bytes: bytesOf('needle'), ignoreCase: false });
  expect(search.indexOf(bytes, 10, 5000)).toBe(4000);
  expect(search.indexOf(bytes, 10, 4005)).toBe(-1);
});
