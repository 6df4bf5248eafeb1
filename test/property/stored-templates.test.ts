import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/base/disk/node-disk.ts';
import { CODEC_TEMPLATES } from '../../src/chunk/bytes/compress.ts';
import { B_LINES, BLOCK_FIELDS, decodeDirectory, F_CODEC, FRAME_FIELDS } from '../../src/chunk/directory.ts';
import { labelsFromObject } from '../../src/model/labels.ts';
import type { QueryRequest } from '../../src/query/run.ts';
import { listSegments } from '../../src/store/lifecycle/recover.ts';
import { verifySegments } from '../../src/store/lifecycle/verify.ts';
import { PartLoader } from '../../src/store/read/load-part.ts';
import { readSegmentDirectory } from '../../src/store/segments/segment-directory.ts';
import { inPlaceRunner, MemoryStore } from '../support/memory-store.ts';
import { openMergeStore } from '../support/merge-store.ts';
import { queryDeps } from '../support/query-replay.ts';
import type { TestRow } from '../support/store-rows.ts';
import { answer, loaderRunner } from '../support/stored-answers.ts';

/**
 * Queries over blocks whose lines are templates (a large stream with frames of its own, small ones that share frames), of fresh and of
 * merged segments, answer as over a plain list of the same rows, with kernels and without.
 */

const BASE_NS = 1_793_500_000_000_000_000n;
const SECOND = 1_000_000_000n;

/** Numbers that look random, the same for the same seed. */
class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }

  hex(characters: number): string {
    let text = '';
    while (text.length < characters) text += this.below(16).toString(16);
    return text;
  }

  one<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}

const LEVELS = ['info', 'info', 'warn', 'error', 'ERROR', 'debug'];
const MESSAGES = [
  'connection reset by peer',
  'Request completed',
  'cache MISS for key',
  'überraschung im Netz',
  'retry',
];

type Form = (n: Numbers, i: number) => string;
const FORMS: readonly Form[] = [
  (n, i) =>
    `10.0.${n.below(256)}.${n.below(9)} - - [25/Oct/2026:10:${String(i % 60).padStart(2, '0')}:07] "${n.one(['GET', 'POST'])} /api/v1/items/${n.below(5000)}?q=${n.hex(6)} HTTP/1.1" ${n.one([200, 200, 404, 500])} ${n.below(90_000)}`,
  (n, i) =>
    JSON.stringify({
      n: i,
      level: n.one(LEVELS),
      msg: `${n.one(MESSAGES)} ${n.below(40)}`,
      took: `${n.below(900)}ms`,
      id: n.hex(16),
      path: `/a/${n.below(7)}`,
    }),
  (n, i) =>
    `level=${n.one(LEVELS)} n=${i} took=${n.below(900)}ms msg="${n.one(MESSAGES)}" user=user_${n.below(30)} trace=${n.hex(32)}`,
  (n, i) =>
    `${n.one(LEVELS)} worker-${n.below(12)} handled job ${i} in ${n.below(3000)} us [${n.hex(8).toUpperCase()}]`,
];
const ODD_LINES: readonly Form[] = [
  () => '',
  (n) => `\0${n.hex(3)}\r`,
  (n) => n.one(MESSAGES),
  (n) => `{"n": ${n.below(9)}, "broken`,
  (n) => `=${'-'.repeat(n.below(9))}= 12ms 12 ms 12mss 0x1F`,
];
/** Lines whose level does not stand in them as it is read; they keep the text search of label filters from their blocks. */
const ESCAPED_LINES: readonly Form[] = [
  (n) => `{"level":"\\u0065rror","n":${n.below(9)},"msg":"retry"}`,
  (n) => `level="\\u0065rror" n=${n.below(9)} took=700ms`,
];
const TRACE: Form = (n) =>
  `java.lang.Exception: ${n.one(MESSAGES)}\n\tat a.b.C.d(C.java:${n.below(99)})\n\tat e.F(F.java)`;

