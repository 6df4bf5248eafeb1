import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';

/** Clients of a tail send nothing but pongs and a close. */
const MAX_MESSAGE_BYTES = 4096;

interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

// An import of the module would also load what hangs on its exports, a whole HTTP client: 30 ms of every start.
const { ServerResponse: Response } = process.getBuiltinModule('node:http');

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** The request asks for a WebSocket. */
export function isUpgrade(request: IncomingMessage): boolean {
  return upgrades.has(request);
}

/** Only these requests leave HTTP; `Upgrade: h2c`, which some clients send along with every request, is passed over. */
export function wantsWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Lets requests for a WebSocket pass through the same routes and hooks as all others, so that they are refused by an
 * ordinary HTTP answer, until a handler accepts them.
 */
export class WebSocketUpgrade {
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });

  constructor(app: FastifyInstance) {
    app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const drop = (): void => void socket.destroy();
      socket.on('error', drop);
      upgrades.set(request, { socket, head });
      const response = new Response(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
      response.once('finish', () => socket.end());
      app.routing(request, response);
    });
  }

  /** Finishes the handshake; a request that is no proper WebSocket one is answered 400 and its promise never settles. */
  accept(request: IncomingMessage): Promise<WebSocket> {
    const upgrade = upgrades.get(request);
    if (upgrade === undefined) throw new Error('not an upgrade request');
    return new Promise((resolve) => {
      this.#server.handleUpgrade(request, upgrade.socket, upgrade.head, resolve);
    });
  }
}
