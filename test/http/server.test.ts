import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LogError } from '../../src/base/errors.ts';
import { loadSettings } from '../../src/config/settings.ts';
import type { QueryService } from '../../src/http/request/parts.ts';
import type { Engine, OpenEngine } from '../../src/server/engine.ts';
import { startServer } from '../../src/server/server.ts';
import { NO_TAILS } from '../support/http-app.ts';
import { patientMs } from '../support/patience.ts';

const settings = loadSettings(['--listen', '127.0.0.1:0'], {});
const ACCEPTED = { status: 204, body: '', contentType: undefined };
const logger = pino({ level: 'silent' });

function engineDouble(changes: Partial<Engine> = {}): Engine {
  return {
    push: { push: async () => ACCEPTED },
    readers: async () => ({ queries: { labels: async () => '{}' } as unknown as QueryService, tails: NO_TAILS }),
    rules: async () => {
      throw new Error('no rules here');
    },
    deletes: async () => {
      throw new Error('no deletes here');
    },
    ruleQueries: async () => {
      throw new Error('no rules here');
    },
    warmUp: () => undefined,
    notReadyReason: () => undefined,
    flush: async () => undefined,
    damage: () => [],
    close: async () => undefined,
    ...changes,
  };
}

/** Starts with a port known before the engine is there, as a probe would find it. */
function startHeld(): {
  readonly opening: Promise<string>;
  readonly open: (engine: Engine) => void;
  readonly openEngine: OpenEngine;
} {
  const engine = Promise.withResolvers<Engine>();
  const opening = Promise.withResolvers<string>();
  return {
    opening: opening.promise,
    open: engine.resolve,
    openEngine: (options) => {
      opening.resolve(options.settings.host);
      return engine.promise;
    },
  };
}

describe('startServer', () => {
  it('serves once the engine is open, and closes it at the end', async () => {
    let closed = 0;
    const server = await startServer(settings, logger, async () =>
      engineDouble({
        close: async () => {
          closed++;
        },
      }),
    );
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    expect((await fetch(`${server.url}/loki/api/v1/labels`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/services`)).text()).toContain('store => Running\n');
    expect(await (await fetch(`${server.url}/config`)).text()).toContain('listen: 127.0.0.1:0\n');
    await server.close();
    expect(closed).toBe(1);
    await expect(fetch(`${server.url}/ready`)).rejects.toThrow();
  });

  it('answers 503 in words while the engine opens', async () => {
    const port = await freePort();
    const held = startHeld();
    const starting = startServer(loadSettings(['--listen', `127.0.0.1:${port}`], {}), logger, held.openEngine);
    await held.opening;
    const url = `http://127.0.0.1:${port}`;
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, 'Some services are not Running:\nStarting: 1\n']);
    const push = await fetch(`${url}/loki/api/v1/push`, { method: 'POST', body: 'x' });
    expect([push.status, push.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await fetch(`${url}/loki/api/v1/labels`)).status).toBe(503);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    held.open(engineDouble());
    const server = await starting;
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    await server.close();
  });

  it('gives the port free when the engine cannot open', async () => {
    const port = await freePort();
    const fixed = loadSettings(['--listen', `127.0.0.1:${port}`], {});
    const refuse = (): Promise<Engine> => Promise.reject(new LogError('FOLDER_LOCKED', 'in use'));
    await expect(startServer(fixed, logger, refuse)).rejects.toMatchObject({ code: 'FOLDER_LOCKED' });
    const server = await startServer(fixed, logger, async () => engineDouble());
    await server.close();
  });

  it('lets a running request finish before it closes the engine', async () => {
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const events: string[] = [];
    const server = await startServer(settings, logger, async () =>
      engineDouble({
        push: {
          push: async () => {
            begun.resolve();
            await finish.promise;
            events.push('pushed');
            return ACCEPTED;
          },
        },
        close: async () => void events.push('closed'),
      }),
    );
    const pushing = fetch(`${server.url}/loki/api/v1/push`, { method: 'POST', body: 'x' });
    await begun.promise;
    const closingMs = performance.now();
    const closing = server.close();
    finish.resolve();
    expect((await pushing).status).toBe(204);
    await closing;
    // The client keeps its connection for another request; nobody waits for that until the connections are cut.
    expect(performance.now() - closingMs).toBeLessThan(patientMs(1000));
    expect(events).toEqual(['pushed', 'closed']);
  });
});

async function freePort(): Promise<number> {
  const server = await startServer(settings, logger, async () => engineDouble());
  await server.close();
  return Number(new URL(server.url).port);
}
