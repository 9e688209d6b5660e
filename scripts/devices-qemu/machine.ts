/** A machine in QEMU: its disks, its monitor (QMP), and the agent in it. */

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import readline from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Disk {
  readonly name: string
  readonly bytes: number
  /** Words of `-device`: the first is `drive=NAME`. */
  readonly devices: readonly string[]
  readonly readOnly?: boolean
  /** At most so many bytes in a second. */
  readonly slow?: number
}

export interface Call {
  /** A line for the shell, which gives `status` and `output`. */
  readonly line?: string
  /** Or a verb of the library. */
  readonly verb?: 'devices' | 'backupDevice' | 'restoreDevice'
  readonly options?: object
  /** Whether the verb asks before it writes. */
  readonly asks?: boolean
}

export class QemuMachine {
  readonly #folder: string
  readonly #process: ChildProcess
  #monitor: Lines | undefined
  #agent: Lines | undefined
  #end: number | undefined

  constructor(folder: string, kernel: string, disks: readonly Disk[]) {
    this.#folder = folder
    for (const { name, bytes } of disks) fs.truncateSync(newFile(this.file(name)), bytes)
    const lines = [
      '-machine pc -accel tcg -cpu max -smp 2 -m 1024 -nodefaults -display none -no-reboot',
      `-kernel ${kernel} -initrd ${path.join(folder, 'first.cpio')}`,
      `-serial file:${path.join(folder, 'console')}`,
      `-chardev socket,id=agent,path=${path.join(folder, 'agent')},server=on,wait=off -serial chardev:agent`,
      `-qmp unix:${path.join(folder, 'qmp')},server=on,wait=off`,
      `-drive if=none,id=system,format=raw,read-only=on,file=${path.join(folder, 'system.img')}`,
      '-device virtio-blk-pci,drive=system',
      '-device qemu-xhci,id=xhci,p2=8,p3=8 -device sdhci-pci -device ahci,id=ahci',
      ...disks.flatMap((disk) => this.#linesOf(disk)),
    ]
    const words = [...lines.flatMap((line) => line.split(' ')), '-append', 'console=ttyS0 panic=-1 quiet']
    this.#process = spawn('qemu-system-x86_64', words, { stdio: ['ignore', 'inherit', 'inherit'] })
    this.#process.on('exit', (status) => (this.#end = status ?? 1))
  }

  /** The file that stands for a disk. */
  file(name: string): string {
    return path.join(this.#folder, `${name}.img`)
  }

  #linesOf({ name, devices, readOnly = false, slow }: Disk): string[] {
    const node = `driver=raw,file.driver=file,file.filename=${this.file(name)},read-only=${readOnly ? 'on' : 'off'}`
    const limited = [
      `-object throttle-group,id=${name}-limit,x-bps-total=${slow}`,
      `-blockdev node-name=${name}-file,${node}`,
      `-blockdev node-name=${name},driver=throttle,throttle-group=${name}-limit,file=${name}-file`,
    ]
    const drives = slow === undefined ? [`-blockdev node-name=${name},${node}`] : limited
    return [...drives, ...devices.map((device) => `-device ${device}`)]
  }

  /** Waits until the system has started. */
  async start(): Promise<void> {
    this.#monitor = await this.#connect('qmp')
    await this.monitor('qmp_capabilities')
    this.#agent = await this.#connect('agent')
    await this.#agent.next()
  }

  async #connect(name: string): Promise<Lines> {
    for (;;) {
      if (this.#end !== undefined) throw new Error(`QEMU ended with ${this.#end}`)
      const socket = net.connect(path.join(this.#folder, name))
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      if (isOpen) return new Lines(socket)
      await sleep(100)
    }
  }

  /** Runs a call in the machine; rejects with its error. `onEvent` gets `progress` and `question`. */
  async call<T>(call: Call, onEvent?: (event: string) => Promise<unknown>): Promise<T> {
    const agent = this.#agent as Lines
    agent.send(JSON.stringify(call))
    for (;;) {
      const answer = JSON.parse(await agent.next()) as { result?: T; error?: string; event?: string }
      if (answer.error !== undefined) throw new Error(answer.error)
      if ('result' in answer) return answer.result as T
      await onEvent?.(answer.event ?? '')
    }
  }

  answer(answer: boolean): void {
    this.#agent?.send(JSON.stringify({ answer }))
  }

  /** Runs a line of the shell in the machine, and gives its output; rejects if it fails. */
  async shell(line: string): Promise<string> {
    const { status, output } = await this.call<{ status: number; output: string }>({ line })
    if (status !== 0) throw new Error(`${line}: ${output}`)
    return output
  }

  /** A command of the monitor; rejects with its error. */
  async monitor(execute: string, args: object = {}): Promise<unknown> {
    const monitor = this.#monitor as Lines
    monitor.send(JSON.stringify({ execute, arguments: args }))
    for (;;) {
      const answer = JSON.parse(await monitor.next()) as { return?: unknown; error?: { desc: string } }
      if (answer.error) throw new Error(`${execute}: ${answer.error.desc}`)
      if ('return' in answer) return answer.return
    }
  }

  console(): string {
    return fs.readFileSync(path.join(this.#folder, 'console'), 'latin1')
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }
}

/** Lines of a socket, one at a time. */
class Lines {
  readonly #socket: net.Socket
  readonly #lines: AsyncIterator<string>

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.#lines = readline.createInterface({ input: socket })[Symbol.asyncIterator]()
  }

  send(line: string): void {
    this.#socket.write(`${line}\n`)
  }

  async next(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('QEMU has ended')
    return value
  }
}

function newFile(file: string): string {
  fs.writeFileSync(file, '')
  return file
}
