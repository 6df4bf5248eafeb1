/** Entry file of the kernel that works on the texts of a segment while it is written: skip filters and template frames. */
export { buildFilter, collectKeys, filterAt, hasBackslashes, isAsciiText, keysAt, newlineCount, textAt, writeFilter } from './skip-filter';
export {
  encodeTemplates,
  templateHeaderAt,
  templateLines,
  templateMarksAt,
  templatePackedAt,
  templateTextsAt,
} from './template-encoder';
export { headerBytes, packedBytes, textBytes } from './template-sections';
