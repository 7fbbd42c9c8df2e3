import { setFlagsFromString } from 'node:v8'

// One of these runs for every conversation, and it mostly waits. Optimised code would not pay for its compiler's 4 MB.
setFlagsFromString('--no-opt')
