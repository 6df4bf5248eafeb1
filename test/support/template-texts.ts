import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';

/** Texts for tests of template frames: what is in logs, and what is easily coded wrong. */

/** Values as they stand in logs, and some that are easily coded wrong. */
const value = fc.oneof(
  fc.nat({ max: 1000 }).map(String),
  fc.nat({ max: 99 }).map((n) => String(n).padStart(2, '0')),
  fc.bigInt({ min: 0n, max: 10n ** 21n }).map(String),
  fc.constantFrom(
    '0',
    '00',
    '000000000000000',
    '999999999999999',
    '1000000000000000',
    '0999999999999999',
    '9'.repeat(300),
  ),
  fc
    .tuple(fc.nat(), fc.constantFrom('ms', 's', 'µs', 'GiB', 'MBps', 'af', 'h', 'Z', 'T23', '_'))
    .map(([n, u]) => `${n}${u}`),
  fc.stringMatching(/^[0-9a-f]{2,40}$/),
  fc.stringMatching(/^[0-9A-F]{8}$/),
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.ipV4(),
  fc.constantFrom('GET', 'POST', 'error', '', 'ünïcödé', '日本', '-', '"', '\r', '\0', '{}', '=', '0x1F'),
  fc.string({ maxLength: 12, unit: 'binary' }),
);
const bytesOf = (text: string): Buffer => Buffer.from(text);

/** Lines of a few patterns, each with values of its own. */
const patterns = [
  (v: string[]): string =>
    `10.0.${v[0]}.${v[1]} - - [25/Jan/2024:10:${v[2]}] "GET /a/${v[3]}?q=${v[4]} HTTP/1.1" 200 ${v[5]}`,
  (v: string[]): string => JSON.stringify({ ts: v[0], level: v[1], msg: `took ${v[2]}`, n: v[3], id: v[4] }),
  (v: string[]): string => `ts=${v[0]} level=${v[1]} dur=${v[2]}ms msg="${v[3]} done" id=${v[4]}`,
  (v: string[]): string => `java.lang.X: ${v[0]}\n\tat a.b.C.d(C.java:${v[1]})\n\tat e.F$G.<init>(F.java:${v[2]})`,
  (v: string[]): string => v[0]!,
  (): string => '',
];
const logText = fc
  .array(fc.tuple(fc.nat({ max: patterns.length - 1 }), fc.array(value, { minLength: 6, maxLength: 6 })), {
    maxLength: 60,
  })
  .map((lines) => bytesOf(lines.map(([pattern, values]) => patterns[pattern]!(values)).join('\n')));

/** One pattern of one kind of value each: columns of many lines. */
const columns = fc
  .tuple(
    fc.nat({ max: 11 }),
    fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    fc.nat(),
  )
  .chain(([from, choices, count]) =>
    fc
      .array(fc.nat(), { minLength: 4, maxLength: 80 })
      .map((picks) =>
        bytesOf(
          picks
            .map((pick) =>
              choices.map((choice) => `a=${choice[(pick + from) % 3]}${pick % (1 + (count % 40))}`).join(' '),
            )
            .join('\n'),
        ),
      ),
  );
const sameKind = fc
  .constantFrom(
    fc.stringMatching(/^[0-9]{1,15}$/),
    fc.stringMatching(/^[0-9]{4}$/),
    fc.stringMatching(/^1700[0-9]{16}$/),
    fc.stringMatching(/^[0-9]{1,3}(ms|s)$/),
    fc.stringMatching(/^[0-9a-f]{16}$/),
    fc.stringMatching(/^[0-9A-F]{3}$/),
    fc.stringMatching(/^2[0-9]T2[0-9]$/),
    fc.stringMatching(/^x?[0-9]{0,3}y?$/),
    fc.stringMatching(/^(ab|abc|abcab|bab|ababab)$/),
    fc.stringMatching(/^[a-z]{0,5}$/),
  )
  .chain((kind) => fc.array(kind, { minLength: 4, maxLength: 60 }))
  .map((values) => bytesOf(values.map((one) => `v ${one}!`).join('\n')));
const newlines = fc.nat({ max: 20 }).map((count) => Buffer.alloc(count, 10));
const anyBytes = fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes));
/** Few different bytes, so that lines are often alike, also of invalid UTF-8. */
const fewBytes = fc
  .array(fc.constantFrom(10, 10, 0x20, 0x30, 0x31, 0x39, 0x61, 0x67, 0x5f, 0x80, 0xff, 0x3d), { maxLength: 300 })
  .map((bytes) => Buffer.from(bytes));
/** Texts of all kinds. */
export const templateText: fc.Arbitrary<Buffer> = fc
  .oneof(logText, columns, sameKind, newlines, anyBytes, fewBytes)
  .chain((bytes) => fc.constantFrom(bytes, Buffer.concat([bytes, bytesOf('\n')])));

/** Starts of lines. */
export function lineStarts(raw: Buffer): number[] {
  const starts = [0];
  for (let at = raw.indexOf(10); at >= 0; at = raw.indexOf(10, at + 1)) starts.push(at + 1);
  return starts;
}

/** The same frame with header and texts as they are. */
export function withoutCompression(frame: Uint8Array): Buffer {
  const bytes = Buffer.from(frame);
  const field = (i: number): number => bytes.readUInt32LE(i * 4);
  const texts = 24 + field(2);
  const packed = texts + field(4);
  const header = bytes.subarray(24, texts);
  const text = bytes.subarray(texts, packed);
  const head = Buffer.from(bytes.subarray(0, 24));
  head.writeUInt32LE(field(1), 8);
  head.writeUInt32LE(field(3), 16);
  return Buffer.concat([
    head,
    field(1) === field(2) ? header : zstdDecompressSync(header),
    field(3) === field(4) ? text : zstdDecompressSync(text),
    bytes.subarray(packed),
  ]);
}

/** Views of the lines of a text. */
export function linesOf(raw: Buffer): Buffer[] {
  const starts = lineStarts(raw);
  return starts.map((start, i) => raw.subarray(start, (starts[i + 1] ?? raw.length + 1) - 1));
}
