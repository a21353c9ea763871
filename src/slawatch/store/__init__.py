"""DuckDB: schema and migrations, the one writer, the queries; sealed days as Parquet files beside it."""
