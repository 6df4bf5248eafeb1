import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDiskFull, systemCode } from '../../../src/base/disk/disk.ts';
import { nodeDisk } from '../../../src/base/disk/node-disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('nodeDisk', () => {
  it('writes many buffers in order and reads them at any place', async () => {
    const file = await nodeDisk.create(join(folder, 'a'));
    const parts = Array.from({ length: 3000 }, (_, i) => bytes(`${i},`));
    await file.write(parts, 0);
    await file.write([bytes('x'), bytes('y')], 2);
    await file.datasync();
    const expected = parts.map((part) => new TextDecoder().decode(part)).join('');
    expect(await file.sizeBytes()).toBe(expected.length);
    await file.close();
    const all = await nodeDisk.readAll(join(folder, 'a'), 1_000_000);
    expect(new TextDecoder().decode(all)).toBe(`${expected.slice(0, 2)}xy${expected.slice(4)}`);
    const reader = await nodeDisk.openRead(join(folder, 'a'));
    const into = new Uint8Array(10);
    expect(await reader.read(into, expected.length - 4)).toBe(4);
    await reader.close();
  });

  it('truncates, renames and removes', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'hello');
    const file = await nodeDisk.openWrite(path);
    await file.truncate(2);
    await file.close();
    expect((await nodeDisk.stat(path))?.sizeBytes).toBe(2);
    await nodeDisk.rename(path, join(folder, 'b'));
    await nodeDisk.syncDir(folder);
    expect(await nodeDisk.list(folder)).toEqual(['b']);
    expect(await nodeDisk.removeEmptyDir(folder)).toBe(false);
    await nodeDisk.unlink(join(folder, 'b'));
    await nodeDisk.unlink(join(folder, 'b'));
    await nodeDisk.mkdir(join(folder, 'c', 'd'));
    expect(await nodeDisk.removeEmptyDir(join(folder, 'c', 'd'))).toBe(true);
    expect(await nodeDisk.removeEmptyDir(join(folder, 'c', 'd'))).toBe(true);
  });

  it('answers what is missing with a value, and other trouble with an error', async () => {
    expect(await nodeDisk.stat(join(folder, 'none'))).toBeUndefined();
    expect(await nodeDisk.readAll(join(folder, 'none'), 10)).toBeUndefined();
    expect(await nodeDisk.list(join(folder, 'none'))).toEqual([]);
    writeFileSync(join(folder, 'a'), 'hello');
    await expect(nodeDisk.readAll(join(folder, 'a'), 4)).rejects.toThrow('limit 4');
    await expect(nodeDisk.create(join(folder, 'a'))).rejects.toSatisfy((error) => systemCode(error) === 'EEXIST');
    await expect(nodeDisk.list(join(folder, 'a'))).rejects.toSatisfy((error) => systemCode(error) === 'ENOTDIR');
  });

  it('knows the space of the file system', async () => {
    const { freeBytes, totalBytes } = await nodeDisk.space(folder);
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  });

  it('tells a full disk by the code', () => {
    expect(isDiskFull(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe(true);
    expect(isDiskFull(Object.assign(new Error('x'), { code: 'EIO' }))).toBe(false);
    expect(isDiskFull('ENOSPC')).toBe(false);
  });
});
