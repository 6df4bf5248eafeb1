import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { appDouble } from '../support/http-app.ts';

const PIECE_BYTES = 300_000;
const COUNT = 40;
const URL_PATH = '/loki/api/v1/query_range?query=x';

/** Each piece overwrites the one before, as those of real answers do. */
function* pieces(onEnd: () => void = () => undefined, failsAt = COUNT): Generator<Uint8Array, void> {
  const memory = Buffer.alloc(PIECE_BYTES);
  try {
    for (let i = 0; i < COUNT; i++) {
      if (i === failsAt) throw new Error('this piece cannot be made');
      yield memory.fill(65 + (i % 26));
    }
  } finally {
    onEnd();
  }
}

const whole = Buffer.concat(Array.from(pieces(), (piece) => Buffer.from(piece)));

async function listening(answer: () => Generator<Uint8Array, void>) {
  const { app } = appDouble({ answer: async () => ({ pieces: answer() }) });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { app, port, url: `http://127.0.0.1:${port}${URL_PATH}` };
}

it('sends the pieces one behind the other, to one request after the other', async () => {
  const { app, url } = await listening(pieces);
  for (let i = 0; i < 3; i++) {
    const reply = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    expect(reply.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(reply.headers.get('vary')).toBe('Accept-Encoding');
    expect(Buffer.from(await reply.arrayBuffer()).equals(whole)).toBe(true);
  }
  await app.close();
});

it('packs them for a client that takes gzip', async () => {
  const { app } = appDouble({ answer: async () => ({ pieces: pieces() }) });
  const reply = await app.inject({ url: URL_PATH, headers: { 'accept-encoding': 'gzip' } });
  expect(reply.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(reply.rawPayload).equals(whole)).toBe(true);
});

it.each(['identity', 'gzip'])('gives memory back when the client leaves in the middle (%s)', async (coding) => {
  let onEnd!: () => void;
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  // Without end, so that only the client can end it.
  const { app, port } = await listening(function* () {
    try {
      for (;;) yield* pieces();
    } finally {
      onEnd();
    }
  });
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${URL_PATH} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${coding}\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
  await ended;
  await app.close();
});

it('cuts the answer off when a piece cannot be made', async () => {
  const { app, url } = await listening(() => pieces(undefined, 3));
  const reply = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  expect(reply.status).toBe(200);
  await expect(reply.arrayBuffer()).rejects.toThrow();
  await app.close();
});
