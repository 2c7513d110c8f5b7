"""Tables whose rows are never changed nor deleted: the database itself refuses it."""

from sqlalchemy import Connection

from fleet_manager.database.engine import in_sqlite

TABLES = ("money_entry", "money_posting")


def _words(schema: str) -> tuple[str, ...]:
    """Return the statements that make the triggers. `schema`: of PostgreSQL, '' for SQLite."""
    if not schema:
        return tuple(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"
            for table in TABLES
            for event in ("UPDATE", "DELETE")
        )
    return (
        f"CREATE OR REPLACE FUNCTION {schema}.money_never_changes() RETURNS trigger "
        "LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is never changed'; END $$",
        *(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {schema}.money_never_changes()"
            for table in TABLES
        ),
    )


def protect(connection: Connection) -> None:
    """Make the triggers, after their tables."""
    if connection.dialect.name == "sqlite":
        for statement in _words(""):
            in_sqlite(connection, statement, ())
        return
    # A function in a temporary schema is found by its whole name alone.
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    for statement in _words(schema):
        connection.exec_driver_sql(statement)
