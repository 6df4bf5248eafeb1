import { execFile } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHalogi } from '../support/halogi-process.ts';

/**
 * Files of Loki's as people have them, and what `halogi config check` says of each. HALOGI_WRITE_GOLDEN=1 writes the answers
 * anew; read them before they are committed.
 */
const ROOT = join(import.meta.dirname, '..', '..');
const HERE = join(import.meta.dirname, 'loki');
const names = globSync('*.yaml', { cwd: HERE }).map((file) => basename(file, '.yaml'));
const run = promisify(execFile);

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-loki-files-'));
  copyFileSync(join(HERE, 'runtime.yaml.txt'), join(folder, 'runtime.yaml'));
  env = { LOKI_DATA: join(folder, 'loki'), LOKI_RUNTIME: join(folder, 'runtime.yaml') };
});
afterAll(() => rmSync(folder, { recursive: true }));

it('there are files of a dozen kinds', () => {
  expect(names.length).toBeGreaterThanOrEqual(12);
});

describe.each(names)('%s', (name) => {
  const file = join(HERE, `${name}.yaml`);

  it('is explained by config check', async () => {
    const args = ['config', 'check', `-config.file=${file}`, '-config.expand-env=true'];
    const { stdout } = await run(join(ROOT, 'bin', 'halogi'), args, { env: { PATH: process.env['PATH'], ...env } });
    const shown = stdout.replaceAll(folder, '<folder>');
    const golden = join(HERE, `${name}.check.txt`);
    if (process.env['HALOGI_WRITE_GOLDEN'] === '1') writeFileSync(golden, shown);
    expect(shown).toBe(readFileSync(golden, 'utf8'));
  });

  it('starts the server', async () => {
    const data = mkdtempSync(join(folder, 'data-'));
    const server = await startHalogi(
      data,
      [`-config.file=${file}`, '-config.expand-env=true', '--log.level', 'info'],
      env,
    );
    try {
      const config = await (await fetch(`${server.url}/config`)).text();
      expect(config).toContain('auth_enabled:');
      expect(server.log()).toMatch(/keys of a Loki configuration/);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
});
