// The entry point of the thread in which documents are read and written: one message for a task, one for what became of it.
import { parentPort } from 'node:worker_threads'
import { type ApartTask, answerTask } from '../tools/document-thread/answer-task.ts'
import { exporters, importDocument, readSqlDocument } from './document-formats.ts'

parentPort?.on('message', (task: ApartTask) => {
  parentPort?.postMessage(answerTask(task, { importDocument, readSqlDocument, exporters }))
})
