import fc from 'fast-check';
import { expect, test } from 'vitest';
import { B_LINE_BYTES, B_LINES, B_MAX, B_MIN, B_ROWS, BLOCK_FIELDS, setBlockTime } from '../../src/chunk/directory.ts';
import { dayStartNs } from '../../src/model/time.ts';
import { LogOrder } from '../../src/query/plan/log-order.ts';
import { tasksWithin } from '../../src/query/plan/log-within.ts';
import type { PlannedTask } from '../../src/query/plan/planned-task.ts';
import { PART_BYTES } from '../../src/query/plan/task-plan.ts';
import { SharedBound } from '../../src/query/task/shared-bound.ts';
import { IN_HEAD, LOOSE, P_END, P_FIRST, P_SOURCE, P_STREAM, PART_FIELDS } from '../../src/query/task/task-parts.ts';
import { LabelTable } from '../../src/store/segments/shared-labels.ts';
import { streamColumns } from '../../src/store/segments/stream-columns.ts';
import type { SegmentRun, SelectedRuns } from '../../src/store/snapshot/segment-runs.ts';
import type { PartRef } from '../../src/store/snapshot/select.ts';
import { type SelectedSegment, Stretches } from '../../src/store/snapshot/stretches.ts';

const DAY = 20_000;
const SMALL = 1000;
const BIG = 200_000;

/** Times of the blocks of each stream, ascending. */
interface Setup {
  readonly segments: readonly (readonly (readonly number[])[])[];
  readonly big: boolean;
  readonly loose: readonly number[];
  readonly backward: boolean;
  readonly cost: number;
  readonly sampled: boolean;
  readonly streamsPerFrame: number;
}

const setups: fc.Arbitrary<Setup> = fc.record({
  segments: fc.array(
    fc.array(
      fc
        .uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 3 })
        .map((list) => list.sort((a, b) => a - b)),
      { minLength: 1, maxLength: 40 },
    ),
    { maxLength: 3 },
  ),
  big: fc.boolean(),
  loose: fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 5 }),
  backward: fc.boolean(),
  cost: fc.constantFrom(1, 60_000, 1e9),
  sampled: fc.boolean(),
  streamsPerFrame: fc.integer({ min: 1, max: 8 }),
});

interface Item {
  readonly name: string;
  readonly ns: number;
}

function segmentOf(ordinal: number, streams: Setup['segments'][number], setup: Setup): SelectedSegment {
  const count = streams.reduce((sum, { length }) => sum + length, 0);
  const blocks = new Uint32Array(count * BLOCK_FIELDS);
  const firstBlocks = new Uint32Array(streams.length + 1);
  let block = 0;
  for (const [stream, times] of streams.entries()) {
    for (const ns of times) {
      const at = block++ * BLOCK_FIELDS;
      setBlockTime(blocks, at + B_MIN, ns);
      setBlockTime(blocks, at + B_MAX, ns);
      blocks[at + B_ROWS] = 1;
      blocks[at + B_LINE_BYTES] = setup.big ? BIG : SMALL;
      blocks[at + B_LINES] = Math.floor(stream / setup.streamsPerFrame);
    }
    firstBlocks[stream + 1] = block;
  }
  const tally = { starts: new Uint32Array(count + 1), minutes: [], levels: [], counts: [] };
  const directory = { blocks, frames: [], metadataNames: [], tally } as unknown as SelectedSegment['directory'];
  const streamIds = Uint32Array.from(streams, (_, stream) => stream);
  const columns = streamColumns(directory, firstBlocks);
  return { path: `${ordinal}`, day: DAY, directory, columns, streamIds, firstBlocks, largestId: 100, ordinal };
}

function selectedOf(setup: Setup): { selected: SelectedRuns; items: Item[] } {
  const segments = setup.segments.map((streams, ordinal) => segmentOf(ordinal, streams, setup));
  const others = new Stretches(new LabelTable(() => []), segments);
  const items: Item[] = [];
  for (const [number, ns] of setup.loose.entries()) {
    const range = { minOffsetNs: ns, maxOffsetNs: ns, rowCount: 1, lineBytes: SMALL };
    others.addLoose({ streamId: number, streamLabels: [], day: DAY, place: 0, sources: [], ...range } as PartRef);
    items.push({ name: `loose ${number}`, ns });
  }
  for (const [ordinal, streams] of setup.segments.entries())
    for (const [number, ns] of streams.flat().entries()) items.push({ name: `${ordinal} ${number}`, ns });
  const runs = segments.map((segment, source): SegmentRun => {
    const count = segment.streamIds.length;
    return { source, segment, streams: undefined, count };
  });
  return { selected: { runs, others }, items };
}

/** What a task reads, by the names of items. */
function namesOf(task: PlannedTask): string[] {
  const { count, numbers, segments } = task.parts();
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * PART_FIELDS;
    const source = numbers[at + P_SOURCE]!;
    if (source === LOOSE || source === IN_HEAD) names.push(`loose ${numbers[at + P_STREAM]!}`);
    else
      for (let block = numbers[at + P_FIRST]!; block < numbers[at + P_END]!; block++)
        names.push(`${segments[source]!.path} ${block}`);
  }
  return names;
}

/** Everything that is handed out, task by task. */
function handedOut(setup: Setup, selected: SelectedRuns, boundNs?: bigint): string[][] {
  const order = new LogOrder(selected, dayStartNs(0), dayStartNs(100_000), setup.backward);
  const first = setup.sampled ? order.first(setup.cost, 1000, 2, boundNs) : [];
  const tasks = first.filter((task) => !task.isEmpty).map(namesOf);
  for (;;) {
    const task = order.next(setup.cost, 0, boundNs);
    if (task.isEmpty) return tasks;
    tasks.push(namesOf(task));
  }
}

