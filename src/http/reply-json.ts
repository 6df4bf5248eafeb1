import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonText } from './parts.ts';

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
  const bytes = toBytes(text);
  reply.type(JSON_TYPE);
  if (bytes.length < GZIP_FROM_BYTES) return reply.send(bytes);
  reply.header('vary', 'Accept-Encoding');
  if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(bytes);
  const packed = await gzipAsync(bytes, { level: constants.Z_BEST_SPEED });
  return reply.header('content-encoding', 'gzip').send(packed);
}

function toBytes(text: JsonText): Buffer {
  if (typeof text === 'string') return Buffer.from(text);
  if (text instanceof Uint8Array) return Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  return Buffer.concat(text.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}
