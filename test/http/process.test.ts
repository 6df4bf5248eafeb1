import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/server/version.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const PROGRAM = join(import.meta.dirname, '../../bin/halogi');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs bin/halogi; `ended` resolves with everything it wrote. */
function halogi(
  args: readonly string[],
  env: Record<string, string> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(PROGRAM, args, { env: { PATH: process.env['PATH'] ?? '', ...env } });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  return { child, ended };
}

/** Resolves with the URL in the line that says that the server is ready. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk) => {
      text += chunk;
      for (const line of text.split('\n').slice(0, -1)) {
        const entry = JSON.parse(line);
        if (entry.msg === 'ready') resolve(entry.url);
      }
    });
    child.on('close', () => reject(new Error(`ended before it was ready: ${text}`)));
  });
}

const dataFolder = (): string => mkdtempSync(join(tmpdir(), 'halogi-process-'));

describe('bin/halogi serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s, also with an idle connection, and keeps what it took',
    async (signal) => {
      const folder = dataFolder();
      const serve = ['serve', '--listen', '127.0.0.1:0', '--data', folder];
      const first = halogi(serve);
      const url = await ready(first.child);
      const agent = new Agent({ keepAlive: true });
      await new Promise((resolve) => get(`${url}/ready`, { agent }, (reply) => reply.resume().on('end', resolve)));
      const time = `${Date.now()}000000`;
      const body = JSON.stringify({ streams: [{ stream: { app: 'a' }, values: [[time, 'kept']] }] });
      const headers = { 'content-type': 'application/json' };
      const push = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body });
      expect(push.status).toBe(204);
      first.child.kill(signal);
      const ended = await first.ended;
      expect(ended.code).toBe(0);
      for (const line of ended.out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
      agent.destroy();

      const second = halogi(serve);
      const again = await ready(second.child);
      const { ended: asked } = halogi(['query', '{app="a"}', '-o', 'raw'], { HALOGI_ADDR: again });
      expect(await asked).toEqual({ code: 0, out: 'kept\n', err: '' });
    },
  );

  it('refuses a data folder that another process uses', async () => {
    const folder = dataFolder();
    const serve = ['serve', '--listen', '127.0.0.1:0', '--data', folder];
    await ready(halogi(serve).child);
    const { code, out } = await halogi(serve).ended;
    expect(code).toBe(1);
    const last = JSON.parse(out.trim().split('\n').at(-1)!);
    expect(last).toMatchObject({ level: 'fatal', err: { code: 'FOLDER_LOCKED' } });
  });

  it('says what is wrong with its settings and ends with 1', async () => {
    const { code, err } = await halogi(['serve', '--wal.synk', 'always']).ended;
    expect([code, err]).toEqual([1, 'unknown flag "--wal.synk", did you mean "--wal.sync"?\n']);
  });
});

describe('bin/halogi', () => {
  it('prints its version', async () => {
    expect(await halogi(['version']).ended).toEqual({ code: 0, out: `halogi ${VERSION}\n`, err: '' });
  });

  it('checks and prints the configuration', async () => {
    expect(await halogi(['config', 'check']).ended).toEqual({ code: 0, out: 'configuration is valid\n', err: '' });
    const printed = await halogi(['config', 'print'], { HALOGI_LOG_LEVEL: 'warn' }).ended;
    expect(printed.out).toContain('log:\n  level: warn\n');
    expect((await halogi(['config', 'check', '--listen', 'x']).ended).code).toBe(1);
  });

  it('shows how it is used', async () => {
    const { code, err } = await halogi([]).ended;
    expect(code).toBe(2);
    expect(err).toContain('usage: halogi <command>');
    expect((await halogi(['frobnicate']).ended).code).toBe(2);
  });
});
