import { describe, expect, it } from 'vitest';
import type { LogExpr } from '../../../../grammar/ast.ts';
import { parseQuery } from '../../../../grammar/parse.ts';
import { type Labels, labelsFromObject } from '../../../../src/model/labels.ts';
import { encodeMetadata } from '../../../../src/model/metadata-bytes.ts';
import type { RowSink, SinkStream } from '../../../../src/model/row-sink.ts';
import { compileSelector } from '../../../../src/query/analysis/selectors.ts';
import { runScanTask } from '../../../../src/query/scan.ts';
import { scanTail } from '../../../../src/query/tail/scan-tail.ts';
import type { TailRequest } from '../../../../src/query/tail/tail-group.ts';
import { TailHub } from '../../../../src/query/tail/tail-hub.ts';
import { writtenRows } from '../../../../src/query/tail/tail-rows.ts';
import type { TailSession } from '../../../../src/query/tail/tail-session.ts';
import type { TaskRunner } from '../../../../src/query/task/task.ts';

const NOTHING: RowSink = {
  stream: (labels: Labels): SinkStream => ({
    streamId: 1,
    labels,
    newestSeconds: Number.NEGATIVE_INFINITY,
    newestNanos: 0,
    live: true,
  }),
  streamCount: () => 0,
  has: () => false,
  append: () => true,
};
const inPlace: TaskRunner = { parallelism: 1, run: async (task) => runScanTask(task, () => []) };

function request(query: string, changes: Partial<TailRequest> = {}): TailRequest {
  const { matchers, stages } = parseQuery(query) as LogExpr;
  return {
    tenant: 't',
    query,
    matchers: compileSelector(matchers),
    stages,
    format: 'plain',
    delayMs: 0,
    maxConcurrent: 0,
    ...changes,
  };
}

/** Appends lines to a stream as one push does. */
function pushTo(
  hub: TailHub,
  labels: Record<string, string>,
  lines: readonly string[],
  metadata: Record<string, string> = {},
  tenant = 't',
): void {
  const sink = hub.tap(tenant, NOTHING);
  const stream = sink.stream(labelsFromObject(labels));
  const bytes = Buffer.from(lines.join('\n'));
  const pairs = encodeMetadata(labelsFromObject(metadata));
  let start = 0;
  for (const [i, line] of lines.entries()) {
    const end = start + Buffer.byteLength(line);
    sink.append(stream, 20_000, i, bytes, start, end, 3, pairs, 0, pairs.length);
    start = end + 1;
  }
}

interface Row {
  readonly stream: Record<string, string>;
  readonly time: string;
  readonly line: string;
  readonly categories: object | undefined;
}

const NO_HISTORY = writtenRows([], 'plain');

function rowsOf({ entries }: { readonly entries: Uint8Array }): Row[] {
  const streams = JSON.parse(`[${Buffer.from(entries)}]`) as {
    stream: Record<string, string>;
    values: [[string, string, object?]];
  }[];
  return streams.map(({ stream, values: [[time, line, categories]] }) => ({ stream, time, line, categories }));
}

/** The next rows of a started tail. */
function next(session: TailSession, maxRows = 100_000): Promise<readonly Row[]> {
  return new Promise((resolve) => {
    const look = (): void => {
      for (let piece = session.take(maxRows, 1e9); piece !== undefined; piece = session.take(maxRows, 1e9)) {
        if (piece.entries.length === 0) continue;
        resolve(rowsOf(piece));
        return;
      }
    };
    session.onReady = look;
    look();
  });
}

/** Takes all that comes until so many entries have come or been told as dropped. */
async function account(session: TailSession, total: number): Promise<{ received: number; dropped: number }> {
  let received = 0;
  let dropped = 0;
  await new Promise<void>((resolve) => {
    session.onReady = () => {
      for (let piece = session.take(100, 1e9); piece !== undefined; piece = session.take(100, 1e9)) {
        received += rowsOf(piece).length;
        for (const { count } of piece.dropped) dropped += count;
      }
      if (received + dropped >= total) resolve();
    };
    session.onReady();
  });
  return { received, dropped };
}

