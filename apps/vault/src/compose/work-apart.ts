import { Worker } from 'node:worker_threads'
import { createWorkApart } from '../tools/document-thread/work-apart.ts'
import type { ComposeNeeds } from './foundation.ts'

/** What a document of the largest size takes, and less than what ends the vault. */
const threadLimits = { maxOldGenerationSizeMb: 1536, maxYoungGenerationSizeMb: 32 }

/** Builds what has documents read and written in a thread apart; one thread for all rooms. */
export const composeWorkApart = ({ documentThread }: Pick<ComposeNeeds, 'documentThread'>) =>
  createWorkApart({
    // It has no use for the environment, in which the root key may stand.
    startThread: () =>
      new Worker(documentThread, { env: {}, execArgv: [], resourceLimits: threadLimits }),
  })
