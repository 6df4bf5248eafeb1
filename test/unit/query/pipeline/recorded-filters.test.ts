import { describe, expect, test } from 'vitest';
import { compileMatcher } from '../../../../src/model/matcher.ts';
import { compileLineFilters } from '../../../../src/query/pipeline/filters/line-filter.ts';
import { loadDataSet, loadRecorded, type RecordedQuery, type StoredRow } from '../../../support/recorded-logs.ts';

const rows = await loadDataSet();

function answer(query: RecordedQuery): string[] {
  const matchers = query.matchers.map(compileMatcher);
  const chain = compileLineFilters(query.filters);
  const found = rows.filter(
    ({ timeNs, bytes, stream }) =>
      timeNs >= query.startNs &&
      timeNs < query.endNs &&
      matchers.every((matcher) => matcher.matches(stream[matcher.name] ?? '')) &&
      chain.test(bytes, 0, bytes.length),
  );
  const order = (a: StoredRow, b: StoredRow): number =>
    Number(query.forward ? a.timeNs - b.timeNs : b.timeNs - a.timeNs);
  const kept = found.sort(order).slice(0, query.limit);
  return kept.map(({ timeNs, line }) => `${timeNs} ${line}`).sort();
}

describe.each([
  ['line-filters', 60],
  ['stream-selectors', 20],
] as const)('recorded answers: %s', (category, atLeast) => {
  const queries = loadRecorded(category);

  test('the recording is there', () => {
    expect(rows.length).toBeGreaterThan(1000);
    expect(queries.length).toBeGreaterThan(atLeast);
  });

  test.each(queries.map((query) => [query.name, query] as const))('%s', (_name, query) => {
    expect(answer(query), query.query).toEqual(query.expected);
  });
});
