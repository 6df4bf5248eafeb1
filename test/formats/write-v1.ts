import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { compressSync } from 'snappy';
import { openLevelKv } from '../../src/index/level-kv.ts';
import { pushSchema } from '../support/push-schema.ts';
import { openFixtureStore, readRows } from './fixture.ts';

/**
 * Writes `v1/`: what a kill of the server leaves behind, as files of format version 1, and the rows that must be read from
 * it. Run once, before the version was released; the files are never written again, whatever the code becomes.
 */

const target = join(import.meta.dirname, 'v1');
if (existsSync(join(target, 'rows.json'))) throw new Error(`${target} is there already`);

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const NOON = BigInt(NOW_MS) * 1_000_000n;
const DAY = 86_400_000_000_000n;

interface Entry {
  readonly ns: bigint;
  readonly line: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

type Streams = readonly (readonly [Readonly<Record<string, string>>, readonly Entry[]])[];

function json(streams: Streams): Buffer {
  const body = streams.map(([stream, entries]) => ({ stream, values: entries.map(({ ns, line, metadata }) => [String(ns), line, metadata ?? {}]) }));
  return Buffer.from(JSON.stringify({ streams: body }));
}

function protobuf(streams: Streams): Buffer {
  const body = streams.map(([labels, entries]) => ({
    labels: `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)}}`,
    entries: entries.map(({ ns, line, metadata }) => ({
      timestamp: { seconds: Number(ns / 1_000_000_000n), nanos: Number(ns % 1_000_000_000n) },
      line: Buffer.from(line),
      structuredMetadata: Object.entries(metadata ?? {}).map(([name, value]) => ({ name, value })),
    })),
  }));
  return compressSync(Buffer.from(pushSchema.encode(pushSchema.fromObject({ streams: body })).finish()));
}

/** Rows a step apart; `make` gives the line, or line and metadata. */
function series(count: number, stepNs: bigint, make: (i: number) => string | Omit<Entry, 'ns'>, fromNs: bigint = NOON): Entry[] {
  return Array.from({ length: count }, (_, i) => {
    const made = make(i);
    return { ns: fromNs + BigInt(i) * stepNs, ...(typeof made === 'string' ? { line: made } : made) };
  });
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal', 'nothing'];
const hex = (i: number): string => (i * 2_654_435_761).toString(16).padStart(16, '0');

const first: Streams = [
  [{ app: 'levels' }, series(16, 1_000_000n, (i) => `level=${LEVELS[i % 8]} n=${i}`)],
  [{ app: 'level-text' }, series(3, 1n, (i) => ({ line: `own level ${i}`, metadata: { detected_level: 'Audit' } }))],
  [{ app: 'newlines' }, series(6, 1_000n, (i) => ['one\ntwo', '', '\n', 'plain', 'ends\n', '\n\nboth\n\n'][i]!)],
  [{ app: 'umlauts', city: 'Zürich' }, series(4, 1_000_000_000n, (i) => `grüezi ✓ ${i}`)],
  [{ app: 'dictionary' }, series(30, 1_000_000n, (i) => ({ line: `user line ${i}`, metadata: { user: `u${i % 3}`, ...(i % 7 === 0 ? { größe: 'ä' } : {}) } }))],
  [{ app: 'sequence' }, series(20, 1_000_000n, (i) => ({ line: `trace line ${i}`, metadata: { trace_id: hex(i), ...(i % 2 === 0 ? { size: 'x'.repeat(i) } : {}) } }))],
  [{ app: 'long' }, series(3, 1_000_000n, (i) => `${i} ${'0123456789abcdef'.repeat(12_500)}`)],
  [{ app: 'two-days' }, series(3, DAY / 2n, (i) => `half day ${i}`, NOON - DAY)],
  [{ app: 'same-time' }, series(5, 0n, (i) => `line ${'cabde'[i]}`)],
  ...Array.from({ length: 20 }, (_, i): Streams[number] => [{ app: 'quiet', pod: `p${i}` }, series(2, 1_000_000n, (n) => `quiet ${i} ${n}`)]),
];
const late: Streams = [
  [{ app: 'levels' }, [...series(8, 1_000_000n, (i) => `late level=${LEVELS[7 - i]}`, NOON + 500_000n), ...series(16, 1_000_000n, (i) => `level=${LEVELS[i % 8]} n=${i}`)]],
  [{ app: 'two-days' }, series(3, 3_600_000_000_000n, (i) => `late hour ${i}`, NOON - DAY + 1n)],
];
const logged: Streams = [
  [{ app: 'levels' }, series(4, 1_000_000n, (i) => `only logged level=error ${i}`, NOON + 250_000n)],
  [{ app: 'new' }, series(3, 1n, (i) => ({ line: `new stream\n${i}`, metadata: { user: 'ü', trace_id: hex(i) } }), 5n)],
];

const folder = mkdtempSync(join(tmpdir(), 'halogi-format-'));
const { store, push } = await openFixtureStore(folder, NOW_MS);
await push('fake', 'application/json', json(first));
await push('Quiet.1', 'application/x-protobuf', protobuf(first.slice(0, 6)));
await store.flush();
await push('fake', 'application/x-protobuf', protobuf(late));
await store.flush();
await push('fake', 'application/x-protobuf', protobuf(logged));
await push('Quiet.1', 'application/json', json(logged));
const rows = readRows(store);

mkdirSync(target, { recursive: true });
for (const name of ['FORMAT', 'segments', 'wal', 'index']) cpSync(join(folder, name), join(target, name), { recursive: true });
await store.close();

// The files of LevelDB are LevelDB's; what is ours are keys and values.
const kv = await openLevelKv(join(target, 'index'));
const entries: [string, string][] = [];
for await (const page of kv.scan('', '\u{10ffff}')) for (const { key, value } of page) entries.push([key, Buffer.from(value).toString('base64')]);
await kv.close();
rmSync(join(target, 'index'), { recursive: true });
writeFileSync(join(target, 'index.json'), `${JSON.stringify(entries, undefined, 1)}\n`);

// The closed store has written what was only in the log; it must hold the same rows.
const again = await openFixtureStore(folder, NOW_MS);
if (!isDeepStrictEqual(readRows(again.store), rows)) throw new Error('rows differ after a restart');
await again.store.close();
rmSync(folder, { recursive: true });
writeFileSync(join(target, 'rows.json'), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
