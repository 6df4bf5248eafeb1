import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference, IdList, intersect, unite } from '../../src/index/id-list.ts';
import { Postings } from '../../src/index/postings.ts';
import { type Labels, labelsFromObject, labelValue } from '../../src/model/labels.ts';
import { testMatcher } from '../support/matchers.ts';

const name = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('', 'x', 'y', 'xy', 'z');
const labels = fc.dictionary(name, value).map(labelsFromObject);
const matcher: fc.Arbitrary<Parameters<typeof testMatcher>> = fc.oneof(
  fc.tuple(name, fc.constantFrom('=' as const, '!=' as const), value),
  fc.tuple(
    name,
    fc.constantFrom('=~' as const, '!~' as const),
    fc.constantFrom('', 'x', 'x.*', '.*', '.+', 'x|y', 'z|', '[^x]*'),
  ),
);
const step = fc.record({ id: fc.integer({ min: 1, max: 40 }), labels: fc.option(labels) });

describe('Postings', () => {
  it('lists names and values of some streams, also between changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, fc.uint8Array({ minLength: 41, maxLength: 41, max: 1 })), { maxLength: 30 }),
        (steps) => {
          const postings = new Postings();
          const streams = new Map<number, Labels>();
          for (const [{ id, labels: set }, mask] of steps) {
            if (set === null) postings.remove(id);
            else postings.add(id, set);
            if (set === null) streams.delete(id);
            else streams.set(id, set);
            const wanted = [...streams].filter(([own]) => mask[own] === 1).map(([, own]) => own);
            for (const one of ['a', 'b', 'c']) {
              const values = wanted.map((own) => labelValue(own, one) ?? '').filter((text) => text !== '');
              expect(postings.valuesOf(one, mask)).toEqual([...new Set(values)].sort());
              expect(postings.namesOf(mask).includes(one)).toBe(values.length > 0);
            }
          }
        },
      ),
    );
  });

  it('selects as a test of every stream would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(matcher, { maxLength: 4 }), (steps, specs) => {
        const postings = new Postings();
        const streams = new Map<number, Labels>();
        for (const each of steps) {
          if (each.labels === null) {
            postings.remove(each.id);
            streams.delete(each.id);
          } else {
            postings.add(each.id, each.labels);
            streams.set(each.id, each.labels);
          }
        }
        const matchers = specs.map((spec) => testMatcher(...spec));
        const expected = [...streams]
          .filter(([, set]) => matchers.every((each) => each.matches(labelValue(set, each.name) ?? '')))
          .map(([id]) => id)
          .sort((a, b) => a - b);
        expect([...postings.select(matchers)]).toEqual(expected);
        const present = [...streams.values()].flatMap((set) => set.filter((_, i) => i % 2 === 0 && set[i + 1] !== ''));
        expect(postings.names()).toEqual([...new Set(present)].sort());
      }),
      { numRuns: 2000 },
    );
  });
});

describe('id lists', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 300 });
  const ascending = (list: Iterable<number>): number[] => [...new Set(list)].sort((a, b) => a - b);
  const typed = (list: number[]): Uint32Array => Uint32Array.from(ascending(list));

  it('work as sets do', () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        expect([...intersect(typed(a), typed(b))]).toEqual(ascending(a.filter((id) => b.includes(id))));
        expect([...difference(typed(a), typed(b))]).toEqual(ascending(a.filter((id) => !b.includes(id))));
        const onlyB = b.filter((id) => !a.includes(id));
        expect([...unite([typed(a), typed(onlyB)])]).toEqual(ascending([...a, ...b]));
      }),
    );
  });

  it('stay sorted in any order of changes', () => {
    fc.assert(
      fc.property(ids, ids, (added, removed) => {
        const list = new IdList();
        for (const id of added) list.add(id);
        for (const id of added) list.add(id);
        for (const id of removed) list.remove(id);
        expect([...list.view()]).toEqual(ascending(added.filter((id) => !removed.includes(id))));
        expect(list.length).toBe(list.view().length);
      }),
    );
  });
});
