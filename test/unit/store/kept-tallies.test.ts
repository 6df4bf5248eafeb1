import { expect, test, vi } from 'vitest';
import type { Tally } from '../../../src/chunk/tally.ts';
import { KeptTallies, SegmentTally } from '../../../src/store/segments/kept-tallies.ts';

const ENTRIES = 1000;
/** Four bytes an entry, and where the entries of one block begin and end. */
const BYTES = ENTRIES * 4 + 8;

function tallyOf(): Tally {
  return {
    starts: Uint32Array.of(0, ENTRIES),
    minutes: new Uint16Array(ENTRIES),
    levels: new Uint8Array(ENTRIES),
    counts: new Uint8Array(ENTRIES),
  };
}

function setup(room: number) {
  let maxBytes = room * BYTES;
  const kept = new KeptTallies(() => maxBytes);
  const load = vi.fn(tallyOf);
  const make = (): SegmentTally => new SegmentTally(kept, tallyOf(), load);
  return { kept, load, make, setRoom: (count: number) => (maxBytes = count * BYTES) };
}

/** Weak references hold until the work at hand is done, and longer if nothing collects them. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.gc?.();
  }
}

test('what fits is kept, and what does not is there while it is used', () => {
  const { kept, load, make } = setup(2);
  const tallies = [make(), make(), make()];
  expect(kept.bytes).toBe(2 * BYTES);
  for (const tally of tallies) expect(tally.get()).toBe(tally.get());
  expect(load).not.toHaveBeenCalled();
});

test('one that no query has asked for lately gives way, one that each query asks for stays', () => {
  const { kept, load, make } = setup(2);
  const [asked, idle] = [make(), make()];
  const first = asked.get();
  for (let i = 0; i < 20; i++) {
    kept.beginQuery();
    asked.get();
  }
  const late = make();
  expect(kept.bytes).toBe(2 * BYTES);
  idle.end();
  expect(kept.bytes).toBe(2 * BYTES);
  late.end();
  expect(kept.bytes).toBe(BYTES);
  expect(asked.get()).toBe(first);
  expect(load).not.toHaveBeenCalled();
});

test('of many that all queries ask for, some stay', () => {
  const { kept, make } = setup(3);
  const tallies = Array.from({ length: 10 }, make);
  const before = tallies.map((tally) => tally.get());
  for (let i = 0; i < 30; i++) {
    kept.beginQuery();
    for (const tally of tallies) tally.get();
  }
  expect(kept.bytes).toBe(3 * BYTES);
  for (const i of [0, 1, 2]) expect(tallies[i]!.get()).toBe(before[i]);
});

test('less room makes some go, and those whose directory is gone do not come back', async () => {
  const { kept, make, setRoom } = setup(3);
  const tallies = [make(), make(), make()];
  setRoom(1);
  kept.trim();
  expect(kept.bytes).toBe(BYTES);
  setRoom(3);
  for (const tally of tallies) tally.end();
  expect(kept.bytes).toBe(0);
  await collected();
  expect(tallies.map((tally) => tally.get().counts.length)).toEqual([ENTRIES, ENTRIES, ENTRIES]);
  expect(kept.bytes).toBe(0);
});
