"""Updates of this board: fetched from the centre's door, tried at rest, kept if they are well."""
