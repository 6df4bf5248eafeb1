import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { PageTable } from '../../src/head/page-table.ts';
import { HeadPart } from '../../src/head/part.ts';
import { SLAB_BYTES, SlabArena, SlabPool } from '../../src/head/slab-pool.ts';
import type { Labels } from '../../src/model/labels.ts';
import { encodeMetadata } from '../../src/model/metadata-bytes.ts';
import { compileLineFilters } from '../../src/query/pipeline/filters/line-filter.ts';
import { RowSelection } from '../../src/query/scan/row-selection.ts';
import { firstRowAfter, firstRowFrom } from '../../src/query/task/row-range.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import type { LoadOptions, PartRef } from '../../src/store/snapshot/select.ts';
import { headPartRef } from '../support/head-pages.ts';
import { zeroCounts } from '../support/store-rows.ts';

/** Rows of the head read by way of the kernel are those that are read page by page. */

const row = fc.record({
  step: fc.nat(3),
  line: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('', 'error', 'an Error in\nline', 'ärger', 'error error', 'fine') },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 3000 }).map((n) => `${'x'.repeat(n)}error`) },
    { weight: 1, arbitrary: fc.constantFrom('y'.repeat(70_000), 'z'.repeat(140_000)) },
  ),
  level: fc.constantFrom(0, 3, 255),
  metadata: fc.constantFrom<Labels>([], [], ['id', '1'], ['id', 'y'.repeat(40), 'user', 'ü']),
});

const setup = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 120, size: 'max' }),
  /** Rows without any metadata have sets of their own kind. */
  plain: fc.boolean(),
  from: fc.integer({ min: -1, max: 150 }),
  length: fc.integer({ min: 0, max: 300 }),
  reverse: fc.boolean(),
  names: fc.constantFrom(undefined, new Set<string>(), new Set(['id'])),
  filter: fc.constantFrom(
    undefined,
    { op: '|=', value: 'error' } as const,
    { op: '!=', value: 'error' } as const,
    { op: '|~', value: '(?i)error' } as const,
    { op: '|~', value: 'fine|an E' } as const,
    { op: '|=', value: 'in\nline' } as const,
    { op: '|=', value: 'nowhere' } as const,
  ),
});
type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

const pool = new SlabPool(8 * SLAB_BYTES);
const fail = (error: unknown): void => {
  throw error;
};
const withKernel = new PartLoader(fail);
const before = process.env['HALOGI_KERNELS'];
process.env['HALOGI_KERNELS'] = 'off';
const plain = new PartLoader(fail);

afterAll(() => {
  if (before === undefined) delete process.env['HALOGI_KERNELS'];
  else process.env['HALOGI_KERNELS'] = before;
});

function headPart(arena: SlabArena, value: Setup): PartRef {
  const part = new HeadPart(1, ['app', 'a'], 20_000, new PageTable(arena));
  let ns = 10;
  for (const one of value.rows) {
    ns += one.step;
    const line = Buffer.from(one.line);
    const metadata = value.plain ? new Uint8Array(0) : encodeMetadata(one.metadata);
    part.append(ns, line, 0, line.length, one.level, metadata, 0, metadata.length);
  }
  return headPartRef(part, arena);
}

let searchable = 0;

/** Wanted rows in the order in which they are read, those of a block from its last when that is asked for. */
function read(loader: PartLoader, part: PartRef, value: Setup): unknown[] {
  const { filter, from, length, reverse, names } = value;
  const args = filter === undefined ? [] : [{ kind: 'text' as const, value: filter.value }];
  const chain = compileLineFilters(filter === undefined ? [] : [{ kind: 'line-filter', op: filter.op, args }]);
  const options: LoadOptions = {
    fromOffsetNs: from,
    toOffsetNs: from + length,
    lines: true,
    metadata: true,
    metadataNames: names,
    reverse,
    needles: chain.needles,
    anyOf: chain.literals?.wanted === true && chain.needles.length === 0 ? chain.literals.needles : undefined,
  };
  const out: unknown[] = [];
  for (const block of loader.load(part, options, zeroCounts())) {
    if (block.finder !== undefined) searchable++;
    const selection = new RowSelection();
    const [first, end] = [firstRowFrom(block, from), firstRowAfter(block, from + length)];
    if (first >= end) continue;
    if (filter === undefined) selection.all(first, end);
    else selection.filter(block, first, end, chain);
    const rows = [...selection.rows.subarray(0, selection.count)];
    for (const at of reverse ? rows.reverse() : rows) {
      const line = Buffer.from(block.bytes.subarray(block.lineStarts[at], block.lineEnds[at])).toString();
      const id = block.metadataId(at);
      expect(id).toBeLessThan(block.metadataIdCount);
      out.push([block.times[at], line, block.metadata(id)]);
    }
  }
  return out;
}

/** Without lines and metadata: times alone. */
function times(loader: PartLoader, part: PartRef, { from, length }: Setup): number[] {
  const options = { fromOffsetNs: from, toOffsetNs: from + length, lines: false, metadata: false, needles: [] };
  const out: number[] = [];
  for (const block of loader.load(part, { ...options, reverse: false }, zeroCounts()))
    out.push(...block.times.subarray(firstRowFrom(block, from), firstRowAfter(block, from + length)));
  return out;
}

test('rows of the head are the same with the kernel and without', () => {
  let pages = 0;
  fc.assert(
    fc.property(setup, (value) => {
      const arena = new SlabArena(pool);
      const part = headPart(arena, value);
      pages = Math.max(pages, (part.sources[0] as { end: number }).end);
      // Kernels are switched on and off where they are loaded, which is with the first rows.
      delete process.env['HALOGI_KERNELS'];
      const found = read(withKernel, part, value);
      const foundTimes = times(withKernel, part, value);
      process.env['HALOGI_KERNELS'] = 'off';
      expect(found).toEqual(read(plain, part, value));
      expect(foundTimes).toEqual(times(plain, part, value));
      arena.release();
    }),
    { numRuns: 400 },
  );
  expect(pages).toBeGreaterThan(10);
  expect(searchable).toBeGreaterThan(100);
});