const setup = fc.record({
  seed: fc.nat(),
  /** Rows of each of the small streams, in each flush; the last ones stay in the head. */
  flushes: fc.array(fc.integer({ min: 20, max: 90 }), { minLength: 3, maxLength: 4 }),
  /** How many seconds flushes reach back behind the one before. */
  late: fc.constantFrom(0, 0, 30, 400),
  /** The flush in which some lines have newlines, if any. */
  newlines: fc.constantFrom(-1, 0, 1),
  large: fc.boolean(),
  merges: fc.boolean(),
  /** Levels come from elsewhere, too: of the metadata of the second flush, of a stream, of escapes in the first flush. */
  levels: fc.subarray(['metadata', 'stream', 'escapes'] as const),
  limit: fc.constantFrom(1, 10, 100, 5000),
  from: fc.integer({ min: -10, max: 200 }),
  length: fc.constantFrom(10, 150, 700),
});
type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

/** Flushes of like size are merged: in order of time, and overlapping with a large stream. The last ones are not. */
const SURE: readonly Setup[] = [
  {
    seed: 1,
    flushes: [60, 60, 60, 60],
    late: 0,
    newlines: -1,
    large: false,
    merges: true,
    levels: ['metadata'],
    limit: 100,
    from: 0,
    length: 700,
  },
  {
    seed: 2,
    flushes: [80, 80, 80, 80],
    late: 400,
    newlines: 1,
    large: true,
    merges: true,
    levels: ['stream', 'escapes'],
    limit: 5000,
    from: 0,
    length: 700,
  },
  {
    seed: 3,
    flushes: [80, 80, 80],
    late: 30,
    newlines: -1,
    large: true,
    merges: false,
    levels: ['stream'],
    limit: 10,
    from: 0,
    length: 700,
  },
];

const SMALL_STREAMS = 7;
/** More than half a block: it has a frame of its own. */
const LARGE_ROWS = 1700;

function rowsOf({ seed, flushes, late, newlines, large, levels }: Setup): TestRow[][] {
  const numbers = new Numbers(seed);
  let begin = 0;
  return flushes.map((count, flush) => {
    const rows: TestRow[] = [];
    const times: number[] = [];
    for (let stream = 0; stream < SMALL_STREAMS + (large && flush === 0 ? 1 : 0); stream++) {
      const isLarge = stream === SMALL_STREAMS;
      const form = FORMS[isLarge ? 0 : stream % FORMS.length]!;
      const own = stream === 2 && levels.includes('stream') ? { level: 'error' } : {};
      const app = isLarge ? 'large' : `s${stream}`;
      const labels = labelsFromObject({ app, kind: String(stream % FORMS.length), ...own });
      let at = begin;
      for (let i = 0; i < (isLarge ? LARGE_ROWS : count); i++) {
        at += numbers.below(isLarge ? 300 : 4000) / 1000;
        let line = numbers.below(25) === 0 ? numbers.one(ODD_LINES)(numbers, i) : form(numbers, i);
        if (flush === newlines && stream < 3 && i % 9 === 4) line = TRACE(numbers, i);
        if (flush === 0 && levels.includes('escapes') && i % 17 === 8) line = numbers.one(ESCAPED_LINES)(numbers, i);
        const given = flush === 1 && levels.includes('metadata') && i % 11 === 3 ? { level: numbers.one(LEVELS) } : {};
        const metadata = labelsFromObject({
          ...(numbers.below(3) === 0 ? { pod: `p${numbers.below(3)}` } : {}),
          ...given,
        });
        rows.push({ labels, ns: BASE_NS + BigInt(Math.floor(at * 1000)) * 1_000_000n, line, metadata });
        times.push(at);
      }
    }
    begin = Math.max(0, Math.max(...times) + 1 - late);
    return rows;
  });
}

