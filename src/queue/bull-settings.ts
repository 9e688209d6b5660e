/** What both ends of the queue in BullMQ agree on. */

export const queueName = 'chunks'
export const queuePrefix = 'butcher'

/**
 * How often a job is given to another worker after one failed, and the time between. A host without the
 * source fails at once, so others must get the job in between.
 */
export const mostAttempts = 30
export const attemptDelayMs = 2000

/**
 * How often a job may lose its worker. BullMQ lets a job fail after one such loss, whatever its attempts are
 * (taskforcesh/bullmq issue 892).
 */
export const mostStalls = 50
