import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageMetadata, pageRows } from '../../src/head/load-pages.ts';
import { PageTable } from '../../src/head/page-table.ts';
import { HeadPart } from '../../src/head/part.ts';
import { SLAB_BYTES, SlabArena, SlabPool } from '../../src/head/slab-pool.ts';
import { compileLevelFields, detectLineLevel } from '../../src/ingest/level/level.ts';
import { type IngestKernel, ingestKernel } from '../../src/kernels/ingest-kernel.ts';
import * as layout from '../../src/kernels/layout.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import { encodeMetadata } from '../../src/model/metadata-bytes.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { decodePushProtobuf, walkPush } from '../../src/wire/push/push-protobuf.ts';
import { compressSnappy, uncompressSnappy } from '../../src/wire/push/snappy-body.ts';
import { pagesOf } from '../support/head-pages.ts';
import { pushSchema } from '../support/push-schema.ts';

const found = ingestKernel();
if (found === undefined) throw new Error('the ingest kernel is missing or fails its self-test: npm run build:kernels');
const kernel: IngestKernel = found;

const RUNS = { numRuns: 300 };
/** Byte that the areas around a target are filled with before, and must have after. */
const GUARD = 0xa5;
/** Bytes behind a decoded body that a copy may overwrite. */
const SLACK = 64;

test('areas of the memory do not overlap and leave slack', () => {
  const { ENTRY_CAPACITY: entries, STREAM_CAPACITY: streams } = layout;
  const areas = [
    [layout.TABLE_AT, layout.TABLE_BYTES],
    [layout.METADATA_LENGTH_AT, 4],
    [layout.PAIRS_AT, layout.PAIR_CAPACITY * 16 + 16],
    [layout.INPUT_AT, layout.INPUT_BYTES + SLACK],
    [layout.BODY_AT, layout.BODY_BYTES + SLACK],
    [layout.SECONDS_AT, entries * 8],
    [layout.NANOS_AT, entries * 4],
    [layout.LINE_START_AT, entries * 4],
    [layout.LINE_END_AT, entries * 4],
    [layout.PAIRS_START_AT, entries * 4],
    [layout.PAIRS_END_AT, entries * 4],
    [layout.PUSHED_BYTES_AT, entries * 4],
    [layout.METADATA_START_AT, entries * 4],
    [layout.METADATA_END_AT, entries * 4],
    [layout.ACCEPTED_AT, entries],
    [layout.LEVEL_AT, entries],
    [layout.LABEL_START_AT, streams * 4],
    [layout.LABEL_END_AT, streams * 4],
    [layout.FIRST_ENTRY_AT, streams * 4 + 4],
    [layout.METADATA_AT, layout.METADATA_BYTES + SLACK],
    [layout.SLABS_AT, layout.SLABS_BYTES],
    [layout.MEMORY_PAGES * 65_536, 0],
  ] as const;
  for (let i = 1; i < areas.length; i++) {
    expect(areas[i]![0]).toBeGreaterThanOrEqual(areas[i - 1]![0] + areas[i - 1]![1]);
    expect(areas[i]![0] % 8).toBe(0);
  }
});

describe('snappy', () => {
  const repeating = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 200 })), {
      maxLength: 40,
    })
    .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))));

  /** Decodes with guards before the body and behind its slack. */
  function decode(block: Uint8Array): Buffer | undefined {
    const { BODY_AT } = layout;
    kernel.u8.fill(GUARD, BODY_AT - SLACK, BODY_AT + 1_000_000);
    const body = kernel.uncompress(block);
    const claimed = body?.length ?? 0;
    expect(kernel.u8.subarray(BODY_AT - SLACK, BODY_AT).every((byte) => byte === GUARD)).toBe(true);
    if (body !== undefined) {
      const behind = kernel.u8.subarray(BODY_AT + claimed + SLACK, BODY_AT + claimed + 2 * SLACK);
      expect(behind.every((byte) => byte === GUARD)).toBe(true);
    }
    return body;
  }

  test('decodes what the package compressed', () => {
    fc.assert(
      fc.property(repeating, (raw) => {
        expect(decode(compressSnappy(raw))?.equals(raw)).toBe(true);
      }),
      RUNS,
    );
  });

  test('a damaged block is refused, or decodes to what the package says', () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(repeating, damage, fc.nat(300), (raw, changes, cut) => {
        const block = Buffer.from(compressSnappy(raw));
        for (const [at, byte] of changes) if (block.length > 0) block[at % block.length] = byte;
        const damaged = block.subarray(0, Math.max(0, block.length - (cut % (block.length + 1))));
        expect(outcome(() => decode(damaged))).toEqual(outcome(() => uncompressSnappy(damaged, 2 ** 24)));
      }),
      { numRuns: 1500 },
    );
  });

  test('random bytes are refused or decode as in the package', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const block = Buffer.from(bytes);
        expect(outcome(() => decode(block))).toEqual(outcome(() => uncompressSnappy(block, 2 ** 24)));
      }),
      { numRuns: 3000 },
    );
  });

  function outcome(run: () => Buffer | undefined): string {
    try {
      return run()?.toString('hex') ?? 'refused';
    } catch {
      return 'refused';
    }
  }
});