const LOG_QUERIES = [
  '{app=~".+"}',
  '{app="large"}',
  '{app=~".+"} |= "error"',
  '{app=~".+"} |= "12ms"',
  '{app=~".+"} |= "items/12"',
  '{app=~".+"} |= "nowhere_to_be_found"',
  '{app=~".+"} |= "reset" |= "error" != "user_1"',
  '{app=~".+"} != "info"',
  '{app=~".+"} != "e" != "1"',
  '{app=~".+"} |~ "(?i)error"',
  '{app=~".+"} |~ "(?i)REQUEST completed"',
  '{app=~".+"} !~ "(?i)error|warn"',
  '{app=~".+"} |~ "reset|MISS|retry"',
  '{app=~".+"} |~ "job [0-9]+5 in"',
  '{app=~".+"} |~ "[0-9]{3}"',
  '{app=~".+"} |~ "(?i)Reset|took|É"',
  '{app=~".+"} !~ "(?i)RESET|TASK" |~ "(?i)s"',
  '{app=~".+"} |~ "5[0-9][0-9] " != "GET"',
  '{app=~".+"} |~ "\\\\pL+ \\\\p{Greek}" |~ "[0-9]"',
  '{app=~".+"} |~ "[0-9]" |~ "\\\\p{Lu}"',
  '{app=~".+"} |~ "é|[0-9]{2}ms" !~ "^[A-Z]"',
  '{app=~".+"} !~ "(4|5)[0-9]{2}" !~ "job .*in"',
  '{app=~".+"} |~ "(?m)^[a-z]" |~ "a.c"',
  '{app=~".+"} !~ "[0-9]{3}ms"',
  '{app=~".+"} |~ "\\\\tat .*java:[0-9]"',
  '{app=~".+"} |= "peer" or "Netz"',
  '{app=~".+"} |> "<_> worker-<_> handled <_>"',
  '{app=~".+"} !> "<_>level<_>"',
  '{app=~".+"} |= ip("10.0.7.0/24")',
  '{app=~".+"} |= "\\n"',
  '{app=~".+"} | json | level="error" | line_format "{{.n}} {{.msg}}"',
  '{app=~".+"} |= "MISS" | json | took > 300ms',
  '{app=~".+"} | logfmt | level="error", took > 500ms',
  '{app=~".+"} |= "took" | logfmt | user="user_3"',
  '{app=~".+"} | pattern "<level> worker-<w> handled job <job> in <us> us <_>" | w="3"',
  '{app=~".+"} | regexp "items/(?P<item>[0-9]+)" | item=~"1.*"',
  '{app=~".+"} |= "warn" | line_format "{{ __line__ | upper }}" |= "WARN"',
  '{app=~".+"} | pod="p1" |= "a"',
  '{app=~".+"} | json | level="ERROR" | logfmt',
  '{app=~".+"} | logfmt | level="error" or level="warn"',
  '{app=~".+"} | logfmt | level="error", user="user_7"',
  '{app=~".+"} | logfmt | level=~"error|warn"',
  '{app=~".+"} | json | level=~"ERROR|debug" | msg!=""',
  '{app=~".+"} | pattern "<level> worker-<w> handled <_>" | level="debug"',
];
const METRIC_QUERIES = [
  'sum by (app) (count_over_time({app=~".+"} |= "error" [1m]))',
  'sum by (kind) (count_over_time({app=~".+"} != "error" [1m]))',
  'sum by (app) (bytes_over_time({app=~".+"}[1m]))',
  'bytes_rate({app=~".+"} |~ "(?i)error" [1m])',
  'sum(bytes_over_time({app=~".+"} != "info" [90s]))',
  'sum by (level) (count_over_time({app=~".+"} | json | level!="" [2m]))',
  'quantile_over_time(0.9, {app=~".+"} | logfmt | unwrap duration(took) | __error__="" [2m]) by (app)',
  'sum by (w) (rate({app=~".+"} | pattern "<_> worker-<w> handled <_>" | w!="" [1m]))',
  'sum by (pod) (count_over_time({app=~".+"} |~ "1|2" [1m]))',
  'sum by (app) (count_over_time({app=~".+"} | logfmt | level="error" [1m]))',
  'sum by (kind) (count_over_time({app=~".+"} | json | level="info", n > 5 [2m]))',
  'max by (app) (max_over_time({app=~".+"} | logfmt | level="error" | unwrap n [2m]))',
  'max_over_time({app=~".+"} |= "handled" | regexp "in (?P<us>[0-9]+) us" | unwrap us [2m]) by (kind)',
];

