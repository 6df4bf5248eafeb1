import { describe, expect, it } from 'vitest';
import type { LineFilterStage } from '../../../grammar/ast.ts';
import type { RowBlock } from '../../../src/model/row-block.ts';
import { compileLineFilters } from '../../../src/query/pipeline/filters/line-filter.ts';
import { RowSelection } from '../../../src/query/scan/row-selection.ts';

/** Lines end to end with nothing between them, so that a needle may lie across two. */
function blockOf(lines: readonly string[]): RowBlock {
  const lineStarts = new Uint32Array(lines.length);
  const lineEnds = new Uint32Array(lines.length);
  let end = 0;
  for (const [i, line] of lines.entries()) {
    lineStarts[i] = end;
    end += Buffer.byteLength(line);
    lineEnds[i] = end;
  }
  return {
    streamId: 1,
    streamLabels: [],
    dayStartNs: 0n,
    rowCount: lines.length,
    times: Float64Array.from(lines, (_, i) => i),
    bytes: Buffer.from(lines.join('')),
    lineStarts,
    lineEnds,
    metadataId: () => 0,
    metadataIdCount: 1,
    metadata: () => [],
    ascii: false,
  };
}

const contains = (value: string, op: LineFilterStage['op'] = '|='): LineFilterStage => ({
  kind: 'line-filter',
  op,
  args: [{ kind: 'text', value }],
});

function select(lines: readonly string[], first: number, end: number, ...filters: LineFilterStage[]): number[] {
  const selection = new RowSelection();
  selection.filter(blockOf(lines), first, end, compileLineFilters(filters));
  return Array.from(selection.rows.subarray(0, selection.count));
}

describe('RowSelection', () => {
  it('does not take a hit that lies across lines', () => {
    expect(select(['xab', 'cd', 'abc', ''], 0, 4, contains('abc'))).toEqual([2]);
    expect(select(['ab', '', 'c', 'xabc'], 0, 4, contains('abc'))).toEqual([3]);
  });

  it('keeps to the range of rows', () => {
    const lines = ['abc 0', 'abc 1', 'no', 'abc 3', 'abc 4'];
    expect(select(lines, 1, 4, contains('abc'))).toEqual([1, 3]);
    expect(select(lines, 2, 2, contains('abc'))).toEqual([]);
  });

  it('tests the other filters on the rows that were found', () => {
    expect(select(['a x', 'a', 'x', 'a y'], 0, 4, contains('a'), contains('x', '!='))).toEqual([1, 3]);
  });

  it('finds the same rows whether hits are dense or rare', () => {
    const lines = Array.from({ length: 1000 }, (_, i) =>
      i < 300 || i % 97 === 0 || i > 900 ? `hit ${i}` : `miss ${i}`,
    );
    const expected = lines.flatMap((line, i) => (line.startsWith('hit') ? [i] : []));
    expect(select(lines, 0, 1000, contains('hit'))).toEqual(expected);
    expect(select(lines, 0, 1000, contains('hit'), contains('7'))).toEqual(
      expected.filter((i) => lines[i]!.includes('7')),
    );
  });

  it('takes all rows of a range', () => {
    const selection = new RowSelection();
    selection.all(5, 9000);
    expect(selection.count).toBe(8995);
    expect(selection.rows[8994]).toBe(8999);
  });
});
