//! The engine's two configuration files.
//!
//! Three aims: small (the whole of `isotherm up` stays below 500 MB), silent (nothing that could
//! keep a query's text), and pinned (what exactly-once needs does not depend on defaults).

use std::path::Path;

use crate::credentials::sha256_hex;
use crate::folder::{EngineFolder, write_private};
use crate::{EngineError, EngineHandle, EngineSettings};

/// An insert is cut into blocks, and so into parts, above this many rows. Far above any batch, so
/// that one insert is one part; a larger insert would lose that it lands whole or not at all.
const INSERT_ROWS_MAX: u64 = 64 * 1024 * 1024;

/// The same bound in bytes of uncompressed block.
const INSERT_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// A query of the reading user is stopped after this time, seconds. Sealing waits longer than this
/// before it drops what a query may still read.
const READ_SECONDS_MAX: u32 = 60;

/// A result of the reading user above this many rows is an error, never cut silently.
const READ_RESULT_ROWS_MAX: u32 = 2_000_000;

/// The engine answers this many connections at once; a further one waits in the listener's queue.
const CONNECTIONS_MAX: u32 = 128;

/// This many queries run at once; a further one is refused with an error.
const QUERIES_MAX: u32 = 64;

/// Writes `config.xml`, `users.xml` and the file that opens the listener, all with mode 0600.
pub(crate) fn write(
    settings: &EngineSettings,
    folder: &EngineFolder,
    accounts: &EngineHandle,
    http_port: u16,
) -> Result<(), EngineError> {
    folder.create()?;
    write_private(&folder.config(), &server(settings, folder, http_port)?)?;
    write_private(&folder.users(), &users(settings, accounts))?;
    write_private(&folder.listen_sql(), "SYSTEM START LISTEN HTTP;\n")
}

/// `config.xml`. There are no `*_log` sections, so the engine has no log tables: they would cost
/// memory, and `query_log` would keep the texts of queries.
fn server(settings: &EngineSettings, folder: &EngineFolder, http_port: u16) -> Result<String, EngineError> {
    let tables = xml_path(&folder.tables())?;
    let backups = xml_path(&folder.backups())?;
    let users = xml_path(&folder.users())?;
    let memory = settings.memory_bytes_max;
    let user = &settings.user;
    Ok(format!(
        r"<clickhouse>
  <path>{tables}/</path>
  <tmp_path>{tables}/tmp/</tmp_path>
  <user_files_path>{tables}/user_files/</user_files_path>
  <backups><allowed_path>{backups}</allowed_path></backups>
  <users_config>{users}</users_config>

  <listen_host>127.0.0.1</listen_host>
  <http_port>{http_port}</http_port>
  <keep_alive_timeout>30</keep_alive_timeout>
  <max_connections>{CONNECTIONS_MAX}</max_connections>
  <max_concurrent_queries>{QUERIES_MAX}</max_concurrent_queries>
  <!-- Only requests that name one of the two users in a header reach a query. -->
  <http_handlers>
    <rule>
      <methods>GET</methods>
      <url>/ping</url>
      <handler><type>ping</type></handler>
    </rule>
    <rule>
      <headers><X-ClickHouse-User>regex:^{user}(_read)?$</X-ClickHouse-User></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>

  <!-- Warnings, and none of the messages that quote a query. The console has a level of its own,
       which would be `trace`. -->
  <logger>
    <level>warning</level>
    <console>1</console>
    <console_log_level>warning</console_log_level>
    <levels>
      <logger><name>executeQuery</name><level>none</level></logger>
      <logger><name>DynamicQueryHandler</name><level>none</level></logger>
      <logger><name>HTTPHandler</name><level>none</level></logger>
    </levels>
  </logger>

  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <!-- Count what this process uses, not what everything in the same container uses. -->
  <memory_worker_use_cgroup>0</memory_worker_use_cgroup>
  <memory_worker_dynamic_hard_limit>0</memory_worker_dynamic_hard_limit>
  <mark_cache_size>16777216</mark_cache_size>
  <primary_index_cache_size>16777216</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_mark_cache_size>1048576</index_mark_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <query_condition_cache_size>1048576</query_condition_cache_size>
  <compiled_expression_cache_size>8388608</compiled_expression_cache_size>
  <mmap_cache_size>16</mmap_cache_size>
  <query_cache><max_size_in_bytes>0</max_size_in_bytes><max_entries>0</max_entries></query_cache>

  <background_pool_size>2</background_pool_size>
  <background_merges_mutations_concurrency_ratio>1</background_merges_mutations_concurrency_ratio>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
  <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
  <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
  <merge_tree>
    <merge_max_block_size>1024</merge_max_block_size>
    <!-- These must not exceed the pool. -->
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
"
    ))
}

