import { describe, expect, it } from 'vitest';
import { readCases, replay } from '../../../support/replay.ts';

const CATEGORIES = [
  'line-filters',
  'parsers-json',
  'parsers-logfmt',
  'parsers-pattern-regexp-unpack',
  'label-filters',
  'keep-drop',
  'structured-metadata',
  'formatting',
];

describe.each(CATEGORIES)('recorded log queries: %s', (category) => {
  const cases = readCases(category);
  it('has cases', () => expect(cases.length).toBeGreaterThan(10));

  it.each(cases.map((recorded) => [recorded.name, recorded.request.params?.['query'], recorded] as const))(
    '%s %s',
    async (_name, _query, recorded) => {
      const { actual, expected } = await replay(recorded);
      expect(actual).toEqual(expected);
    },
  );
});
