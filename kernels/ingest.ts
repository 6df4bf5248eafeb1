/** The ingest kernel: entry file of its compilation (`npm run build:kernels`). */
export { lineLevel } from './level';
export { walkPush } from './push-walk';
export { appendRows, prepareRows } from './rows';
export { snappyDecode } from './snappy';
