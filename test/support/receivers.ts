import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './halogi-process.ts';
import { patientMs } from './patience.ts';

/** Processes that run: none outlives the tests. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A real server that rules send to; it can be killed and started again on the same port and data. */
export class Receiver {
  readonly url: string;
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #readyPath: string;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(url: string, command: string, args: readonly string[], readyPath: string) {
    this.url = url;
    this.#command = command;
    this.#args = args;
    this.#readyPath = readyPath;
  }

  /** Prometheus that takes remote writes. */
  static async prometheus(folder: string): Promise<Receiver> {
    const port = await freePort();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'prometheus.yml'), 'global: {scrape_interval: 1h}\n');
    const receiver = new Receiver(
      `http://127.0.0.1:${port}`,
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
      ],
      '/-/ready',
    );
    await receiver.start();
    return receiver;
  }

  /** Alertmanager that tells nobody else. */
  static async alertmanager(folder: string): Promise<Receiver> {
    const port = await freePort();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'alertmanager.yml'), 'route: {receiver: none}\nreceivers: [{name: none}]\n');
    const receiver = new Receiver(
      `http://127.0.0.1:${port}`,
      'prometheus-alertmanager',
      [
        `--config.file=${join(folder, 'alertmanager.yml')}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      '/-/ready',
    );
    await receiver.start();
    return receiver;
  }

  async start(): Promise<void> {
    const child = spawn(this.#command, this.#args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.stdout.on('data', (part) => (this.#log += part));
    child.stderr.on('data', (part) => (this.#log += part));
    let failed: Error | undefined;
    child.on('error', (error) => (failed = error));
    const endMs = performance.now() + patientMs(20_000);
    for (;;) {
      if (failed !== undefined) throw new Error(`${this.#command} does not run: ${failed.message}`);
      if (child.exitCode !== null) throw new Error(`${this.#command} ended:\n${this.#log}`);
      const isReady = await fetch(this.url + this.#readyPath).then(
        (response) => response.status === 200,
        () => false,
      );
      if (isReady) return;
      if (performance.now() > endMs) throw new Error(`${this.#command} is not ready in time:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill(signal);
    await ended;
    running.delete(child);
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member
  async get(path: string): Promise<any> {
    const response = await fetch(this.url + path);
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return response.json();
  }
}
