import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Kv, type KvEntry, SCAN_PAGE_ENTRIES } from '../../src/index/kv.ts';
import { openLevelKv } from '../../src/index/level-kv.ts';
import { MemoryKv } from '../../src/index/memory-kv.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-kv-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string, value = key): { type: 'put'; key: string; value: Uint8Array } => ({
  type: 'put',
  key,
  value: bytes(value),
});

async function scanAll(kv: Kv, gte: string, lt: string): Promise<KvEntry[]> {
  const entries: KvEntry[] = [];
  for await (const page of kv.scan(gte, lt)) entries.push(...page);
  return entries;
}

const keysOf = async (kv: Kv, gte: string, lt: string): Promise<string[]> =>
  (await scanAll(kv, gte, lt)).map((entry) => entry.key);

describe.each([
  ['MemoryKv', async (): Promise<Kv> => new MemoryKv()],
  ['LevelKv', (): Promise<Kv> => openLevelKv(join(folder, 'deep', 'index'))],
])('%s', (_name, open) => {
  let kv: Kv;
  beforeEach(async () => {
    kv = await open();
  });
  afterEach(() => kv.close());

  it('gives back what was put, at once too', async () => {
    const value = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    await kv.batch([{ type: 'put', key: 'a', value }, put('b', '')]);
    expect(Buffer.compare((await kv.get('a'))!, value)).toBe(0);
    expect(Buffer.compare(kv.getSync('a')!, value)).toBe(0);
    expect((await kv.get('b'))?.length).toBe(0);
    expect(kv.getSync('b')?.length).toBe(0);
    expect(await kv.get('c')).toBeUndefined();
    expect(kv.getSync('c')).toBeUndefined();
  });

  it('keeps its own copy of a value', async () => {
    const value = bytes('old');
    await kv.batch([{ type: 'put', key: 'a', value }]);
    value.fill(0);
    expect(new TextDecoder().decode(await kv.get('a'))).toBe('old');
  });

  it('does all operations of a batch, the last one on a key winning', async () => {
    await kv.batch([put('a', '1'), put('b', '1')]);
    await kv.batch([
      put('a', '2'),
      { type: 'del', key: 'a' },
      { type: 'del', key: 'b' },
      put('b', '3'),
      { type: 'del', key: 'none' },
    ]);
    expect(await scanAll(kv, '', '~')).toEqual([{ key: 'b', value: expect.anything() }]);
    expect(new TextDecoder().decode(kv.getSync('b'))).toBe('3');
  });

  it('scans a half-open range in the order of bytes', async () => {
    await kv.batch(['b', 'a', 'a/1', 'ab', 'ü', '\u{ffee}', '\u{1f600}', 'c'].map((key) => put(key)));
    expect(await keysOf(kv, 'a', 'c')).toEqual(['a', 'a/1', 'ab', 'b']);
    expect(await keysOf(kv, 'a/', 'a0')).toEqual(['a/1']);
    expect(await keysOf(kv, 'c', '\u{10ffff}')).toEqual(['c', 'ü', '\u{ffee}', '\u{1f600}']);
    expect(await keysOf(kv, 'x', 'x')).toEqual([]);
  });

  it('scans more than a page, and can be left early', async () => {
    const keys = Array.from({ length: SCAN_PAGE_ENTRIES * 2 + 5 }, (_, i) => `k${String(i).padStart(6, '0')}`);
    await kv.batch(keys.map((key) => put(key)));
    expect(await keysOf(kv, 'k', 'l')).toEqual(keys);
    for await (const page of kv.scan('k', 'l')) {
      expect(page[0]!.key).toBe(keys[0]);
      break;
    }
  });

  it('scans what was there when the scan began', async () => {
    await kv.batch([put('a'), put('b')]);
    const pages = kv.scan('a', 'z')[Symbol.asyncIterator]();
    const first = pages.next();
    await kv.batch([{ type: 'del', key: 'a' }, put('c')]);
    expect((await first).value.map((entry: KvEntry) => entry.key)).toEqual(['a', 'b']);
    await pages.return?.();
  });

  it('can be emptied', async () => {
    await kv.batch([put('a'), put('b')]);
    await kv.clear();
    expect(await keysOf(kv, '', '~')).toEqual([]);
    await kv.batch([put('c')]);
    expect(await keysOf(kv, '', '~')).toEqual(['c']);
  });
});

describe('LevelKv', () => {
  it('finds everything again when it is opened anew', async () => {
    const first = await openLevelKv(folder);
    await first.batch([put('a')]);
    await first.close();
    const second = await openLevelKv(folder);
    expect(new TextDecoder().decode(await second.get('a'))).toBe('a');
    await second.close();
  });

  it('keeps a second owner out', async () => {
    const kv = await openLevelKv(folder);
    await expect(openLevelKv(folder)).rejects.toMatchObject({ code: 'FOLDER_LOCKED' });
    await kv.close();
  });
});
