import { join } from 'node:path';
import { writeSegmentFixture } from './fixture.ts';

/**
 * Writes `v2-times/`: a segment of format version 2 with times in every coding, and the rows that must be read from it. Run once, before
 * the version was released; the files are never written again, whatever the code becomes.
 */

const target = join(import.meta.dirname, 'v2-times');

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const FROM_NS = BigInt(NOW_MS) * 1_000_000n - 36_000_000_000_000n;

/** Steps between rows in nanoseconds; random ones are the same at every run. */
function steps(app: string): number[] {
  let state = app.length;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const kinds: Readonly<Record<string, () => number>> = {
    'random-ns': () => 1 + Math.floor(-Math.log(1 - random()) * 3e9),
    'random-us': () => 1000 * Math.floor(-Math.log(1 - random()) * 3e5),
    'every-second': () => 1_000_000_000,
    'bursts-ns': () => (random() < 0.02 ? 1e11 + Math.floor(random() * 1e11) : Math.floor(random() * 100_000)),
    few: () => 1 + Math.floor(random() * 1e9),
  };
  return Array.from({ length: app === 'few' ? 5 : 300 }, kinds[app]!);
}

const streams = ['random-ns', 'random-us', 'every-second', 'bursts-ns', 'few'].map((app) => {
  let ns = FROM_NS;
  const values = steps(app).map((step, i) => {
    ns += BigInt(step);
    return [String(ns), `line ${i} of ${app}`];
  });
  return { stream: { app }, values };
});

await writeSegmentFixture(target, NOW_MS, streams);
