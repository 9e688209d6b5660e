import { mergeConfig } from 'vitest/config'
import config, { longTables, longTests } from './vitest.config.ts'

const { projects: _default, ...test } = config.test ?? {}
export default mergeConfig(
  { ...config, test },
  { test: { include: [...longTests, ...longTables], env: { TEST_ROWS: 'all' } } },
)
