import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

let folder: string;
let server: RunningHalogi | undefined;
const sockets: Socket[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-hostile-'));
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.kill();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function push(url: string, tenant: string, line: string): Promise<number> {
  const response = await fetch(`${url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-scope-orgid': tenant },
    body: JSON.stringify({
      streams: [{ stream: { app: 'a' }, values: [[String(BigInt(Date.now()) * 1_000_000n), line]] }],
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function found(url: string, tenant: string): Promise<string> {
  const query = encodeURIComponent('{app="a"}');
  const response = await fetch(`${url}/loki/api/v1/query_range?query=${query}`, {
    headers: { 'x-scope-orgid': tenant },
  });
  return response.text();
}

/** Sends the head of a push, and only a part of its body. */
async function unfinishedPush(url: string, declaredBytes: number, part: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  const head = `POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: ${declaredBytes}\r\n\r\n`;
  await new Promise((resolve) => socket.write(head + part, resolve));
  return socket;
}

test('tenants whose coded names are too long for a folder are stored, flushed and found after a restart', async () => {
  const tenants = ['A'.repeat(150), `${'A'.repeat(149)}B`, 'A'.repeat(85), 'A'.repeat(86), 'honest'];
  server = await startHalogi(folder, [], { HALOGI_AUTH_ENABLED: 'true' });
  for (const tenant of tenants) expect(await push(server.url, tenant, `line of ${tenant}.`)).toBe(204);
  expect((await fetch(`${server.url}/flush`, { method: 'POST' })).status).toBe(204);
  expect(await server.stop()).toBe(0);
  server = await startHalogi(folder, [], { HALOGI_AUTH_ENABLED: 'true' });
  for (const tenant of tenants) expect(await found(server.url, tenant)).toContain(`line of ${tenant}.`);
});

test('bodies that are declared but do not arrive leave room for others', async () => {
  server = await startHalogi(folder);
  for (let i = 0; i < 20; i++) await unfinishedPush(server.url, 100 * 1024 * 1024, '{');
  // The server has seen them when it answers what was sent after them.
  for (let i = 0; i < 5; i++) expect(await push(server.url, 'fake', `line ${i}`)).toBe(204);
});

test('large bodies that stand still leave room for small ones', async () => {
  server = await startHalogi(folder, [], { HALOGI_MEMORY_BODY_BYTES: '8MB' });
  await unfinishedPush(server.url, 100 * 1024 * 1024, ' '.repeat(9 * 1024 * 1024));
  for (let i = 0; i < 5; i++) expect(await push(server.url, 'fake', `line ${i}`)).toBe(204);
});

test('a body that comes too slowly is answered 408 and its connection ends', { timeout: 60_000 }, async () => {
  server = await startHalogi(folder, [], { HALOGI_SERVER_REQUEST_TIMEOUT: '10m' });
  const socket = await unfinishedPush(server.url, 1000, '{');
  let answer = '';
  socket.on('data', (part) => (answer += part));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('SIGUSR1 opens no debugger', async () => {
  server = await startHalogi(folder);
  server.child.kill('SIGUSR1');
  expect(await push(server.url, 'fake', 'line')).toBe(204);
  expect(server.log()).not.toContain('Debugger listening');
});

test('/health is answered whatever the state', async () => {
  server = await startHalogi(folder);
  const response = await fetch(`${server.url}/health`);
  expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
});
