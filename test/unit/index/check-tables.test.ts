import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeDisk } from '../../../src/base/disk/node-disk.ts';
import { checkTables } from '../../../src/index/check-tables.ts';
import { openLevelKv } from '../../../src/index/level-kv.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-tables-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A database of many small values and a large one, all of it in tables. */
async function writeTables(): Promise<string[]> {
  for (let start = 0; start < 3; start++) {
    // Opening writes what the log holds to a table.
    const kv = await openLevelKv(folder);
    const small = Array.from({ length: 300 }, (_, i) => `s/${start}/${i}`);
    await kv.batch(
      small.map((key) => ({ type: 'put', key, value: Buffer.from(`value of ${key}, and some more of it`) }) as const),
    );
    await kv.batch([{ type: 'put', key: `d/${start}`, value: new Uint8Array(50_000).fill(start) }]);
    await kv.close();
  }
  await (await openLevelKv(folder)).close();
  return readdirSync(folder).filter((name) => name.endsWith('.ldb'));
}

it('passes what LevelDB writes, and finds a changed bit anywhere in it', async () => {
  const names = await writeTables();
  expect(names.length).toBeGreaterThan(1);
  await checkTables(nodeDisk, folder);
  for (const name of names) {
    const path = join(folder, name);
    const good = readFileSync(path);
    // The padding between the two handles of the footer means nothing.
    for (let at = 0; at < good.length - 48; at += 1 + Math.floor(good.length / 150)) {
      const bad = Buffer.from(good);
      bad[at] = bad[at]! ^ 0x10;
      writeFileSync(path, bad);
      await expect(checkTables(nodeDisk, folder), `${name} ${at}`).rejects.toThrow(path);
    }
    for (const size of [0, 10, 47, 48, good.length - 1]) {
      writeFileSync(path, good.subarray(0, size));
      await expect(checkTables(nodeDisk, folder), `${name} cut to ${size}`).rejects.toThrow(path);
    }
    writeFileSync(path, good);
  }
  await checkTables(nodeDisk, folder);
});

it('says nothing of a folder that is not there', async () => {
  await checkTables(nodeDisk, join(folder, 'none'));
});
