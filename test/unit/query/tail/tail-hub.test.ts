import { describe, expect, it } from 'vitest';
import type { LogExpr } from '../../../../grammar/ast.ts';
import { parseQuery } from '../../../../grammar/parse.ts';
import { type Labels, labelsFromObject } from '../../../../src/model/labels.ts';
import { encodeMetadata } from '../../../../src/model/metadata-bytes.ts';
import type { RowSink, SinkStream } from '../../../../src/model/row-sink.ts';
import type { LogRow } from '../../../../src/query/log-query.ts';
import { runScanTask } from '../../../../src/query/scan.ts';
import { TailHub, type TailRequest } from '../../../../src/query/tail/tail-hub.ts';
import type { TailSession } from '../../../../src/query/tail/tail-session.ts';
import type { TaskRunner } from '../../../../src/query/task.ts';

const NOTHING: RowSink = {
  stream: (labels: Labels): SinkStream => ({ streamId: 1, labels, newestNs: undefined, live: true }),
  streamCount: () => 0,
  has: () => false,
  append: () => true,
};
const inPlace: TaskRunner = { parallelism: 1, run: async (task) => runScanTask(task, () => []) };

function request(query: string, changes: Partial<TailRequest> = {}): TailRequest {
  return {
    tenant: 't',
    expr: parseQuery(query) as LogExpr,
    categorize: false,
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

/** The next rows of a started tail. */
function next(session: TailSession, maxRows = 100_000): Promise<readonly LogRow[]> {
  return new Promise((resolve) => {
    const look = (): void => {
      for (let piece = session.take(maxRows); piece !== undefined; piece = session.take(maxRows)) {
        if (piece.rows.length === 0) continue;
        resolve(piece.rows);
        return;
      }
    };
    session.onReady = look;
    look();
  });
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
    const some = hub.open(request('{app="a"} |= `x` | k="v"', { categorize: true }));
    all.start([]);
    some.start([]);
    pushTo(hub, { app: 'a' }, ['x one', 'two', 'x three'], { k: 'v' });
    pushTo(hub, { app: 'b' }, ['x four'], { k: 'v' });
    expect((await next(all)).map(({ line }) => line)).toEqual(['x one', 'two', 'x three', 'x four']);
    const rows = await next(some);
    expect(rows.map(({ line, timeNs }) => [line, timeNs])).toEqual([
      ['x one', 20_000n * 86_400_000_000_000n],
      ['x three', 20_000n * 86_400_000_000_000n + 2n],
    ]);
    expect(rows[0]!.labels.categorized).toEqual({
      stream: ['app', 'a'],
      structuredMetadata: ['detected_level', 'info', 'k', 'v'],
      parsed: [],
    });
  });

  it('reads each push in its own memory, though the next one uses it again', async () => {
    const hub = new TailHub(inPlace);
    const session = hub.open(request('{app="a"}'));
    session.start([]);
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
    mine.start([]);
    theirs.start([]);
    pushTo(hub, { app: 'a' }, ['mine']);
    pushTo(hub, { app: 'a' }, ['theirs'], {}, 'u');
    expect((await next(mine)).map(({ line }) => line)).toEqual(['mine']);
    expect((await next(theirs)).map(({ line }) => line)).toEqual(['theirs']);
  });

  it('gives a tail nothing that was appended before it was opened', async () => {
    const hub = new TailHub(inPlace);
    const early = hub.open(request('{app="a"}'));
    early.start([]);
    pushTo(hub, { app: 'a' }, ['before']);
    const late = hub.open(request('{app="a"}'));
    late.start([]);
    pushTo(hub, { app: 'a' }, ['after']);
    expect((await next(late)).map(({ line }) => line)).toEqual(['after']);
  });

  it('sends history first, then what came meanwhile', async () => {
    const hub = new TailHub(inPlace);
    const session = hub.open(request('{app="a"}'));
    pushTo(hub, { app: 'a' }, ['live']);
    const old = { timeNs: 1n, line: 'old', labels: { all: [] } };
    session.start([old, old, old]);
    expect((await next(session, 2)).length).toBe(2);
    expect((await next(session, 2)).length).toBe(1);
    expect((await next(session)).map(({ line }) => line)).toEqual(['live']);
  });

  it('drops and tells what does not fit while workers are busy', async () => {
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
    const session = hub.open(request('{app="a"}'));
    session.start([]);
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
    for (let i = 0; i < 20; i++) pushTo(hub, { app: 'a' }, lines);
    expect(hub.dropped).toBe(400_000 - 4 * 65_536);
    release();
    const rows = await next(session);
    expect(rows[0]!.line).toBe('line 0');
    hub.close(session);
    expect(hub.dropped).toBeGreaterThanOrEqual(400_000 - 4 * 65_536);
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