describe('walk of a push', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const entry = fc.record({
    timestamp: fc.record({ seconds: fc.integer({ min: -5, max: 9_223_372_035 }), nanos: fc.nat(999_999_999) }),
    line: text.map((line) => Buffer.from(line)),
    structuredMetadata: fc.array(fc.record({ name: text, value: text }), { maxLength: 3 }),
  });
  const push = fc.array(
    fc.record({ labels: text, hash: fc.constantFrom(0, 77), entries: fc.array(entry, { maxLength: 6 }) }),
    {
      maxLength: 4,
    },
  );
  const encode = (streams: object[]): Buffer =>
    Buffer.from(pushSchema.encode(pushSchema.fromObject({ streams })).finish());

  /** Columns of a batch as plain numbers; ranges of nothing count as the same wherever they are. */
  function columns(batch: PushBatch): unknown {
    const range = (start: number, end: number): number[] => (start === end ? [] : [start, end]);
    const entries = Array.from({ length: batch.entryCount }, (_, i) => [
      batch.seconds[i],
      batch.nanos[i],
      ...range(batch.lineStart[i]!, batch.lineEnd[i]!),
      -1,
      ...range(batch.metadataStart[i]!, batch.metadataEnd[i]!),
    ]);
    const streams = Array.from({ length: batch.streamCount }, (_, i) => [
      ...range(batch.labelStart[i]!, batch.labelEnd[i]!),
      batch.firstEntry[i],
      batch.firstEntry[i + 1],
    ]);
    return [streams, entries];
  }

  function outcome(bytes: Uint8Array, walk: (bytes: Uint8Array, batch: PushBatch) => void): unknown {
    const batch = new PushBatch();
    try {
      walk(bytes, batch);
    } catch (error) {
      return String(error);
    }
    return columns(batch);
  }

  /** The body as the kernel holds it. */
  function held(raw: Buffer): Buffer {
    return kernel.uncompress(compressSnappy(raw))!;
  }

  test('finds what the walk in TypeScript finds', () => {
    let taken = 0;
    fc.assert(
      fc.property(push, (value) => {
        const raw = encode(value);
        const body = held(raw);
        const batch = new PushBatch();
        decodePushProtobuf(body, batch);
        if (batch.kernel !== undefined) taken++;
        expect(columns(batch)).toEqual(outcome(raw, walkPush));
      }),
      RUNS,
    );
    expect(taken).toBeGreaterThan(RUNS.numRuns / 4);
  });

  test('a damaged body is refused with the same words, or read the same', () => {
    const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(push, damage, fc.nat(60), (value, changes, cut) => {
        const raw = encode(value);
        for (const [at, byte] of changes) if (raw.length > 0) raw[at % raw.length] = byte;
        const damaged = raw.subarray(0, Math.max(0, raw.length - cut));
        expect(outcome(held(damaged), decodePushProtobuf)).toEqual(outcome(damaged, walkPush));
      }),
      { numRuns: 1500 },
    );
  });
});

describe('level of a line', () => {
  const words = [
    'level',
    'LEVEL',
    'lvl',
    'severity',
    'Severity',
    'info',
    'INFO',
    'inf',
    'error',
    'err',
    'ERR',
    'warning',
    'WARN',
    'warn',
  ];
  const more = [
    'critical',
    'CRITICAL',
    'debug',
    'DEBUG',
    'debu',
    'warnin',
    'in',
    'fo',
    'trace',
    'fatal',
    'information',
    'msg',
    'x',
    'ä',
  ];
  const signs = ['=', ':', ']', '[', '"', '\\', '{', '}', ',', ' ', '\t', '\n', 'g', 'G', 'f', 'F', '\u0000', '1', ''];
  const piece = fc.constantFrom(...words, ...more, ...signs, ...signs);
  const line = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.array(fc.tuple(piece, piece), { maxLength: 8 }).map((pairs) => pairs.map(([a, b]) => `${a}=${b}`).join(' ')),
    fc
      .array(fc.tuple(piece, piece), { maxLength: 6 })
      .map((pairs) => `{${pairs.map(([a, b]) => `"${a}":"${b}"`).join(',')}}`),
    fc.json({ maxDepth: 3 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
  );
  const tables = [
    compileLevelFields(DEFAULT_LIMITS.logLevelFields, DEFAULT_LIMITS.logLevelFromJsonMaxDepth),
    compileLevelFields(['lvl', 'msg', 'ä'], 1),
    compileLevelFields(['Severity', 'level'], 3),
  ];

  test('is the one that TypeScript finds, whatever stands around the line', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...tables),
        line,
        fc.constantFrom('', 'info', '[err', 'warn', 'debu', '"'),
        (table, value, around) => {
          expect(kernel.useLevels(table)).toBe(true);
          const bytes = Buffer.from(`${around}${value}g:]=level=fatal"}`);
          const start = Buffer.byteLength(around);
          const end = start + Buffer.byteLength(value);
          kernel.buffer.set(bytes, layout.BODY_AT);
          expect(kernel.lineLevel(start, end)).toBe(detectLineLevel(table, bytes, start, end));
        },
      ),
      { numRuns: 8000 },
    );
  });
});

