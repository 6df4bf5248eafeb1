import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from '../../src/base/recent-map.ts';

const step = fc.record({
  what: fc.constantFrom('set', 'get', 'delete'),
  key: fc.nat({ max: 6 }),
  weight: fc.nat({ max: 9 }),
});

test('a recent map is a list in order of use, cut at its limits', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.option(fc.nat({ max: 20 }), { nil: undefined }),
      fc.option(fc.nat({ max: 5 }), { nil: undefined }),
      fc.boolean(),
      (steps, maxWeight, maxEntries, keepsLast) => {
        const map = new RecentMap<number, string>({
          ...(maxWeight === undefined ? {} : { maxWeight }),
          ...(maxEntries === undefined ? {} : { maxEntries }),
          keepsLast,
        });
        let list: { key: number; value: string; weight: number }[] = [];
        const total = (): number => list.reduce((sum, { weight }) => sum + weight, 0);
        for (const [i, { what, key, weight }] of steps.entries()) {
          const known = list.find((entry) => entry.key === key);
          list = what === 'get' && known === undefined ? list : list.filter((entry) => entry.key !== key);
          if (what === 'get') {
            expect(map.get(key)).toBe(known?.value);
            if (known !== undefined) list.push(known);
          } else if (what === 'delete') map.delete(key);
          else {
            map.set(key, `${i}`, weight);
            list.push({ key, value: `${i}`, weight });
            while (
              list.length > (keepsLast ? 1 : 0) &&
              (total() > (maxWeight ?? 1e9) || list.length > (maxEntries ?? 1e9))
            )
              list.shift();
          }
          expect(map.weight).toBe(total());
          expect(map.size).toBe(list.length);
          for (let one = 0; one <= 6; one++) expect(map.has(one)).toBe(list.some((entry) => entry.key === one));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
