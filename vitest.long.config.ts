import { mergeConfig } from 'vitest/config'
import config, { longTests } from './vitest.config.ts'

const merged = mergeConfig(config, {})
merged.test = { ...merged.test, include: longTests, exclude: [] }
export default merged
