"""What Alembic runs to apply a revision: in the connection and transaction that `upgrade` hands
over, so that a step is whole or has not happened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
