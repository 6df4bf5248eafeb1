import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { HttpClient } from './http-client.ts';
import { pause } from './statistics.ts';

const READY_WITHIN_MS = 120_000;

/** A server that this bench started. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first answer of 200 on the ready path. */
  readonly readyMs: number;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

interface StartOptions {
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  readonly readyPath: string;
  /** Its output goes to this file. */
  readonly logFile: string;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Starts a server on a free port of this machine and waits until it is ready. */
async function startServer({ command, args, readyPath, logFile }: StartOptions): Promise<BenchServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const output = openSync(logFile, 'a');
  const startMs = performance.now();
  const child: ChildProcess = spawn(command, args(port), { stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', () => resolve());
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  const client = new HttpClient(url, 1);
  while ((await client.get(readyPath)).status !== 200) {
    if (child.exitCode !== null || child.pid === undefined)
      throw new Error(`${command} ended at its start; see ${logFile}`);
    if (performance.now() - startMs > READY_WITHIN_MS) {
      await end('SIGKILL');
      throw new Error(`${command} is not ready after ${READY_WITHIN_MS} ms; see ${logFile}`);
    }
    await pause(10);
  }
  const readyMs = performance.now() - startMs;
  client.close();
  return { url, pid: child.pid!, readyMs, stop: async () => end('SIGTERM'), kill: async () => end('SIGKILL') };
}

/** Starts Halogi on a data folder, with its defaults. `program` is a `bin/halogi`. */
export async function startHalogi(program: string, dataFolder: string): Promise<BenchServer> {
  mkdirSync(dataFolder, { recursive: true });
  return startServer({
    command: program,
    // A query that is asked again shall do its work again.
    args: (port) => [
      'serve',
      '--listen',
      `127.0.0.1:${port}`,
      '--data',
      dataFolder,
      '--memory.result_cache_bytes',
      '0',
      '--memory.tally_cache_bytes',
      '0',
    ],
    readyPath: '/ready',
    logFile: `${dataFolder}.log`,
  });
}

/** Starts the server that reads bodies and drops them, on the Node that runs the bench. */
export async function startSink(logFile: string): Promise<BenchServer> {
  return startServer({
    command: process.execPath,
    args: (port) => [join(import.meta.dirname, '..', 'macro', 'sink-server.ts'), String(port)],
    readyPath: '/ready',
    logFile,
  });
}