describe('append of rows', () => {
  const DAY = 20_000;
  const rows = fc.array(
    fc.record({
      // Mostly in order, sometimes equal or late, sometimes of the next day.
      step: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }) },
        { weight: 1, arbitrary: fc.integer({ min: -3, max: 0 }) },
      ),
      line: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('', 'a', 'x'.repeat(2500))),
      level: fc.nat(7),
      metadata: fc.constantFrom([], [], ['id', '1'], ['id', 'y'.repeat(40), 'user', 'ü']),
      accepted: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(0) }),
    }),
    { maxLength: 60 },
  );
  type Rows = typeof rows extends fc.Arbitrary<infer T> ? T : never;

  /** Writes the rows as prepared columns. */
  function fill(value: Rows): void {
    const { columns } = kernel;
    let at = 0;
    let metadataAt = 0;
    let nanos = 100;
    for (const [i, one] of value.entries()) {
      nanos += one.step;
      columns.seconds[i] = DAY * 86_400 + 7;
      columns.nanos[i] = nanos;
      columns.lineStart[i] = at;
      at += kernel.buffer.write(one.line, layout.BODY_AT + at);
      columns.lineEnd[i] = at;
      const metadata = encodeMetadata(one.metadata);
      kernel.metadata.set(metadata, metadataAt);
      columns.metadataStart[i] = metadataAt;
      metadataAt += metadata.length;
      columns.metadataEnd[i] = metadataAt;
      columns.level[i] = one.level;
      columns.accepted[i] = one.accepted;
    }
  }

  function appendOne(part: HeadPart, i: number): void {
    const { columns } = kernel;
    if (columns.accepted[i] !== 1) return;
    const body = kernel.buffer.subarray(layout.BODY_AT);
    const offsetNs = 7e9 + columns.nanos[i]!;
    const metadata = [columns.metadataStart[i]!, columns.metadataEnd[i]!] as const;
    part.append(
      offsetNs,
      body,
      columns.lineStart[i]!,
      columns.lineEnd[i]!,
      columns.level[i]!,
      kernel.metadata,
      ...metadata,
    );
  }

  function contents(part: HeadPart, arena: SlabArena): unknown {
    const slabs = arena.slabs.map((slab) => slab.memory);
    const described = pagesOf(part);
    // Where pages end may differ: a run gets one of its size.
    return Array.from({ length: part.pageCount }).flatMap((_, i) => {
      const page = pageRows(slabs, described, i);
      return Array.from({ length: page.rowCount }, (_row, row) => [
        page.times[row],
        page.bytes.subarray(page.lineStarts[row], page.lineEnds[row]).toString('hex'),
        page.bytes[page.lineEnds[row]!],
        page.levels[row],
        pageMetadata(page, row),
      ]);
    });
  }

  const numbers = (part: HeadPart): unknown => {
    const { rowCount, lineBytes, metadataBytes, minOffsetNs, maxOffsetNs, sorted } = part;
    return { rowCount, lineBytes, metadataBytes, minOffsetNs, maxOffsetNs, sorted };
  };

  // One pool: its slabs go round, as in the server.
  const pool = new SlabPool(4 * SLAB_BYTES);

  test('gives the rows that appending row by row gives', () => {
    let inRuns = 0;
    fc.assert(
      fc.property(rows, (value) => {
        fill(value);
        const [arena, plainArena] = [new SlabArena(pool), new SlabArena(pool)];
        const [part, plain] = [
          new HeadPart(1, [], DAY, new PageTable(arena)),
          new HeadPart(1, [], DAY, new PageTable(plainArena)),
        ];
        for (let i = 0; i < value.length; i++) {
          appendOne(plain, i);
          const count = part.appendRun(kernel, i, value.length);
          inRuns += count;
          if (count === 0) appendOne(part, i);
          for (let skipped = 1; skipped < count; skipped++) appendOne(plain, ++i);
        }
        expect(numbers(part)).toEqual(numbers(plain));
        expect(contents(part, arena)).toEqual(contents(plain, plainArena));
        arena.release();
        plainArena.release();
      }),
      RUNS,
    );
    expect(inRuns).toBeGreaterThan(RUNS.numRuns);
  });
});
