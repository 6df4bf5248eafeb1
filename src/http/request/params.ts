import type { FastifyRequest } from 'fastify';
import type { BodyReader } from './body.ts';

/** Largest form body of a query. */
const MAX_FORM_BYTES = 10 * 1024 * 1024;
const FORM_TYPE = 'application/x-www-form-urlencoded';
const textDecoder = new TextDecoder();

/** The part of the URL behind `?`. */
export function urlParams(request: FastifyRequest): URLSearchParams {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

/**
 * Parameters of a query: those of a POST form body first, then those of the URL, so that the body wins where one value is
 * asked for and both count where several are. Bodies of other types are read and ignored.
 *
 * @throws LogError PUSH_TOO_LARGE (413) for a body over 10 MiB
 */
export async function queryParams(request: FastifyRequest, bodies: BodyReader): Promise<URLSearchParams> {
  const params = urlParams(request);
  if (request.method !== 'POST') return params;
  const body = await bodies.read(request.raw, {
    limitBytes: MAX_FORM_BYTES,
    tooLarge: () => 'http: request body too large',
  });
  try {
    const type = request.raw.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== FORM_TYPE || body.bytes.length === 0) return params;
    const merged = new URLSearchParams(textDecoder.decode(body.bytes));
    for (const [name, value] of params) merged.append(name, value);
    return merged;
  } finally {
    body.release();
  }
}
