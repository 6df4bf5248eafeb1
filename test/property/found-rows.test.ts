import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoundRows } from '../../src/query/scan/found-rows.ts';

test('the best rows are kept, ties in the order of streams and then of coming', () => {
  const labels = fc.option(
    fc.tuple(fc.string({ maxLength: 9 }), fc.constantFrom('', '{a="ü"}'), fc.constantFrom('', '}')),
  );
  const row = fc.record({ day: fc.nat(2), offset: fc.nat(9), stream: fc.nat(3), length: fc.nat(3000), labels });
  fc.assert(
    fc.property(
      fc.array(fc.array(row, { maxLength: 60 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (turns, limit, backward) => {
        const found = FoundRows.take();
        const sign = backward ? -1 : 1;
        let expected: { day: number; offset: number; stream: number; line: Buffer; id: number; own: string[] }[] = [];
        let id = 0;
        for (const turn of turns) {
          for (const { day, offset, stream, length, labels: own } of turn) {
            const line = Buffer.from(`${++id}:`.repeat(length / 4 + 1));
            found.add(day, offset, stream, id, Buffer.concat([Buffer.from('<'), line]), 1, line.length + 1);
            if (own !== null) found.addLabels(...own);
            expected.push({ day, offset, stream, line, id, own: own ?? ['', '', ''] });
          }
          expected = expected
            .toSorted((a, b) => sign * (a.day - b.day || a.offset - b.offset || a.stream - b.stream))
            .slice(0, limit);
          found.keepBest(limit, backward);
          const got = Array.from({ length: found.count }, (_, i) => ({
            day: found.days[i],
            offset: found.offsetsNs[i],
            stream: found.streamIds[i],
            line: Buffer.from(found.bytes.subarray(found.starts[i], found.ends[i])),
            id: found.labelIds[i],
            own: [
              found.bytes.utf8Slice(found.ends[i], found.jsonEnds[i]),
              found.bytes.utf8Slice(found.jsonEnds[i], found.textEnds[i]),
              found.bytes.utf8Slice(found.textEnds[i], found.tailEnds[i]),
            ],
          }));
          expect(got).toEqual(expected);
        }
        found.giveBack();
      },
    ),
  );
});
