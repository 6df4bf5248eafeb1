import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { patientMs } from './patience.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Servers that run: whatever a test or its hooks do, none outlives the process of the tests. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A real server process of this checkout. */
export interface RunningHalogi {
  readonly url: string;
  readonly child: ChildProcess;
  /** Milliseconds from spawn to the first 200 of `/ready`. */
  readonly readyMs: number;
  /** What it has logged so far. */
  log(): string;
  /** SIGTERM, and waits for the end. @returns the exit code */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Settings of whoever runs the tests, and variables of the tests themselves, are none of the server's. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => name === 'HALOGI_KERNELS' || !name.startsWith('HALOGI_')),
  );
}

/** Starts `bin/halogi serve` on a free port and waits until it is ready. */
export async function startHalogi(
  dataFolder: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningHalogi> {
  const port = await freePort();
  const startMs = performance.now();
  const child = spawn(
    join(ROOT, 'bin', 'halogi'),
    ['serve', '--listen', `127.0.0.1:${port}`, '--data', dataFolder, ...args],
    {
      env: { ...withoutSettings(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.add(child);
  let log = '';
  child.stdout.on('data', (part) => (log += part));
  child.stderr.on('data', (part) => (log += part));
  const ended = new Promise<number | null>((resolve) =>
    child.on('exit', (code) => {
      running.delete(child);
      resolve(code);
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}:\n${log}`);
    const ready = await fetch(`${url}/ready`).then(
      (response) => response.status === 200,
      () => false,
    );
    if (ready) break;
    if (performance.now() - startMs > patientMs(15_000)) {
      child.kill('SIGKILL');
      throw new Error(`the server is not ready in time:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    child,
    readyMs: performance.now() - startMs,
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
