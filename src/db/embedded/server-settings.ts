/** What the server allows; settings that tests raise. */
export interface Limits {
  maxConnections: number
}

/**
 * The server's settings as command-line arguments, which win over postgresql.conf, so that an older cluster gets them
 * too. Sized for a laptop that runs one newspaper: about 20 MB, and some 5 MB a connection.
 */
export function serverSettings(port: number, durable: boolean, limits: Limits): string[] {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    // The path of a socket is limited to 107 bytes, and Windows had none for long.
    unix_socket_directories: '',
    max_connections: limits.maxConnections,
    shared_buffers: '48MB',
    // Enough for what would otherwise be files that the system writes out again and again.
    min_dynamic_shared_memory: '4MB',
    effective_cache_size: '256MB',
    maintenance_work_mem: '32MB',
    min_wal_size: '32MB',
    max_wal_size: '256MB',
    jit: 'off',
    io_method: 'sync',
    autovacuum_max_workers: 2,
    max_parallel_workers_per_gather: 0,
    max_logical_replication_workers: 0,
    wal_level: 'minimal',
    max_wal_senders: 0,
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    ...logging,
    ...(durable ? { fsync: 'on' } : reckless),
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** An ERROR reaches the program that caused it; in the log its text and statement would leave readers' addresses. */
const logging = {
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_statement: 'none',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
}

/** For databases that nobody will miss. */
const reckless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
