import { describe, expect, it } from 'vitest';
import { datasetRows } from '../../support/dataset-rows.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { type Answer, answer, type RecordedCase, readCases } from '../../support/query-replay.ts';

const { compare } = (await import(new URL('../../conformance/lib.mjs', import.meta.url).href)) as {
  compare(recorded: RecordedCase, got: Answer): { reason: string | null; soft?: boolean; softReason?: string };
};

const CATEGORIES = [
  'range-aggregations',
  'vector-aggregations',
  'binary-ops',
  'offset-and-instant',
  'log-query-options',
  'unwrap',
  'labels-and-series',
  'index-stats-volume',
  'detected-fields-labels',
  'errors',
  'structured-metadata',
  'stream-selectors',
  'line-filters',
  'label-filters',
  'parsers-json',
  'parsers-logfmt',
  'parsers-pattern-regexp-unpack',
  'formatting',
  'keep-drop',
];

/** Answered by routes alone, not by the engine: the conformance run asks the server for these. */
const ROUTES_ONLY = /^\/(api\/prom\/|loki\/api\/v1\/(nosuch|push|detected_field\/\/values)$)/;

const store = new MemoryStore(await datasetRows(), 500);

describe.each(CATEGORIES)('recorded answers: %s', (category) => {
  const cases = readCases(category);

  it('has cases', () => {
    expect(cases.length).toBeGreaterThan(10);
  });

  const engineCases = cases.filter((one) => !ROUTES_ONLY.test(one.request.path));
  it.each(engineCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const got = await answer(one, store);
    if (got === undefined) throw new Error(`the replay does not know ${one.request.path}`);
    const verdict = compare(one, got);
    expect(verdict.reason, `${JSON.stringify(one.request.params)}`).toBeNull();
    expect(store.openSelections).toBe(0);
  });
});
