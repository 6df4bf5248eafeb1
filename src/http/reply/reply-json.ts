import { pipeline, type Writable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonPieces } from '../../wire/result/result-json.ts';
import type { JsonText } from '../request/parts.ts';

const JSON_TYPE = 'application/json; charset=UTF-8';
/** 1 KiB: smaller answers fit into a packet or two as they are. */
const GZIP_FROM_BYTES = 1024;
const gzipAsync = promisify(gzip);

/** True if `Accept-Encoding` names gzip (or `*`) without refusing it by `q=0`. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  let any = false;
  for (const part of header.split(',')) {
    const [coding, ...params] = part.split(';').map((text) => text.trim().toLowerCase());
    const refused = params.some((param) => /^q=0(\.0*)?$/.test(param));
    if (coding === 'gzip') return !refused;
    if (coding === '*') any = !refused;
  }
  return any;
}

/** Sends a successful JSON answer, compressed when it is large and the client offered gzip. */
export async function sendJson(request: FastifyRequest, reply: FastifyReply, text: JsonText): Promise<FastifyReply> {
  reply.type(JSON_TYPE);
  const body = typeof text === 'object' && 'pieces' in text ? text : toBytes(text);
  if (!('pieces' in body) && body.length < GZIP_FROM_BYTES) return reply.send(body);
  reply.header('vary', 'Accept-Encoding');
  const packs = acceptsGzip(request.headers['accept-encoding']);
  if ('pieces' in body) return sendPieces(reply, body, packs);
  if (!packs) return reply.send(body);
  const packed = await gzipAsync(body, { level: constants.Z_BEST_SPEED });
  return reply.header('content-encoding', 'gzip').send(packed);
}

/** The client reads a piece while the next one is made, and between two of them the thread does what else there is to do. */
async function sendPieces(reply: FastifyReply, { pieces }: JsonPieces, packs: boolean): Promise<FastifyReply> {
  const { raw } = reply;
  if (packs) reply.header('content-encoding', 'gzip');
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  const packer = packs ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined;
  // Who has left shows where the pieces are written.
  if (packer !== undefined) pipeline(packer, raw, () => undefined);
  const out = packer ?? raw;
  try {
    for (const piece of pieces) if (!(await written(out, piece, raw))) return reply;
  } catch (error) {
    // The answer is under way: its end can only be cut off.
    raw.destroy();
    throw error;
  }
  out.end();
  return reply;
}

/** Resolves when a piece is not needed any more: false when the client has left. */
function written(out: Writable, piece: Uint8Array, response: Writable): Promise<boolean> {
  return new Promise((resolve) => {
    const onClose = (): void => resolve(false);
    response.once('close', onClose);
    out.write(piece, (error) => {
      response.off('close', onClose);
      resolve(!error);
    });
  });
}

function toBytes(text: Exclude<JsonText, JsonPieces>): Buffer {
  if (typeof text === 'string') return Buffer.from(text);
  if (text instanceof Uint8Array) return Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  return Buffer.concat(text.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}
