import { expect, test } from 'vitest';
import { PageTable } from '../../../src/head/page-table.ts';
import { HeadPart } from '../../../src/head/part.ts';
import { SLAB_BYTES, SlabArena, SlabPool } from '../../../src/head/slab-pool.ts';
import { PlannedTask } from '../../../src/query/plan/planned-task.ts';
import { PartList } from '../../../src/query/task/task-parts.ts';
import { type HeadSource, withOwnPages } from '../../../src/store/snapshot/part-source.ts';
import type { PartRef } from '../../../src/store/snapshot/select.ts';
import { headPartRef, headStretches } from '../../support/head-pages.ts';

const DAY = -3;
const line = Buffer.from('a line of some length, so that pages are full soon: '.repeat(8));

/** Rows at descending times make a part that is not sorted. */
function makeParts(arena: SlabArena, rowCounts: readonly number[], sorted = true): HeadPart[] {
  const pages = new PageTable(arena);
  return rowCounts.map((rows, i) => {
    const part = new HeadPart(i + 1, ['app', `a\u0000${i}`], DAY, pages);
    for (let row = 0; row < rows; row++)
      part.append(sorted ? row * 10 : (rows - row) * 10, line, 0, line.length, 2, line, 0, 0);
    return part;
  });
}

/** The fields of a part, whatever its class, with the numbers of its pages. */
function plain(part: PartRef): unknown {
  const { streamId, streamLabels, day, minOffsetNs, maxOffsetNs, rowCount, lineBytes, metadataBytes } = part;
  const sources = (part.sources as readonly HeadSource[]).map(({ slabs, pages, first, end, sorted }) => ({
    bytes: slabs.map(({ byteLength }) => byteLength),
    pages: [...pages.subarray(first * 6, end * 6)],
    sorted,
  }));
  return { streamId, streamLabels, day, minOffsetNs, maxOffsetNs, rowCount, lineBytes, metadataBytes, sources };
}

test('open parts come to a thread as they are in the head, in their order', () => {
  const arena = new SlabArena(new SlabPool(2 * SLAB_BYTES));
  const parts = [...makeParts(arena, [1, 40, 3]), ...makeParts(arena, [200], false)];
  parts[3] = Object.assign(parts[3]!, { streamId: 9 });
  const stretches = headStretches(parts, arena);
  const task = new PlannedTask(stretches);
  for (const i of [2, 3, 1]) task.addLoose(i, 6, 1000 + i);
  const crossed = new PartList(structuredClone(task.parts()));
  expect(crossed.count).toBe(3);
  for (const [k, i] of [2, 3, 1].entries()) {
    expect(plain(crossed.part(k))).toEqual(plain({ ...headPartRef(parts[i]!, arena), metadataBytes: 0 }));
    expect(plain(crossed.part(k))).toEqual(plain(stretches.part(i)));
    expect([crossed.fromOffsetNs(k), crossed.toOffsetNs(k)]).toEqual([6, 1000 + i]);
    expect([crossed.day(k), crossed.streamId(k), crossed.place(k)]).toEqual([
      DAY,
      parts[i]!.streamId,
      stretches.place(i),
    ]);
  }
  // Pages of the parts that the task reads, and no others.
  expect(task.parts().heads.pages).toHaveLength((parts[1]!.pageCount + parts[2]!.pageCount + parts[3]!.pageCount) * 6);
  arena.release();
});

test('a part of several sources takes along its own pages alone', () => {
  const source = {
    kind: 'head',
    slabs: [],
    pages: new Float64Array(6_000).map((_, i) => i),
    first: 5,
    end: 7,
    sorted: true,
  };
  const segment = { kind: 'segment', segment: {}, first: 0, end: 1 };
  const own = withOwnPages({ sources: [segment, source] } as unknown as PartRef);
  expect(own.sources[0]).toBe(segment);
  expect(own.sources[1]).toEqual({
    ...source,
    pages: Float64Array.from({ length: 12 }, (_, i) => 30 + i),
    first: 0,
    end: 2,
  });
});