test('each block is handed out once', () => {
  fc.assert(
    fc.property(setups, (setup) => {
      const { selected, items } = selectedOf(setup);
      const names = handedOut(setup, selected).flat();
      expect(names.sort()).toEqual(items.map(({ name }) => name).sort());
    }),
  );
});

test('with a bound, no block is left out that can beat it', () => {
  fc.assert(
    fc.property(setups, fc.integer({ min: 0, max: 5000 }), (setup, bound) => {
      const { selected, items } = selectedOf(setup);
      const names = handedOut(setup, selected, dayStartNs(DAY) + BigInt(bound)).flat();
      expect(new Set(names).size).toBe(names.length);
      const isWanted = ({ ns }: Item): boolean => (setup.backward ? ns >= bound : ns <= bound);
      const wanted = items.filter(isWanted).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(wanted));
    }),
  );
});

test('what is best comes first, and a sample has the best of all', () => {
  fc.assert(
    fc.property(setups, (setup) => {
      const { selected, items } = selectedOf(setup);
      const goodness = new Map(items.map(({ name, ns }) => [name, setup.backward ? ns : -ns]));
      const best = (names: readonly string[]): number => Math.max(...names.map((name) => goodness.get(name)!));
      const tasks = handedOut({ ...setup, cost: 1 }, selected);
      for (let i = 1; i < tasks.length; i++) expect(best(tasks[i]!)).toBeLessThanOrEqual(best(tasks[i - 1]!));
      if (tasks.length > 0) expect(best(tasks[0]!)).toBe(best(items.map(({ name }) => name)));
    }),
  );
});

/** Segments of so many streams that they come in slices; times that come often, too. */
const large = fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(50, 5000)).chain(([seed, times]) => {
  let state = seed;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const streams = (count: number): number[][] => Array.from({ length: count }, () => [next(times)]);
  return setups.map((setup) => ({ ...setup, sampled: true, loose: [], segments: [streams(5000), streams(30)] }));
});

test('of thousands of streams each is handed out once, the best first', () => {
  fc.assert(
    fc.property(large, fc.integer({ min: 0, max: 5000 }), (setup, bound) => {
      const { selected, items } = selectedOf(setup);
      const tasks = handedOut(setup, selected);
      expect(tasks.flat().sort()).toEqual(items.map(({ name }) => name).sort());
      const goodness = new Map(items.map(({ name, ns }) => [name, setup.backward ? ns : -ns]));
      const best = Math.max(...goodness.values());
      // In one of those that begin side by side.
      expect(tasks.slice(0, 2).flatMap((names) => names.map((name) => goodness.get(name)))).toContain(best);
      const names = new Set(handedOut(setup, selected, dayStartNs(DAY) + BigInt(bound)).flat());
      for (const { name, ns } of items)
        if (setup.backward ? ns >= bound : ns <= bound) expect(names.has(name)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('what a bound leaves is in the tasks that begin side by side, and nothing else, unless it is too much', () => {
  const costs = fc.record({
    most: fc.constantFrom(20_000, 300_000, 1e9),
    least: fc.constantFrom(1, 50_000),
    tasks: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(setups, fc.integer({ min: 0, max: 5000 }), costs, (setup, bound, cost) => {
      const { selected, items } = selectedOf(setup);
      const query = { fromNs: dayStartNs(0), toNs: dayStartNs(100_000), backward: setup.backward };
      const tasks = tasksWithin(selected, query, { day: DAY, timeNs: dayStartNs(DAY) + BigInt(bound) }, cost);
      const isWanted = ({ ns }: Item): boolean => (setup.backward ? ns >= bound : ns <= bound);
      const wanted = items.filter(isWanted).map(({ name }) => name);
      if (tasks === undefined) {
        const each = (setup.big ? BIG : SMALL) + 1000 + PART_BYTES;
        expect(wanted.length * each).toBeGreaterThan(cost.most);
        return;
      }
      expect(tasks.length).toBeLessThanOrEqual(cost.tasks);
      expect(tasks.flatMap(namesOf).sort()).toEqual(wanted.sort());
    }),
  );
});

test('a bound by rows that were counted is never too good, and two per cent too far at most', () => {
  const times = fc.array(fc.integer({ min: 0, max: 86_400_000_000_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(times, times, fc.integer({ min: 1, max: 40 }), fc.boolean(), (a, b, limit, backward) => {
      const edge = backward ? 86_400_000_000_000 : 0;
      const bound = SharedBound.counting(backward, dayStartNs(DAY) + BigInt(edge));
      const other = new SharedBound(backward, bound.memory);
      bound.count(DAY, Float64Array.from(a), 0, a.length, limit);
      other.count(DAY, Float64Array.from([0, ...b, 0]), 1, b.length + 1, limit);
      // Whoever counts last sees all.
      bound.count(DAY, Float64Array.from([edge]), 0, 1, limit);
      const distances = [...a, ...b, edge].map((ns) => Math.abs(edge - ns)).sort((x, y) => x - y);
      const found = other.get();
      if (distances.length < limit) {
        expect(found).toBeUndefined();
        return;
      }
      const distance = Math.abs(Number(found! - dayStartNs(DAY)) - edge);
      expect(distance).toBeGreaterThanOrEqual(distances[limit - 1]!);
      expect(distance).toBeLessThanOrEqual(Math.max(1_000_800, distances[limit - 1]! * 1.025));
    }),
  );
});
