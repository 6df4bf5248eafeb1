import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseQuery } from '../../../grammar/parse.ts';
import { nodeDisk } from '../../../src/base/disk/node-disk.ts';
import { type CompiledMatcher, compileMatcher } from '../../../src/model/matcher.ts';
import type { TimeRange } from '../../../src/model/time.ts';
import { labelTexts } from '../../../src/query/analysis/label-texts.ts';
import type { WantedRows } from '../../../src/store/snapshot/query-store.ts';
import { LogStore } from '../../../src/store/store.ts';
import { runFlushTask } from '../../../src/store/write/flush-task.ts';
import { appendRow } from '../../support/store-rows.ts';

const T0 = 1_790_000_000_000_000_000n;
const RANGE = { startNs: T0 - 1n, endNs: T0 + 1_000_000n };
let folder: string;
let store: LogStore;

function fail(error: unknown): void {
  throw error;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-skip-'));
  store = await LogStore.open({
    disk: nodeDisk,
    dataFolder: folder,
    head: { headBytes: 64 << 20, generationBytes: 32 << 20, maxAgeMs: 3.6e6, idleMs: 3.6e6 },
    // Room for one small filter section: the others are read for each query.
    cacheBytes: 40,
    directoryBytes: 1 << 20,
    walSync: 'interval',
    walSyncIntervalMs: 1000,
    runFlush: (task) => runFlushTask(task, nodeDisk),
    applyLogged: () => undefined,
    now: () => Date.now(),
    events: { damage: fail, recovered: () => undefined, flushed: () => undefined, flushFailed: fail, walFailed: fail },
  });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

interface Line {
  readonly app: string;
  readonly line: string;
  readonly labels?: readonly string[];
  readonly metadata?: readonly string[];
}

async function flushed(...lines: readonly Line[]): Promise<void> {
  for (const [i, { app, line, labels, metadata }] of lines.entries())
    appendRow(store.sink('t'), {
      labels: ['app', app, ...(labels ?? [])],
      ns: T0 + BigInt(i),
      line,
      metadata: metadata ?? [],
    });
  await store.flush();
}

/** Apps whose blocks are left, and how many blocks are not. */
async function left(
  wanted: Partial<WantedRows>,
  matchers: readonly CompiledMatcher[] = [],
  range: TimeRange = RANGE,
): Promise<string> {
  const selection = store.select('t', matchers, range);
  await selection.leaveOut?.({ texts: [], labels: [], ...wanted });
  const apps = selection.stretches.parts().map((part) => part.streamLabels[1]);
  selection.release();
  return `${apps.join()} ${selection.skippedBlocks}`;
}

const of = (query: string): Partial<WantedRows> => {
  const parsed = parseQuery(query);
  return { labels: labelTexts(parsed.kind === 'log' ? parsed.stages : []) };
};

const ID = '1f9e20428c8d28952181b66e4165e681';
const escapedId = [...ID].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('');

describe('blocks without a wanted row', () => {
  it('are left out by texts, in every segment, whatever fits into the cache', async () => {
    await flushed({ app: 'a', line: `id ${ID}` }, { app: 'b', line: 'nothing of note in here' });
    await flushed({ app: 'b', line: 'another line' }, { app: 'c', line: `ID ${ID.toUpperCase()}` });
    for (let repeat = 0; repeat < 3; repeat++) expect(await left({ texts: [Buffer.from(ID)] })).toBe('a,c 2');
    expect(await left({ texts: [Buffer.from('x')] })).toBe('a,b,b,c 0');
  });

  it('are left out by the value of a parsed label, but where an escape may hide it', async () => {
    await flushed(
      { app: 'a', line: `{"id":"${ID}"}` },
      { app: 'b', line: '{"id":"something else altogether"}' },
      { app: 'c', line: `{"id":"${escapedId}"}` },
      { app: 'd', line: '{"id":"line\\nwith \\"short\\" escapes"}' },
    );
    expect(await left(of(`{app="a"} | json | id="${ID}"`))).toBe('a,c 2');
    expect(await left(of(`{app="a"} | logfmt | id="${ID}" | json`))).toBe('a,c 2');
    expect(await left(of(`{app="a"} | pattern "<_>:<id>}" | id="${ID}"`))).toBe('a 3');
    expect(await left(of(`{app="a"} | json | id="x" or id="${ID}"`))).toBe('a,b,c,d 0');
    expect(await left(of(`{app="a"} | json | id!="${ID}"`))).toBe('a,b,c,d 0');
    expect(await left(of(`{app="a"} | label_format id=app | id="${ID}"`))).toBe('a,b,c,d 0');
    expect(await left(of(`{app="a"} | json id="id" | id="${ID}"`))).toBe('a,b,c,d 0');
    expect(await left(of(`{app="a"} | line_format "${ID}" | json | id="${ID}"`))).toBe('a,b,c,d 0');
  });

  it('are kept where the stream or the metadata may have the label', async () => {
    await flushed({ app: 'a', line: 'x', labels: ['id', ID] }, { app: 'b', line: 'y' });
    await flushed({ app: 'c', line: 'x', metadata: ['id', ID] }, { app: 'd', line: 'y' });
    expect(await left(of(`{app="a"} | json | id="${ID}"`))).toBe('a,c 2');
    // Without a parser, only metadata and the stream have labels.
    expect(await left(of(`{app="a"} | id="${ID}"`))).toBe('a,c 2');
    expect(await left(of(`{app="a"} | id="z"`))).toBe('a 3');
    expect(await left(of('{app="a"} | detected_level="z" | __error__="x" | id_extracted="y"'))).toBe('a,b,c,d 0');
  });

  it('are left out by the values of their metadata, each with its name', async () => {
    await flushed(
      { app: 'a', line: 'x', metadata: ['id', 'one', 'user', 'two'] },
      { app: 'b', line: 'y id=blackbird4711', metadata: ['id', 'two', 'user', 'one'] },
      { app: 'c', line: 'z', metadata: ['user', 'three'] },
      { app: 'd', line: `v id=${escapedId} {"id": 1}`, metadata: ['bytes', '\ufffd'] },
    );
    await flushed({ app: 'e', line: 'of a segment without such metadata' });
    expect(await left(of('{app="a"} | id="one"'))).toBe('a 4');
    expect(await left(of('{app="a"} | id="two" | user="one"'))).toBe('b 4');
    expect(await left(of('{app="a"} | user="three"'))).toBe('c 4');
    expect(await left(of('{app="a"} | user="four"'))).toBe(' 5');
    // Out of the line, where a block has a unicode escape it cannot be told.
    expect(await left(of('{app="a"} | logfmt | id="blackbird4711"'))).toBe('b,d 3');
    // Bytes that are no text are shown as the replacement character.
    expect(await left(of('{app="a"} | bytes="\ufffd"'))).toBe('a,b,c,d 1');
  });

  it('are left out alike of all, many or few streams of a segment, whole or cut by the range', async () => {
    const name = (i: number): string => `app-${String(i).padStart(2, '0')}`;
    const apps = Array.from({ length: 40 }, (_, i) => name(i));
    const holds = (i: number): boolean => i % 7 === 3 || i === 12;
    // A second segment of earlier rows, which a range from 4 ns on does not touch, and a row in the head, which stays.
    await flushed(...apps.map((app, i) => ({ app, line: holds(i) ? `id ${ID}` : 'nothing of note in here' })));
    await flushed({ app: name(4), line: `again ${ID}` }, { app: name(5), line: 'nothing again' });
    appendRow(store.sink('t'), { labels: ['app', name(6)], ns: T0 + 60n, line: 'in the head', metadata: [] });
    const matching = (value: string): CompiledMatcher[] => [compileMatcher({ name: 'app', op: '=~', value })];
    const texts = [Buffer.from(ID)];
    for (const [value, test] of [
      ['.+', () => true],
      ['app-[012].', (i: number) => i < 30],
      ['app-0[3456]|app-12', (i: number) => (i > 2 && i < 7) || i === 12],
    ] as const) {
      const selected = apps.flatMap((app, i) => (test(i) ? [[app, i] as const] : []));
      const found = selected.filter(([, i]) => holds(i)).map(([app]) => app);
      const out = selected.length - found.length;
      const all = [...found, name(4), name(6)].sort();
      expect(await left({ texts }, matching(value))).toBe(`${all.join()} ${out + 1}`);
      const late = selected.filter(([, i]) => i >= 4);
      const lateFound = [...late.filter(([, i]) => holds(i)).map(([app]) => app), name(6)].sort();
      const cut = { startNs: T0 + 4n, endNs: T0 + 1_000_000n };
      expect(await left({ texts }, matching(value), cut)).toBe(
        `${lateFound.join()} ${late.length - lateFound.length + 1}`,
      );
    }
  });
});
