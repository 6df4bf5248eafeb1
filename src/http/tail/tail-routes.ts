import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import { CATEGORIZE_LABELS } from '../../wire/result/result-json.ts';
import { tailFrame } from '../../wire/result/tail-json.ts';
import { encodingFlags } from '../reply/answer-query.ts';
import { answerFor, sendText } from '../request/error-reply.ts';
import { urlParams } from '../request/params.ts';
import type { Tail } from '../request/parts.ts';
import type { RouteContext } from '../request/route-context.ts';
import { routeName } from '../request/route-name.ts';
import { tenantOf } from '../request/tenant.ts';
import { SendTurns } from './send-turns.ts';
import { isUpgrade, WebSocketUpgrade } from './web-socket.ts';

/** Entries of one message: each costs a header, a write and a call back, so there are not too few. */
const MAX_FRAME = { rows: 500, bytes: 32 * 1024 };
const PING_EVERY_MS = 1000;
/** Proxies close silent connections, most of them after a minute. */
const SSE_COMMENT_EVERY_MS = 15_000;
const CLOSE_ERROR = 1011;
const CLOSE_GOING_AWAY = 1001;
/** Most bytes that a close frame has for its reason. */
const MAX_REASON_BYTES = 123;
const STOPPING = 'the server is stopping';
const DATA = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');

type Piece = NonNullable<ReturnType<Tail['take']>>;

/** What all tails have in common. */
interface Shared {
  /** Ends one connection each; for the stop of the server. */
  readonly ends: Set<() => void>;
  readonly turns: SendTurns;
}

/** Live tails: over WebSocket as Loki has them, and as server-sent events for everything that can read a response. */
export function registerTailRoutes(context: RouteContext): void {
  const { app } = context;
  const sockets = new WebSocketUpgrade(app);
  const turns = new SendTurns();
  const ends: Shared['ends'] = new Set();
  app.addHook('preClose', (done) => {
    for (const end of ends) end();
    done();
  });
  const webSocket = (path: string, formatOf: (flags: readonly string[]) => EntryFormat): void => {
    app.get(path, { config: { errorSide: 'query' } }, async (request, reply) => {
      const tenant = tenantOf(request, context.options.authEnabled);
      const params = await context.parts.tails.check(urlParams(request));
      if (!isUpgrade(request.raw)) return sendText(reply.code(400), 'Bad Request\n');
      await context.parts.tails.ready();
      const flags = encodingFlags(request);
      reply.hijack();
      const socket = await sockets.accept(request.raw);
      socket.once('close', counted(context, request, true));
      const format = formatOf(flags);
      const opening = context.parts.tails.open({ tenant, params, format });
      const frame = ({ entries, dropped }: Piece): Buffer => tailFrame(format, entries, dropped, flags);
      await serveSocket(socket, opening, frame, { ends, turns });
      return reply;
    });
  };
  webSocket('/loki/api/v1/tail', formatFor);
  webSocket('/api/prom/tail', () => 'legacy');
  app.get('/halogi/api/v1/tail', { config: { errorSide: 'query' } }, (request, reply) =>
    serveEvents(context, request, reply, { ends, turns }),
  );
}

function formatFor(flags: readonly string[]): EntryFormat {
  return flags.includes(CATEGORIZE_LABELS) ? 'categorized' : 'plain';
}

/** What to call at the end of a connection that leaves the request it came as: nothing else tells the end of that. */
function counted({ parts }: RouteContext, request: FastifyRequest, webSocket: boolean): () => void {
  const startedMs = performance.now();
  const route = routeName(request.routeOptions.url);
  return () => parts.metrics.streamEnded(route, webSocket, (performance.now() - startedMs) / 1000);
}

async function serveSocket(
  socket: WebSocket,
  opening: Promise<Tail>,
  frame: (piece: Piece) => Buffer,
  { ends, turns }: Shared,
): Promise<void> {
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const end = (): void => socket.close(CLOSE_GOING_AWAY, STOPPING);
  ends.add(end);
  const ping = setInterval(() => isOpen() && socket.ping(), PING_EVERY_MS);
  let tail: Tail | undefined;
  socket.once('close', () => {
    clearInterval(ping);
    ends.delete(end);
    tail?.close();
  });
  // A broken connection closes right after; what it says of itself helps nobody.
  socket.on('error', () => socket.terminate());
  try {
    tail = await opening;
  } catch (error) {
    socket.close(CLOSE_ERROR, shortReason(answerFor(error).message));
    return;
  }
  if (!isOpen()) return tail.close();
  const opened = tail;
  opened.onEnd = (reason) => socket.close(CLOSE_ERROR, shortReason(reason));
  sendPieces(turns, opened, (piece, done) => {
    if (!isOpen()) return 0;
    const bytes = frame(piece);
    socket.send(bytes, { binary: false }, done);
    return bytes.length;
  });
}

/**
 * Sends one piece after the other, the next when the last has left for the network: a slow client fills only its own queue.
 *
 * @param send returns the bytes of the frame
 */
function sendPieces(
  turns: SendTurns,
  tail: Tail,
  send: (piece: Piece, done: (error?: Error | null) => void) => number,
): void {
  let busy = false;
  const sendNext = (): number => {
    const piece = tail.take(MAX_FRAME.rows, MAX_FRAME.bytes);
    if (piece === undefined) {
      busy = false;
      return 0;
    }
    return send(piece, (error) => {
      busy = false;
      if (!error) next();
    });
  };
  const next = (): void => {
    if (busy) return;
    busy = true;
    turns.add(sendNext);
  };
  tail.onReady = next;
  next();
}

async function serveEvents(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { ends, turns }: Shared,
): Promise<FastifyReply> {
  const tenant = tenantOf(request, context.options.authEnabled);
  const params = await context.parts.tails.check(urlParams(request));
  const flags = encodingFlags(request);
  const format = formatFor(flags);
  await context.parts.tails.ready();
  const tail = await context.parts.tails.open({ tenant, params, format });
  reply.hijack();
  const { raw } = reply;
  const end = (): void => finish(STOPPING);
  const comment = setInterval(() => raw.write(':\n\n'), SSE_COMMENT_EVERY_MS);
  const finish = (reason: string): void => void raw.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
  ends.add(end);
  const leave = counted(context, request, false);
  raw.once('close', () => {
    if (!raw.writableFinished) leave();
    clearInterval(comment);
    ends.delete(end);
    tail.close();
  });
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  raw.flushHeaders();
  tail.onEnd = finish;
  sendPieces(turns, tail, (piece, done) => {
    const event = Buffer.concat([DATA, tailFrame(format, piece.entries, piece.dropped, flags), EVENT_END]);
    raw.write(event, done);
    return event.length;
  });
  return reply;
}

/** Cuts a text to what a close frame can carry, between characters. */
function shortReason(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_REASON_BYTES) return text;
  let end = MAX_REASON_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
