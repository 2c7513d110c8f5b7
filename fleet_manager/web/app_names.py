"""Names that pages and the application share: the console's cookies."""

NOTICE, LANGUAGE = "notice", "language"
