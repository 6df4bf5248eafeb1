import { expect, test } from 'vitest';
import { MemoryKv } from '../../../src/index/memory-kv.ts';
import { SealedKv } from '../../../src/index/sealed-kv.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function scanned(kv: SealedKv): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of kv.scan('', '~'))
    for (const { key, value } of page) found.push([key, new TextDecoder().decode(value)]);
  return found;
}

test('values come back as they were put, also empty and binary ones', async () => {
  const kv = new SealedKv(new MemoryKv());
  await kv.batch([
    { type: 'put', key: 'a', value: bytes('') },
    { type: 'put', key: 'ä', value: Uint8Array.of(0, 10, 255) },
    { type: 'put', key: 'c', value: bytes('gone') },
    { type: 'del', key: 'c' },
  ]);
  expect((await kv.get('a'))!.length).toBe(0);
  expect([...kv.getSync('ä')!]).toEqual([0, 10, 255]);
  expect(await kv.get('c')).toBeUndefined();
  await kv.clear();
  expect(await kv.get('a')).toBeUndefined();
});

test('every flipped bit, a missing end, and the value of another key are damage that is named', async () => {
  const inner = new MemoryKv();
  const kv = new SealedKv(inner);
  await kv.batch([{ type: 'put', key: 'a', value: bytes('["x"]') }]);
  expect(await scanned(kv)).toEqual([['a', '["x"]']]);
  const sealed = (await inner.get('a'))!;
  expect(new TextDecoder().decode(sealed)).toMatch(/^\["x"\]\n[0-9a-f]{8}$/);
  const broken: Uint8Array[] = [sealed.subarray(0, 4), sealed.subarray(1), new Uint8Array(0)];
  for (let at = 0; at < sealed.length; at++) broken.push(sealed.map((byte, i) => (i === at ? byte ^ 4 : byte)));
  for (const value of broken) {
    await inner.batch([{ type: 'put', key: 'a', value }]);
    await expect(kv.get('a')).rejects.toMatchObject({ code: 'INDEX_CORRUPT', details: { key: 'a' } });
    expect(() => kv.getSync('a')).toThrow('checksum');
    await expect(scanned(kv)).rejects.toThrow('checksum');
  }
  await inner.batch([{ type: 'put', key: 'b', value: sealed }]);
  await expect(kv.get('b')).rejects.toMatchObject({ details: { key: 'b' } });
});
