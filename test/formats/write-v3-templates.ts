import { join } from 'node:path';
import { writeSegmentFixture } from './fixture.ts';

/**
 * Writes `v3-templates/`: a segment of format version 3 whose lines are in template frames (codec 2), one shared by small streams and one
 * of a large stream alone, and the rows that must be read from it. Run once, before the codec was released; the files are never written
 * again, whatever the code becomes.
 */

const target = join(import.meta.dirname, 'v3-templates');

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const FROM_NS = BigInt(NOW_MS) * 1_000_000n - 36_000_000_000_000n;

let state = 20_261_124;
function below(count: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
}
const hex = (characters: number): string => Array.from({ length: characters }, () => below(16).toString(16)).join('');
const two = (n: number): string => String(n).padStart(2, '0');

/** Numbers, some with leading zeros or units, ids in both cases and of odd length, names from a few, texts, and lines that have no like. */
const FORMS: Readonly<Record<string, (i: number) => string>> = {
  'templates-a': (i) =>
    `10.0.${below(256)}.${below(256)} - - [24/Nov/2026:02:${two(below(60))}:${two(i % 60)}] "${['GET', 'POST'][below(2)]} /items/${below(90_000)} HTTP/1.1" ${[200, 404, 500][below(3)]} ${below(5000)} ${below(900)}ms`,
  'templates-b': (i) =>
    i % 20 === 7
      ? ['', 'no other line is like this', 'nor \u2013 this one\u2026'][below(3)]!
      : JSON.stringify({ seq: 999_999_999_999_000 + i, id: hex(32), short: hex(7), up: hex(8).toUpperCase(), user: `user_${below(9)}`, text: 'xyz\u00fc '.slice(below(4)) }),
  'templates-c': (i) => `level=${['info', 'warn', 'error'][below(3)]} at=1700${String(below(1e9)).padStart(12, '0')} batch=${i} of=${'9'.repeat(17 + (i % 3))}`,
  'templates-large': (i) => `${i} ${hex(256)} ${hex(300)} ${'the same in every line, '.repeat(22)}${below(1e6)}`,
};

const streams = Object.entries(FORMS).map(([app, lineOf], s) => ({
  stream: { app },
  values: Array.from({ length: app === 'templates-large' ? 130 : 60 }, (_, i) => [String(FROM_NS + BigInt(i * 1000 + s)), lineOf(i)]),
}));

await writeSegmentFixture(target, NOW_MS, streams);
