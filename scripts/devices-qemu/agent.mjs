// Runs in the machine: one process for all calls, as a start of node takes the machine half a minute.
// Each line is a call: `shell`, or a verb of the library. `event` lines tell of progress and of the question.
import { spawn } from 'node:child_process'
import readline from 'node:readline'
import * as butcher from './butcher/dist/index.js'

const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

function shell(line) {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    child.on('close', (status) => resolve({ status, output }))
  })
}

let answer
/** The host answers the question by a line `{"answer":true}`. */
const confirm = () => {
  send({ event: 'question' })
  return new Promise((resolve) => (answer = resolve))
}

async function perform({ verb, options, asks, line }) {
  if (line !== undefined) return shell(line)
  let isTold = false
  const report = (event) => {
    if (isTold || event.type !== 'progress' || event.bytes === 0) return
    isTold = true
    send({ event: 'progress' })
  }
  return butcher[verb]({ ...options, report, ...(asks ? { confirm } : {}) })
}

readline.createInterface({ input: process.stdin }).on('line', async (text) => {
  const call = JSON.parse(text)
  if ('answer' in call) return answer(call.answer)
  try {
    send({ result: await (call.verb === 'devices' ? butcher.devices() : perform(call)) })
  } catch (error) {
    send({ error: error.hint === undefined ? error.message : `${error.message} (${error.hint})` })
  }
})
send({ event: 'ready' })
