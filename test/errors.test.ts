import { expect, test } from 'vitest'
import { asButcherError, systemCode, systemText } from '../src/errors.ts'

const systemError = (code: string, errno: number): Error =>
  Object.assign(new Error(`${code}: something, write`), { code, errno, syscall: 'write' })

test('a code that Node does not know has its name', () => {
  const overQuota = systemError('Unknown system error -122', -122)
  expect(systemCode(overQuota)).toBe('EDQUOT')
  expect(asButcherError(overQuota, 'cannot write', '/dest/file')).toMatchObject({
    code: 'no-space',
    message: 'cannot write /dest/file: the disk quota is used up',
    hint: 'make room, then run the same command again to continue',
  })
  expect(systemCode(systemError('Unknown system error -9999', -9999))).toBeUndefined()
  expect(systemCode(systemError('ERR_INVALID_ARG_TYPE', 0))).toBeUndefined()
})

test('a limit for the size of a file is told in words', () => {
  expect(systemText(systemError('EFBIG', -27))).toMatch(/^the file is too large for the file system/)
})