function requests({ limit, from, length }: Setup): QueryRequest[] {
  const startNs = BASE_NS + BigInt(from) * SECOND;
  const endNs = startNs + BigInt(length) * SECOND;
  const range = { kind: 'range' as const, limit, startNs, endNs, stepNs: 60n * SECOND, intervalNs: 0n };
  return [
    ...LOG_QUERIES.flatMap((query) => [
      { ...range, query, direction: 'forward' as const },
      { ...range, query, direction: 'backward' as const },
    ]),
    ...METRIC_QUERIES.map((query) => ({ ...range, query, direction: 'backward' as const })),
  ];
}

function fail(error: unknown): never {
  throw error;
}

/** Frames of templates in a folder, and how many of them several blocks share. */
async function templateFrames(folder: string): Promise<{ frames: number; shared: number }> {
  let frames = 0;
  let shared = 0;
  for (const path of await listSegments(nodeDisk, folder)) {
    const directory = decodeDirectory((await readSegmentDirectory(nodeDisk, path)).directory, path);
    const blocksOf = new Map<number, number>();
    for (let at = B_LINES; at < directory.blocks.length; at += BLOCK_FIELDS) {
      const frame = directory.blocks[at]!;
      if (directory.frames[frame * FRAME_FIELDS + F_CODEC] !== CODEC_TEMPLATES) continue;
      blocksOf.set(frame, (blocksOf.get(frame) ?? 0) + 1);
    }
    frames += blocksOf.size;
    shared += [...blocksOf.values()].filter((blocks) => blocks > 1).length;
  }
  return { frames, shared };
}

/** A loader without kernels: the plain twins. */
function plainLoader(): PartLoader {
  process.env['HALOGI_KERNELS'] = 'off';
  try {
    return new PartLoader(fail);
  } finally {
    delete process.env['HALOGI_KERNELS'];
  }
}

test('queries over templates answer as over a list of rows, with kernels and without', async () => {
  const found = { frames: 0, shared: 0, merges: 0 };
  await fc.assert(
    fc.asyncProperty(setup, async (config) => {
      const batches = rowsOf(config);
      const memory = new MemoryStore(
        batches.flat().map(({ labels, ns, line, metadata }) => ({ labels, timeNs: ns, line, metadata: metadata! })),
        500,
      );
      const folder = mkdtempSync(join(tmpdir(), 'halogi-stored-templates-'));
      const opened = await openMergeStore({ folder, ...(config.merges ? { settings: { tierSegments: 2 } } : {}) });
      const loaders = [new PartLoader(fail), plainLoader()];
      try {
        for (const [i, rows] of batches.entries()) {
          await opened.push(rows);
          if (i + 1 === batches.length) break;
          await opened.store.flush();
          await opened.store.merge();
        }
        const { frames, shared } = await templateFrames(folder);
        found.frames += frames;
        found.shared += shared;
        found.merges += opened.merges.length;
        expect((await verifySegments(nodeDisk, folder)).problems).toEqual([]);
        for (const request of requests(config)) {
          const expected = await answer(request, { ...queryDeps(memory), runner: inPlaceRunner(memory.load) });
          for (const loader of loaders) {
            const deps = { ...queryDeps(memory), store: opened.store, tenant: 't1', runner: loaderRunner(loader) };
            expect(await answer(request, deps), `${request.direction} ${request.query}`).toEqual(expected);
          }
        }
      } finally {
        for (const loader of loaders) loader.close();
        await opened.store.close();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 7, examples: SURE.map((config) => [config]) },
  );
  expect(found.shared).toBeGreaterThan(1);
  expect(found.frames).toBeGreaterThan(found.shared);
  expect(found.merges).toBeGreaterThan(0);
}, 120_000);
