import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../../src/base/disk/folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Takes the lock in another process and says so, then waits. */
const HOLDER = `
const { lockFolder } = await import(process.argv[1]);
lockFolder(process.argv[2]);
process.stdout.write('locked');
setInterval(() => {}, 1000);
`;
const modulePath = new URL('../../../src/base/disk/folder-lock.ts', import.meta.url).href;

describe('lockFolder', () => {
  it('keeps a second one out until it is released', () => {
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'FOLDER_LOCKED' }));
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid} on `);
    lock.release();
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    lockFolder(folder).release();
  });

  it('names the live process that has it, and takes over when that was killed', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, modulePath, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(() => lockFolder(folder)).toThrow(`in use by process ${child.pid} on `);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const lock = lockFolder(folder);
    expect(readFileSync(join(folder, 'LOCK'), 'utf8')).toContain(`pid=${process.pid}\n`);
    lock.release();
  });

  it.each([
    ['a later process with the same id', (text: string) => text.replace(/start=.*/, 'start=1')],
    ['another boot of the machine', (text: string) => text.replace(/boot=.*/, 'boot=x')],
    ['another container', (text: string) => text.replace(/namespace=.*/, 'namespace=pid:[1]')],
    ['an empty file', () => ''],
    ['other bytes', () => 'pid=-3\n\0\0'],
    ['a large file', () => 'x'.repeat(100_000)],
  ])('takes over from %s', (_name, change) => {
    const path = join(folder, 'LOCK');
    const old = lockFolder(folder);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const lock = lockFolder(folder);
    expect(readdirSync(folder)).toEqual(['LOCK']);
    expect(() => lockFolder(folder)).toThrow('in use');
    lock.release();
    old.release();
  });

  it('does not remove the lock of another holder', () => {
    const lock = lockFolder(folder);
    writeFileSync(join(folder, 'LOCK'), 'pid=1\n');
    lock.release();
    expect(readFileSync(join(folder, 'LOCK'), 'utf8')).toBe('pid=1\n');
  });

  it('lets another process take over a stale lock, but not a live one', () => {
    writeFileSync(join(folder, 'LOCK'), 'pid=999999999\nstart=1\n');
    const script = `
      const { lockFolder } = await import(process.argv[1]);
      try { lockFolder(process.argv[2]); process.stdout.write('won'); } catch (error) { process.stdout.write(error.code); }
    `;
    const first = spawnSync(process.execPath, ['--input-type=module', '-e', script, modulePath, folder]);
    expect(first.stdout.toString()).toBe('won');
    const mine = lockFolder(folder);
    const second = spawnSync(process.execPath, ['--input-type=module', '-e', script, modulePath, folder]);
    expect(second.stdout.toString()).toBe('FOLDER_LOCKED');
    mine.release();
  });
});