/// `users.xml`. `default` is the library's own session (it can be neither renamed nor given a
/// password); it has the one right it needs and no way in over HTTP.
fn users(settings: &EngineSettings, accounts: &EngineHandle) -> String {
    let EngineHandle {
        user,
        password,
        read_user,
        read_password,
        ..
    } = accounts;
    let password = sha256_hex(password);
    let read_password = sha256_hex(read_password);
    let query_memory = settings.memory_bytes_max / 4 * 3;
    let read_memory = settings.memory_bytes_max / 2;
    format!(
        r"<clickhouse>
  <profiles>
    <default>
      <log_queries>0</log_queries>
    </default>
    <service>
      <profile>default</profile>
      <async_insert>0</async_insert>
      <insert_deduplicate>1</insert_deduplicate>
      <max_insert_threads>1</max_insert_threads>
      <max_insert_block_size>{INSERT_ROWS_MAX}</max_insert_block_size>
      <max_insert_block_size_bytes>{INSERT_BYTES_MAX}</max_insert_block_size_bytes>
      <min_insert_block_size_rows>{INSERT_ROWS_MAX}</min_insert_block_size_rows>
      <min_insert_block_size_bytes>{INSERT_BYTES_MAX}</min_insert_block_size_bytes>
      <input_format_parallel_parsing>0</input_format_parallel_parsing>
      <optimize_on_insert>0</optimize_on_insert>
      <max_memory_usage>{query_memory}</max_memory_usage>
    </service>
    <reading>
      <profile>default</profile>
      <readonly>2</readonly>
      <max_execution_time>{READ_SECONDS_MAX}</max_execution_time>
      <max_memory_usage>{read_memory}</max_memory_usage>
      <max_result_rows>{READ_RESULT_ROWS_MAX}</max_result_rows>
      <result_overflow_mode>throw</result_overflow_mode>
      <constraints>
        <max_execution_time><min>1</min><max>{READ_SECONDS_MAX}</max></max_execution_time>
        <max_memory_usage><min>1</min><max>{read_memory}</max></max_memory_usage>
        <max_result_rows><min>1</min><max>{READ_RESULT_ROWS_MAX}</max></max_result_rows>
        <result_overflow_mode><const/></result_overflow_mode>
      </constraints>
    </reading>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
    </default>
    <{user}>
      <password_sha256_hex>{password}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>service</profile>
      <quota>default</quota>
    </{user}>
    <{read_user}>
      <password_sha256_hex>{read_password}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>reading</profile>
      <quota>default</quota>
      <grants><query>GRANT SHOW, SELECT ON *.*</query></grants>
    </{read_user}>
  </users>
</clickhouse>
"
    )
}

/// A path as XML text. Relative paths would be read from the child's folder, so they are refused.
fn xml_path(path: &Path) -> Result<String, EngineError> {
    let text = path
        .to_str()
        .filter(|_| path.is_absolute())
        .ok_or_else(|| EngineError::Settings(format!("{} must be an absolute path in UTF-8", path.display())))?;
    Ok(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}
