import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayStartNs } from '../../src/model/time.ts';
import { FoundRows, OWN_LABELS } from '../../src/query/scan/found-rows.ts';
import { putEntries } from '../../src/query/scan/put-entries.ts';
import { JsonBytes } from '../../src/wire/json/json-bytes.ts';
import { decodeLine, formatRfc3339Nano, jsonText } from '../../src/wire/json/json-text.ts';

/** Entries as the kernel writes them, against a text for each. */

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.uint8Array({ maxLength: 80 }).map((line) => line.map((byte) => byte & 127)),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\t', '\u0001', '\u001f', '\u007f', 'a', ' ') }).map(Buffer.from),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map(Buffer.from),
  // Longer than there is room for in the kernel, some of it six times as long.
  fc
    .tuple(fc.constantFrom('\u0002', 'x', '"'), fc.integer({ min: 1000, max: 40_000 }))
    .map(([one, times]) => Buffer.from(one.repeat(times))),
);
const row = fc.record({
  line: bytes,
  day: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 11_574, max: 49_710 }) },
    { weight: 1, arbitrary: fc.integer({ min: -200_000, max: 200_000 }) },
  ),
  offsetNs: fc.oneof(
    fc.nat({ max: 86_400_000_000_000 - 1 }),
    fc.nat({ max: 86_399 }).map((second) => second * 1_000_000_000),
    fc.nat({ max: 86_398 }).map((second) => second * 1_000_000_000 + 999_999_999),
  ),
  set: fc.nat({ max: 2 }),
  /** What follows its line when it has labels of its own. */
  own: fc.option(fc.string({ maxLength: 40 })),
});

const TAILS = [']', ',{"structuredMetadata":{"trace":"0123456789abcdef"}}]', ']'];

test.each(['plain', 'categorized', 'legacy'] as const)('entries of many rows: %s', (format) => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 600, size: 'max' }), (rows) => {
      const found = FoundRows.take();
      for (const { line, day, offsetNs, set, own } of rows) {
        // From the middle of a buffer, as lines of a block are.
        const around = Buffer.concat([Buffer.from('before'), line, Buffer.from('behind')]);
        found.add(day, offsetNs, 1, own === null ? set : OWN_LABELS, around, 6, 6 + line.length);
        if (own !== null) found.addLabels('', '', own);
      }
      const ends = new Int32Array(rows.length);
      const labelIds = Uint32Array.from(rows, ({ set }) => set);
      const out = new JsonBytes();
      out.string('before');
      const tails = TAILS.map((tail) => Buffer.from(tail));
      putEntries(out, found, format, tails, labelIds, ends);
      const entries = rows.map(({ line, day, offsetNs, set, own }) => {
        const timeNs = dayStartNs(day) + BigInt(offsetNs);
        const text = jsonText(decodeLine(line, 0, line.length));
        const tail = own === null || own === '' ? TAILS[set]! : own;
        return format === 'legacy'
          ? `{"ts":"${formatRfc3339Nano(timeNs)}","line":${text}${tail},`
          : `["${timeNs}",${text}${tail},`;
      });
      const written = Buffer.from(out.finish());
      let at = 6;
      for (const [i, entry] of entries.entries()) {
        const end = at + Buffer.byteLength(entry);
        expect(ends[i]).toBe(end);
        expect(written.toString('utf8', at, end) === entry, `row ${i}`).toBe(true);
        at = end;
      }
      expect(written.length).toBe(at);
      found.giveBack();
    }),
    { numRuns: 60 },
  );
});