describe('TailHub', () => {
  it('leaves pushes alone while nobody tails their tenant', () => {
    const hub = new TailHub(inPlace);
    expect(hub.tap('t', NOTHING)).toBe(NOTHING);
    const session = hub.open(request('{app="a"}'));
    expect(hub.tap('t', NOTHING)).not.toBe(NOTHING);
    expect(hub.tap('other', NOTHING)).toBe(NOTHING);
    hub.close(session);
    expect(hub.tap('t', NOTHING)).toBe(NOTHING);
    expect(hub.active).toBe(0);
  });

  it('gives each tail the rows of its selector and pipeline, in order, with labels', async () => {
    const hub = new TailHub(inPlace);
    const all = hub.open(request('{app=~".+"}'));
    const some = hub.open(request('{app="a"} |= `x` | k="v"', { format: 'categorized' }));
    all.start(NO_HISTORY);
    some.start(NO_HISTORY);
    pushTo(hub, { app: 'a' }, ['x one', 'two', 'x three'], { k: 'v' });
    pushTo(hub, { app: 'b' }, ['x four'], { k: 'v' });
    expect((await next(all)).map(({ line }) => line)).toEqual(['x one', 'two', 'x three', 'x four']);
    const rows = await next(some);
    expect(rows.map(({ line, time }) => [line, BigInt(time)])).toEqual([
      ['x one', 20_000n * 86_400_000_000_000n],
      ['x three', 20_000n * 86_400_000_000_000n + 2n],
    ]);
    expect(rows[0]!.stream).toEqual({ app: 'a' });
    expect(rows[0]!.categories).toEqual({ structuredMetadata: { detected_level: 'info', k: 'v' } });
  });

  it('reads each push in its own memory, though the next one uses it again', async () => {
    const hub = new TailHub(inPlace);
    const session = hub.open(request('{app="a"}'));
    session.start(NO_HISTORY);
    const bytes = Buffer.alloc(8);
    for (const text of ['first...', 'second..']) {
      bytes.write(text);
      const sink = hub.tap('t', NOTHING);
      sink.append(sink.stream(['app', 'a']), 1, 0, bytes, 0, 8, 255, bytes, 0, 0);
    }
    expect((await next(session)).map(({ line }) => line)).toEqual(['first...', 'second..']);
  });

  it('shows rows of another tenant to nobody', async () => {
    const hub = new TailHub(inPlace);
    const mine = hub.open(request('{app="a"}'));
    const theirs = hub.open(request('{app="a"}', { tenant: 'u' }));
    mine.start(NO_HISTORY);
    theirs.start(NO_HISTORY);
    pushTo(hub, { app: 'a' }, ['mine']);
    pushTo(hub, { app: 'a' }, ['theirs'], {}, 'u');
    expect((await next(mine)).map(({ line }) => line)).toEqual(['mine']);
    expect((await next(theirs)).map(({ line }) => line)).toEqual(['theirs']);
  });

  it('gives a tail nothing that was appended before it was opened', async () => {
    const hub = new TailHub(inPlace);
    const early = hub.open(request('{app="a"}'));
    early.start(NO_HISTORY);
    pushTo(hub, { app: 'a' }, ['before']);
    const late = hub.open(request('{app="a"}'));
    late.start(NO_HISTORY);
    pushTo(hub, { app: 'a' }, ['after']);
    expect((await next(late)).map(({ line }) => line)).toEqual(['after']);
  });

  it('sends history first, then what came meanwhile', async () => {
    const hub = new TailHub(inPlace);
    const session = hub.open(request('{app="a"}'));
    pushTo(hub, { app: 'a' }, ['live']);
    const old = { timeNs: 1n, line: 'old', labels: { all: [] } };
    session.start(writtenRows([old, old, old], 'plain'));
    expect((await next(session, 2)).length).toBe(2);
    expect((await next(session, 2)).length).toBe(1);
    expect((await next(session)).map(({ line }) => line)).toEqual(['live']);
  });

  it('counts by itself what passes the stages while workers are busy', async () => {
    let release: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    const busy: TaskRunner = {
      parallelism: 1,
      run: async (task) => {
        await blocked;
        return runScanTask(task, () => []);
      },
    };
    const hub = new TailHub(busy);
    hub.countWith(scanTail);
    const all = hub.open(request('{app="a"}'));
    const some = hub.open(request('{app="a"} | logfmt | n >= 19000'));
    const other = hub.open(request('{app="b"}'));
    for (const session of [all, some, other]) session.start(NO_HISTORY);
    const lines = Array.from({ length: 20_000 }, (_, i) => `line n=${i}`);
    for (let i = 0; i < 30; i++) pushTo(hub, { app: 'a' }, lines);
    const inBatches = 12 * 32_768;
    expect(all.droppedCount).toBeGreaterThan(600_000 - inBatches - 8192);
    expect(all.droppedCount).toBeLessThanOrEqual(600_000 - inBatches);
    expect(some.droppedCount).toBeGreaterThanOrEqual(10_000);
    release();
    const counted = await account(all, 600_000);
    expect(counted.received).toBeGreaterThanOrEqual(10_000);
    expect(counted.received + counted.dropped).toBe(600_000);
    const few = await account(some, 30_000);
    expect(few.received).toBeGreaterThanOrEqual(9000);
    expect(few.received + few.dropped).toBe(30_000);
    expect(other.droppedCount).toBe(0);
    const dropped = hub.dropped;
    hub.close(all);
    expect(hub.dropped).toBe(dropped);
  });

  it('shares its rate among tails that match more than they get', async () => {
    const hub = new TailHub(inPlace);
    const sessions = [1, 2, 3, 4].map((n) => hub.open(request(`{app="a"} != "${n}${n}${n}${n}${n}"`)));
    const quiet = hub.open(request('{app="a"} |= "19999"'));
    for (const session of [...sessions, quiet]) session.start(NO_HISTORY);
    const lines = Array.from({ length: 12_000 }, (_, i) => `line ${i}`);
    pushTo(hub, { app: 'a' }, lines);
    while (sessions.some(({ droppedCount }) => droppedCount === 0))
      await new Promise((resolve) => setImmediate(resolve));
    pushTo(hub, { app: 'a' }, lines);
    while (sessions.some(({ droppedCount }) => droppedCount < 3000))
      await new Promise((resolve) => setImmediate(resolve));
    expect(sessions.map(({ rowsPerSecond }) => rowsPerSecond)).toEqual([5000, 5000, 5000, 5000]);
    expect(quiet.rowsPerSecond).toBe(10_000);
  });

  it('filters by label filters what the kernel can decide and what it cannot', async () => {
    const queries: readonly (readonly [string, (i: number) => boolean])[] = [
      ['{app=~".+"} | json | n > 100 | s = "x"', (i) => i > 100 && i % 2 === 0],
      ['{app=~".+"} | logfmt | app="v"', () => false],
      ['{app=~".+"} | json | app_extracted="v"', () => true],
      ['{app=~"[ab]"} |~ `"n":\\d` | json | n < 10 | k="v"', (i) => i < 10],
    ];
    const hub = new TailHub(inPlace);
    const sessions = queries.map(([query]) => hub.open(request(query)));
    const streams = ['a', 'b'];
    for (const app of streams) {
      const lines = Array.from(
        { length: 300 },
        (_, i) => `{"n":${i},${i % 3 ? ' ' : '\n'}"s":"${i % 2 ? 'y' : 'x'}","app":"v"}`,
      );
      pushTo(hub, { app, [`only_${app}`]: '1' }, lines, { k: 'v' });
    }
    for (const [q, [, passes]] of queries.entries()) {
      const expected = Array.from({ length: 300 }, (_, i) => i).filter(passes);
      const session = sessions[q]!;
      if (expected.length === 0) continue;
      session.start(NO_HISTORY);
      const rows = await next(session);
      expect(rows.map(({ line }) => (JSON.parse(line) as { n: number }).n)).toEqual([...expected, ...expected]);
    }
  });

  it('tells exactly how many entries that match were dropped, also to a tail whose twin reads nothing', async () => {
    const hub = new TailHub(inPlace);
    const all = hub.open(request('{app=~"a|b"}'));
    const twin = hub.open(request('{app=~"a|b"}'));
    const even = hub.open(request('{app="a"} |~ `[02468]$` | k="v"'));
    for (const session of [all, twin, even]) session.start(NO_HISTORY);
    const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}`);
    for (let i = 0; i < 2; i++) {
      pushTo(hub, { app: 'a' }, lines, { k: 'v' });
      pushTo(hub, { app: 'b' }, lines, { k: 'v' });
      pushTo(hub, { app: 'c' }, lines, { k: 'v' });
    }
    const counted = await account(all, 120_000);
    expect(counted.received).toBeGreaterThanOrEqual(10_000);
    expect(counted.received + counted.dropped).toBe(120_000);
    const evens = await account(even, 30_000);
    expect(evens.received + evens.dropped).toBe(30_000);
    expect(twin.droppedCount).toBe(110_000);
    expect((await account(twin, 120_000)).received).toBe(10_000);
  });

  it('names dropped entries by time and stream as long as they are few, then counts them by stream', async () => {
    const hub = new TailHub(inPlace);
    const session = hub.open(request('{app=~".+"} | line_format `x`'));
    session.start(NO_HISTORY);
    pushTo(
      hub,
      { app: 'a' },
      Array.from({ length: 10_000 }, (_, i) => `${i}`),
    );
    pushTo(
      hub,
      { app: 'b' },
      Array.from({ length: 1500 }, (_, i) => `${i}`),
    );
    while (session.droppedCount < 1500) await new Promise<void>((resolve) => setImmediate(resolve));
    const { dropped } = session.take(1, 1e9)!;
    const day = 20_000n * 86_400_000_000_000n;
    expect(dropped.length).toBe(201);
    expect(dropped[0]).toEqual({ timeNs: day, labels: ['app', 'b'], count: 1 });
    expect(dropped[200]).toEqual({ timeNs: day + 1499n, labels: ['app', 'b'], count: 1300 });
  });

  it('hands out as many rows as there is room for, and at least one', () => {
    const hub = new TailHub(inPlace);
    const session = hub.open(request('{app="a"}'));
    const labels = { all: labelsFromObject({ app: 'a' }) };
    const rows = ['one', 'two', 'three'].map((line, i) => ({ timeNs: BigInt(i), line, labels }));
    session.start(writtenRows(rows, 'plain'));
    const size = writtenRows(rows, 'plain').ends[1]!;
    const linesOf = (piece: ReturnType<TailSession['take']>): string[] => rowsOf(piece!).map(({ line }) => line);
    expect(linesOf(session.take(100, size))).toEqual(['one', 'two']);
    expect(linesOf(session.take(100, 1))).toEqual(['three']);
    expect(session.take(100, size)).toBeUndefined();
  });

  it('has its thread started before the first tail, and once more when that failed', async () => {
    let starts = 0;
    const runner: TaskRunner = {
      parallelism: 1,
      run: async (task) => {
        if (starts++ === 0) throw new Error('a worker thread died');
        return runScanTask(task, () => []);
      },
    };
    const hub = new TailHub(runner);
    await hub.ready();
    expect(starts).toBe(1);
    await Promise.all([hub.ready(), hub.ready()]);
    await hub.ready();
    expect(starts).toBe(2);
  });

  it('refuses one tail too many of a tenant', () => {
    const hub = new TailHub(inPlace);
    hub.open(request('{app="a"}', { maxConcurrent: 1 }));
    expect(() => hub.open(request('{app="a"}', { maxConcurrent: 1 }))).toThrow(
      'max concurrent tail requests limit exceeded, count > limit (2 > 1)',
    );
    hub.open(request('{app="a"}', { maxConcurrent: 1, tenant: 'u' }));
    expect(hub.active).toBe(2);
  });

  it('ends the tails whose rows a worker could not scan', async () => {
    const broken: TaskRunner = { parallelism: 1, run: () => Promise.reject(new Error('a worker thread died')) };
    const hub = new TailHub(broken);
    const session = hub.open(request('{app="a"}'));
    const ended = new Promise((resolve) => (session.onEnd = resolve));
    pushTo(hub, { app: 'a' }, ['x']);
    expect(await ended).toBe('a worker thread died');
  });
});
