import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

/**
 * Runs the conformance kit against Halogi: straight after the push (head), after `POST /flush` (segments), after a restart, and
 * with half of the rows in segments and half in the head. Arguments go to the kit's runner (`--category`, `--case`, `--verbose`).
 */

const here = import.meta.dirname;
const args = process.argv.slice(2);
/** The recordings were made with Loki's own window for late lines; all else is default. */
const CONFIG = 'limits_config:\n  out_of_order_window: 1h\n';

interface Phase {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

async function runKit(url: string, extra: readonly string[]): Promise<{ passed: number; failed: number }> {
  const child = spawn(process.execPath, [join(here, 'run.mjs'), url, ...args, ...extra], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const part of child.stdout) {
    text += part;
    process.stdout.write(part);
  }
  const last = /(\d+) passed, (\d+) failed\s*$/.exec(text);
  if (last === null) throw new Error('the kit ended without a result');
  return { passed: Number(last[1]), failed: Number(last[2]) };
}

async function phase(name: string, halogi: RunningHalogi, extra: readonly string[]): Promise<Phase> {
  console.log(`\n== ${name}`);
  return { name, ...(await runKit(halogi.url, extra)) };
}

async function flush(halogi: RunningHalogi): Promise<void> {
  const response = await fetch(`${halogi.url}/flush`, { method: 'POST' });
  if (response.status !== 204) throw new Error(`flush: ${response.status}`);
}

/** A phase that ends with the writing cases leaves rows of its own, so each begins with a folder of its own. */
async function withServer(run: (folder: string, config: string) => Promise<Phase[]>): Promise<Phase[]> {
  const folder = mkdtempSync(join(tmpdir(), 'halogi-conformance-'));
  const config = join(folder, 'halogi.yaml');
  writeFileSync(config, CONFIG);
  try {
    return await run(join(folder, 'data'), config);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function headAndSegments(): Promise<Phase[]> {
  return withServer(async (data, config) => {
    const phases: Phase[] = [];
    let halogi = await startHalogi(data, ['--config', config]);
    phases.push(await phase('head', halogi, []));
    await flush(halogi);
    phases.push(await phase('segments', halogi, ['--no-push', '--flushed']));
    await halogi.stop();
    halogi = await startHalogi(data, ['--config', config]);
    phases.push(await phase('after a restart', halogi, ['--no-push', '--flushed']));
    await halogi.stop();
    return phases;
  });
}

/** Pushes the batches itself, with a flush after every second one. */
async function halfAndHalf(): Promise<Phase[]> {
  return withServer(async (data, config) => {
    const halogi = await startHalogi(data, ['--config', config]);
    const { buildBatches } = (await import('./dataset.mjs' as string)) as { buildBatches: () => unknown[] };
    const batches = buildBatches();
    for (const [i, streams] of batches.entries()) {
      const response = await fetch(`${halogi.url}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams }),
      });
      if (response.status !== 204) throw new Error(`push: ${response.status} ${await response.text()}`);
      if (i === Math.floor(batches.length / 2)) await flush(halogi);
    }
    const phases = [await phase('half in segments, half in the head', halogi, ['--no-push'])];
    await halogi.stop();
    return phases;
  });
}

const phases = [...(await headAndSegments()), ...(await halfAndHalf())];
console.log('');
for (const { name, passed, failed } of phases) console.log(`${name.padEnd(36)} passed ${passed}, failed ${failed}`);
const passed = phases.reduce((sum, one) => sum + one.passed, 0);
const failed = phases.reduce((sum, one) => sum + one.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
